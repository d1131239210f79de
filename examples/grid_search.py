"""How sparse may it be? scikit-learn's own grid search over the sparsity of a network."""

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from rewire.sklearn import SparseMLPClassifier

X, y = load_digits(return_X_y=True)
model = make_pipeline(
    MinMaxScaler(), SparseMLPClassifier(hidden_layer_sizes=(64,), max_epochs=20, random_state=0)
)
search = GridSearchCV(model, {"sparsemlpclassifier__sparsity": [0.5, 0.8, 0.9, 0.95]}, cv=3)
search.fit(X, y)
for settings, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"sparsity {settings['sparsemlpclassifier__sparsity']:.0%}: {score:.2%}")
net = search.best_estimator_[-1].network_
print(f"best: {search.best_params_}, {net!r}")
