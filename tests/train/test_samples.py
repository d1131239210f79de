"""Data that have been checked, once."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array, csr_array

import rewire
from rewire import losses
from rewire.train.samples import Samples, check_validation_data

NET = rewire.mlp([3, 4, 2], seed=0)
LOSS = losses.get("cross_entropy")
X, Y = np.arange(12.0).reshape(4, 3), [0, 1, 1, 0]


@pytest.mark.parametrize(
    "given", [X, X.tolist(), X.astype(int), X[::-1][::-1], np.asfortranarray(X)]
)
def test_inputs_come_out_as_the_network_takes_them(given):
    samples = Samples.check(NET, given, Y, LOSS)
    assert samples.X.dtype == np.float32
    assert samples.X.flags.c_contiguous
    np.testing.assert_array_equal(samples.X, X)
    assert (len(samples), samples.sparse) == (4, False)


@pytest.mark.parametrize("type_", [csr_array, coo_array])
def test_sparse_inputs_stay_sparse_and_rows_come_out_dense(type_):
    samples = Samples.check(NET, type_(X), Y, LOSS)
    assert samples.sparse
    assert samples.X.format == "csr"
    rows, targets = samples.take(np.array([3, 0]))
    np.testing.assert_array_equal(rows, X[[3, 0]])
    np.testing.assert_array_equal(targets, [0, 0])


def test_inputs_of_the_right_kind_are_not_copied():
    given = X.astype(np.float32)
    assert Samples.check(NET, given, Y, LOSS).X is given


def test_rows_are_a_copy():
    samples = Samples.check(NET, X, Y, LOSS)
    samples.take(np.array([0, 1]))[0][:] = 7
    np.testing.assert_array_equal(samples.X, X)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X[:, :2], Y, r"X must have shape \(samples, 3\).*got \(4, 2\)"),
        (X[:0], Y[:0], "at least one sample"),
        (np.where(X == 5, np.nan, X), Y, "X must hold finite numbers of float32"),
        (csr_array(np.where(X == 5, np.inf, X)), Y, "X must hold finite numbers of float32"),
        (X * 1e300, Y, "X must hold finite numbers of float32"),
        (X.astype(str), Y, "X must hold real numbers"),
        (X, Y[1:], r"y must have shape \(4,\)"),
        (X, [0, 1, 2, 0], r"y must hold class numbers in \[0, 2\); got 2"),
    ],
)
def test_what_does_not_fit_is_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        Samples.check(NET, X, y, LOSS)


def test_errors_in_validation_data_name_it():
    assert len(check_validation_data(NET, (X, Y), LOSS)) == 4
    for data, message in [
        (X, r"validation_data must be a pair \(X, y\) or a stream; got ndarray"),
        ((X[:, :2], Y), r"validation_data's X must have shape"),
        ((X, Y[1:]), r"validation_data: y must have shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            check_validation_data(NET, data, LOSS)


@pytest.mark.parametrize("types", [{}, {"dtype_backend": "numpy_nullable"}])
def test_tables_of_numbers_are_numbers(types):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": [True, False, True]})
    frame = frame.convert_dtypes(**types) if types else frame
    net = rewire.mlp([3, 1], seed=0)
    samples = Samples.check(net, frame, np.zeros(3), losses.get("mean_squared_error"))
    assert samples.X.tolist() == [[1, 0.5, 1], [2, 1.5, 0], [3, 2.5, 1]]


def test_other_tables_are_refused_with_what_makes_inputs_of_them():
    frame = pd.DataFrame({"a": [1, 2], "town": ["Aachen", "Bonn"]})
    with pytest.raises(ValueError, match=r"X must be a table of numbers.*rewire\.data\.load"):
        rewire.fit(rewire.mlp([2, 1], seed=0), frame, np.zeros(2))
