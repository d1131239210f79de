"""scikit-learn's own suite for estimators, complete."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from rewire.methods import RigL
from rewire.sklearn import SparseMLPClassifier, SparseMLPRegressor

# Some of the checks train on noise.
pytestmark = pytest.mark.filterwarnings("ignore:.*worse than")

# Epochs that are enough for what the checks learn.
FEW = {"max_iter": 60}
OTHER = {**FEW, "density": 0.5, "distribution": "uniform", "solver": "sgd", "strip": True}


@parametrize_with_checks(
    [
        SparseMLPClassifier(**FEW),
        SparseMLPRegressor(**FEW),
        SparseMLPClassifier(hidden_layer_sizes=(20, 20), method="set", **OTHER),
        SparseMLPRegressor(
            hidden_layer_sizes=20, method=RigL(every=5), learning_rate="linear", **OTHER
        ),
    ]
)
# An array of another library would need SCIPY_ARRAY_API to be set before SciPy is imported.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)
