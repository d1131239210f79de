"""How sparse may it be? scikit-learn's own grid search over the sparsity of a network."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.ticker import PercentFormatter
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from rewire.sklearn import SparseMLPClassifier

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/examples")
out.mkdir(parents=True, exist_ok=True)
X, y = load_digits(return_X_y=True)
model = make_pipeline(
    MinMaxScaler(), SparseMLPClassifier(hidden_layer_sizes=(64,), max_epochs=20, random_state=0)
)
sparsities, figure = [0.5, 0.8, 0.9, 0.95, 0.98], plt.figure(figsize=(7, 4), layout="constrained")
ax = figure.add_subplot(title="Digits: a network 64-64-10, three-fold cross-validation")
for method, marker in {"static": "o", "rigl": "s"}.items():
    grid = {
        "sparsemlpclassifier__sparsity": sparsities,
        "sparsemlpclassifier__method": [method],
    }
    search = GridSearchCV(model, grid, cv=3).fit(X, y)
    mean, spread = (search.cv_results_[f"{name}_test_score"] for name in ("mean", "std"))
    ax.errorbar(range(len(sparsities)), mean, spread, marker=marker, capsize=4, label=method)
    for sparsity, score in zip(sparsities, mean, strict=True):
        print(f"{method}, sparsity {sparsity:.0%}: {score:.2%}")
    net = search.best_estimator_[-1].network_
    print(f"best: {search.best_params_}, {net!r}")
ax.set_xticks(range(len(sparsities)), [f"{sparsity:.0%}" for sparsity in sparsities])
ax.set(xlabel="sparsity", ylabel="right on the fold left out")
ax.yaxis.set_major_formatter(PercentFormatter(1))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(loc="lower left", frameon=False)
figure.savefig(out / "grid_search.png", pil_kwargs={"optimize": True})
