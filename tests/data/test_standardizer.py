"""Standardisation, against scikit-learn's and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix
from sklearn.preprocessing import StandardScaler

from rewire.data import Standardizer

MATRICES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8),
    elements=st.one_of(st.just(0.0), st.floats(-1e3, 1e3, width=32)),
)


@given(MATRICES)
def test_it_computes_what_scikit_learn_does(X):
    expected = StandardScaler().fit_transform(X)
    np.testing.assert_allclose(Standardizer.fit(X).transform(X), expected, rtol=1e-9, atol=1e-9)


@given(MATRICES)
def test_sparse_inputs_are_scaled_alone_and_stay_as_sparse(X):
    sparse = csr_array(X)
    made = Standardizer.fit(sparse).transform(sparse)
    expected = StandardScaler(with_mean=False).fit_transform(X)
    np.testing.assert_allclose(made.toarray(), expected, rtol=1e-9, atol=1e-9)
    assert (made.nnz, type(made)) == (sparse.nnz, type(sparse))
    np.testing.assert_array_equal(sparse.toarray(), X)


def test_by_hand():
    standardizer = Standardizer.fit([[0, 7], [4, 7]])
    assert standardizer.mean.tolist() == [2, 7]
    assert standardizer.scale.tolist() == [2, 1]
    assert standardizer.transform([[6, 8]]).tolist() == [[2, 1]]


@pytest.mark.parametrize("form", [np.asarray, csr_array, csr_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays_and_the_inputs_too(form, dtype):
    X = form(np.array([[1, 0], [0, 2], [3, 0]], dtype))
    before = X.copy()
    standardizer = Standardizer.fit(X)
    assert standardizer.transform(X).dtype == dtype
    assert (standardizer.mean.dtype, standardizer.scale.dtype) == (np.float64, np.float64)
    assert (before != X).sum() == 0


def test_whole_numbers_become_float64():
    X = np.array([[1], [3]])
    assert Standardizer.fit(X).transform(X).dtype == np.float64
    sparse = csr_array(X)
    assert Standardizer.fit(sparse).transform(sparse).dtype == np.float64


def test_a_large_mean_costs_float32_no_precision():
    rng = np.random.default_rng(0)
    # Whole numbers, which float32 holds exactly; their mean it does not.
    X = rng.integers(2**23, 2**23 + 50, (1000, 1)).astype(np.float32)
    made = Standardizer.fit(X).transform(X)
    exact = X.astype(np.float64)
    exact = (exact - exact.mean()) / exact.std()
    np.testing.assert_allclose(made, exact, atol=1e-6)


@pytest.mark.parametrize("form", [csr_array, csc_array, coo_array])
def test_wide_indices_and_other_sparse_forms(form):
    X = form(np.array([[1.0, 0], [3.0, 2.0]]))
    if form is csr_array:
        X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    made = Standardizer.fit(X).transform(X)
    np.testing.assert_allclose(made.toarray(), [[1, 0], [3, 2]])


@pytest.mark.parametrize("sparse", [False, True])
def test_its_arrays_bring_it_back_to_the_bit(sparse, tmp_path):
    X = np.random.default_rng(0).normal(3, 5, (20, 4))
    X = csr_array(X) if sparse else X
    standardizer = Standardizer.fit(X)
    np.savez(tmp_path / "kept.npz", **standardizer.to_arrays())
    with np.load(tmp_path / "kept.npz") as kept:
        again = Standardizer.from_arrays(kept)
    first, second = standardizer.transform(X), again.transform(X)
    assert (first != second).sum() == 0


def test_a_dense_standardizer_does_not_fill_sparse_inputs():
    standardizer = Standardizer.fit([[1.0], [2.0]])
    with pytest.raises(ValueError, match=r"X is sparse.*fit the standardizer on sparse"):
        standardizer.transform(csr_array([[1.0]]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Standardizer.fit([[np.nan], [1.0]]), "X must hold finite.*nan in sample 0"),
        (lambda: Standardizer.fit(coo_array([[1.0], [np.inf]])), "finite.*inf in sample 1"),
        (lambda: Standardizer.fit([["a"]]), "X must hold real numbers"),
        (lambda: Standardizer.fit([[1.0, 2.0]]).transform([[1.0]]), r"shape \(samples, 2\)"),
        (lambda: Standardizer.fit([[1.0]]).transform([1.0]), r"shape \(samples, 1\)"),
        (lambda: Standardizer(np.zeros(2), np.ones(3)), "the same shape"),
        (lambda: Standardizer(np.zeros(1), np.zeros(1)), "scale above 0"),
        (lambda: Standardizer(np.full(1, np.nan), np.ones(1)), "must be finite"),
        (lambda: Standardizer.from_arrays({"mean": [0.0]}), r"'mean' and 'scale'; got \['mean'\]"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_nothing_is_beyond_the_limit():
    X = np.array([[0.0], [2.0], [100.0], [-100.0]])
    limited = Standardizer(np.array([1.0]), np.array([2.0]), limit=5.0)
    assert limited.transform(X).tolist() == [[-0.5], [0.5], [5.0], [-5.0]]
    assert limited.transform(X.astype(np.float32)).dtype == np.float32
    again = Standardizer.from_arrays(limited.to_arrays())
    assert again.transform(X).tolist() == limited.transform(X).tolist()
    assert Standardizer.fit(X, limit=1.0).transform(X).max() == 1


@pytest.mark.parametrize("limit", [0, -1, np.inf, np.nan])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(ValueError, match=r"limit must be .*; got"):
        Standardizer(np.zeros(1), np.ones(1), limit=limit)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of scikit-learn, which overflows
@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_numbers_whose_deviation_is_infinite_are_refused(form):
    with pytest.raises(ValueError, match="X must hold numbers whose mean and deviation are finite"):
        Standardizer.fit(form([[1e308], [-1e308]]))
