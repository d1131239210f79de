"""One block of connections as a layer: against its twin, dense NumPy and PyTorch's autograd."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rewire.kernels import block, threads
from rewire.kernels.adjacency import Adjacency

from ..backends import BACKENDS, needs_numba

DTYPES = (np.float32, np.float64)


class Block:
    """A random block, dense and sparse, with one batch of columns."""

    def __init__(self, targets, sources, columns, density, dtype, index, seed):
        rng = np.random.default_rng(seed)
        self.exists = rng.random((targets, sources)) < density
        target, source = np.nonzero(self.exists)
        indptr = np.concatenate([[0], np.cumsum(self.exists.sum(axis=1))])
        self.adjacency = Adjacency.from_csr(indptr.astype(index), source.astype(index), sources)
        self.weight = rng.standard_normal(len(source)).astype(dtype)
        self.bias = rng.standard_normal(targets).astype(dtype)
        self.A = rng.standard_normal((sources, columns)).astype(dtype)
        self.D = rng.standard_normal((targets, columns)).astype(dtype)
        self.dense = np.zeros((targets, sources), dtype)
        self.dense[target, source] = self.weight
        self.limit = 1e-11 if dtype == np.float64 else 2e-4

    def results(self, backend):
        """Forward with and without bias, and both gradients, from arrays filled with NaN."""
        a, w, options = self.adjacency, self.weight, {"backend": backend}
        Z, plain = np.full_like(self.D, np.nan), np.full_like(self.D, np.nan)
        input_grad, weight_grad = np.full_like(self.A, np.nan), np.full_like(w, np.nan)
        block.block_forward(a, w, self.bias, self.A, Z, **options)
        block.block_forward(a, w, None, self.A, plain, **options)
        block.block_input_gradient(a, w, self.D, input_grad, **options)
        block.block_weight_gradient(a, self.A, self.D, weight_grad, **options)
        return Z, plain, input_grad, weight_grad

    def by_hand(self):
        weight_grad = (self.D @ self.A.T)[self.exists]
        Z = self.dense @ self.A
        return Z + self.bias[:, None], Z, self.dense.T @ self.D, weight_grad


@st.composite
def blocks(draw):
    sizes = draw(st.integers(0, 20)), draw(st.integers(0, 20))
    columns = draw(st.sampled_from((0, 1, 2, 7, 8, 33, 64, 65, 200)))
    density = draw(st.sampled_from((0, 0.1, 0.5, 1)))
    dtype, index = draw(st.sampled_from(DTYPES)), draw(st.sampled_from((np.int32, np.int64)))
    return Block(*sizes, columns, density, dtype, index, draw(st.integers(0, 2**32 - 1)))


@pytest.mark.slow
@settings(max_examples=60)
@given(blocks())
def test_products_agree_with_their_twins_and_with_dense_matrices(case):
    expected = case.by_hand()
    for backend in BACKENDS:
        for ours, theirs in zip(case.results(backend), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=case.limit, atol=10 * case.limit)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_agree_with_pytorch(backend, dtype):
    case = Block(17, 23, 130, 0.3, dtype, np.int32, 0)
    weight, A = (torch.tensor(array, requires_grad=True) for array in (case.weight, case.A))
    where = tuple(torch.tensor(index) for index in np.nonzero(case.exists))
    W = torch.zeros(case.dense.shape, dtype=weight.dtype).index_put(where, weight)
    Z = W @ A + torch.tensor(case.bias)[:, None]
    Z.backward(torch.tensor(case.D))
    expected = Z.detach(), (Z - torch.tensor(case.bias)[:, None]).detach(), A.grad, weight.grad
    for ours, theirs in zip(case.results(backend), expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=case.limit, atol=10 * case.limit)


@needs_numba
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bits_do_not_depend_on_the_number_of_threads(monkeypatch, dtype):
    case = Block(150, 120, 90, 0.3, dtype, np.int32, 1)
    monkeypatch.setattr(block, "MIN_WORK_PER_THREAD", 0)
    monkeypatch.setattr(threads, "_number", 1)
    expected = case.results("numba")
    for number in (2, 3):
        monkeypatch.setattr(threads, "_number", number)
        for ours, theirs in zip(case.results("numba"), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@needs_numba
@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks_too_large_for_the_cache_agree(dtype):
    case = Block(5, 3000, 100, 0.1, dtype, np.int32, 2)
    for ours, theirs in zip(case.results("numba"), case.by_hand(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=case.limit, atol=100 * case.limit)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("A", np.zeros((4, 2))),
        ("A", np.zeros((2, 3)).T),
        ("Z", np.zeros((3, 2))),
        ("Z", np.zeros((2, 2), np.float32)),
        ("weight", np.zeros(2)),
        ("bias", np.zeros(3)),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(name, wrong):
    adjacency = Adjacency.from_csr(np.array([0, 2, 3]), np.array([0, 2, 0]), 3)
    arrays = {
        "weight": np.ones(3),
        "bias": np.ones(2),
        "A": np.ones((3, 2)),
        "Z": np.ones((2, 2)),
    }
    arrays[name] = wrong
    with pytest.raises(ValueError, match=f"{name} must"):
        block.block_forward(adjacency, *arrays.values(), backend="numpy")


@settings(max_examples=60)
@given(
    st.tuples(st.integers(0, 40), st.integers(0, 9), st.sampled_from((0, 1, 7, 8, 33, 257, 300))),
    st.tuples(st.sampled_from(DTYPES), st.sampled_from(DTYPES)),
    st.sampled_from(BACKENDS),
)
def test_all_products_agree_with_a_matrix_product(sizes, dtypes, backend):
    targets, sources, columns = sizes
    rng = np.random.default_rng(0)
    D = rng.standard_normal((targets, columns)).astype(dtypes[0])
    A = rng.standard_normal((columns, sources)).astype(dtypes[1]).T
    found = block.block_products(A, D, backend=backend)
    assert found.dtype == np.result_type(*dtypes)
    np.testing.assert_allclose(found, D @ A.T, rtol=1e-4, atol=1e-4)


@needs_numba
def test_all_products_are_the_same_bits_on_any_number_of_threads(monkeypatch):
    rng = np.random.default_rng(0)
    D, A = (rng.standard_normal((rows, 300)).astype(np.float32) for rows in (101, 50))
    monkeypatch.setattr(block, "MIN_WORK_PER_THREAD", 1)
    found = []
    for number in (1, 2, 3):
        monkeypatch.setattr(threads, "_number", number)
        found.append(block.block_products(A, D, backend="numba").tobytes())
    assert len(set(found)) == 1
    np.testing.assert_allclose(block.block_products(A, D), D @ A.T, rtol=1e-4, atol=1e-4)


def test_rows_of_different_length_have_no_products():
    with pytest.raises(ValueError, match="columns alike"):
        block.block_products(np.ones((2, 3)), np.ones((2, 4)))
