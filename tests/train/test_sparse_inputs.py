"""Whoever takes a SciPy sparse matrix looks at it first: compiled code trusts its indices."""

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

import rewire
from rewire.assess import permutation_importance
from rewire.data import Standardizer
from rewire.experiment import Predictor
from rewire.train import evaluate
from rewire.train.evaluation import outputs

X, Y = np.eye(4), [0, 1, 0, 1]
NET = rewire.mlp([4, 3, 2], density=0.5, seed=0)
TAKERS = {
    "evaluate": lambda X: evaluate(NET, X, Y),
    "outputs": lambda X: outputs(NET, X),
    "fit": lambda X: rewire.fit(NET.copy(), X, Y, total_steps=1),
    "Standardizer.fit": Standardizer.fit,
    "Standardizer.transform": Standardizer.fit(X + 1).transform,
    "Predictor": Predictor(NET, "classification", ("a", "b")).predict,
    "permutation_importance": lambda X: permutation_importance(lambda X: X[0, 0], X),
}


def indices_outside():
    matrix = csr_array(X)
    matrix.indices[0] = 9
    return matrix


def three_axes():
    try:
        return coo_array(np.ones((2, 4, 4)))
    except (TypeError, ValueError):
        pytest.skip("SciPy before 1.15 makes no sparse array of three axes")


@pytest.mark.parametrize("taker", TAKERS.values(), ids=TAKERS)
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (indices_outside, "X must be a valid sparse matrix"),
        (three_axes, r"X must have shape .*; got \(2, 4, 4\)"),
        (lambda: csr_array(X * 1j), "X must hold real numbers; got complex128"),
    ],
    ids=["indices outside", "three axes", "complex numbers"],
)
def test_a_matrix_that_cannot_be_right_is_refused(taker, make, message):
    with pytest.raises(ValueError, match=message):
        taker(make())
