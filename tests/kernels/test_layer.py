"""Passes over one layer, against PyTorch's dense ones."""

import itertools
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d, pad

from rewire.kernels import layer, layer_plan, threads
from rewire.kernels.geometry import Window, pixel_layout, window_adjacency
from rewire.kernels.layer_tables import LayerTables

from ..backends import BACKENDS, needs_numba

LIMIT = {np.float64: 1e-12, np.float32: 3e-5}
IMAGES = (0, 1, 2, 7, 8, 9, 16, 17, 33)


class Case:
    """A random layer with one batch of images, and what PyTorch computes with it."""

    def __init__(self, window, size, images, density, dtype, seed):
        rng, self.window, self.size = np.random.default_rng(seed), window, size
        self.what = f"{window}, {size}, {images}, {density}, {dtype.__name__}, {seed}"
        exists = rng.random((window.out_channels, window.sources)) < density
        source = np.nonzero(exists)[1]
        indptr = np.concatenate([[0], np.cumsum(exists.sum(axis=1))]).astype(np.int32)
        self.adjacency = window_adjacency(indptr, source.astype(np.int32), window)
        self.weight = rng.standard_normal(len(source)).astype(dtype)
        self.bias = rng.standard_normal(window.out_channels).astype(dtype)
        self.X = rng.standard_normal((images, window.in_channels, *size)).astype(dtype)
        dense = np.zeros(exists.shape, dtype)
        dense[exists] = self.weight
        shape = window.out_channels, window.in_channels // window.groups, *window.kernel
        X, W, b = (
            torch.tensor(array, requires_grad=True)
            for array in (self.X, dense.reshape(shape), self.bias)
        )
        top, bottom, left, right = window.padding
        padded = pad(X, (left, right, top, bottom))
        out = conv2d(padded, W, b, window.stride, 0, window.dilation, window.groups)
        self.output_grad = rng.standard_normal(out.shape).astype(dtype)
        out.backward(torch.tensor(self.output_grad))
        weight_grad = W.grad.numpy().reshape(exists.shape)[exists]
        self.expected = out.detach().numpy(), X.grad.numpy(), weight_grad, b.grad.numpy()

    def __repr__(self):
        return f"Case({self.what})"

    def results(self, backend, wanted=(True, True, True), n_threads=1):
        """Output and gradients, written over NaN; None where not wanted."""
        images, dtype = len(self.X), self.X.dtype
        X = self.X.reshape(images, int(np.prod(self.X.shape[1:])))
        output_grad = self.output_grad.reshape(images, int(np.prod(self.output_grad.shape[1:])))
        out, input_grad, weight_grad, bias_grad = (
            np.full(shape, np.nan, dtype)
            for shape in (output_grad.shape, X.shape, self.weight.shape, self.bias.shape)
        )
        fixed = self.adjacency, self.window, self.size, self.weight
        options = {"backend": backend, "n_threads": n_threads}
        layer.layer_forward(*fixed, self.bias, X, out, **options)
        arrays = {"input_grad": input_grad, "weight_grad": weight_grad, "bias_grad": bias_grad}
        gradients = {
            name: array if want else None
            for (name, array), want in zip(arrays.items(), wanted, strict=True)
        }
        layer.layer_backward(*fixed, X, output_grad, **gradients, **options)
        return out, *gradients.values()

    def check(self, backend, wanted=(True, True, True)):
        limit = LIMIT[self.X.dtype.type]
        for ours, theirs in zip(self.results(backend, wanted), self.expected, strict=True):
            if ours is not None:
                scale = np.abs(theirs).max(initial=1)
                np.testing.assert_allclose(
                    ours.ravel(), theirs.ravel(), rtol=limit, atol=limit * scale * 10
                )


pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


@st.composite
def cases(draw):
    groups = draw(st.sampled_from((1, 1, 2, 3)))
    window = Window(
        groups * draw(st.integers(1, 9)),
        groups * draw(st.integers(1, 9)),
        draw(pairs),
        draw(pairs),
        draw(st.tuples(*[st.integers(0, 3)] * 4)),
        draw(pairs),
        groups,
    )
    size = tuple(
        draw(st.integers(max(1, d * (k - 1) + 1 - before - after), 13))
        for k, d, before, after in zip(
            window.kernel, window.dilation, window.padding[::2], window.padding[1::2], strict=True
        )
    )
    density = draw(st.sampled_from((0, 0.05, 0.3, 1)))
    return Case(
        window,
        size,
        draw(st.sampled_from(IMAGES[1:])),
        density,
        draw(st.sampled_from((np.float32, np.float64))),
        draw(st.integers(0, 2**32 - 1)),
    )


@pytest.mark.slow
@settings(max_examples=150)
@given(cases(), st.sampled_from(list(itertools.product((False, True), repeat=3))))
def test_convolutions_agree_with_pytorch(case, wanted):
    for backend in BACKENDS:
        case.check(backend, wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("images", [*IMAGES, 63, 64, 65, 130, 700])
def test_linear_layers_agree_with_pytorch(images, dtype):
    case = Case(Window(23, 17), (1, 1), images, 0.3, dtype, images)
    for backend in BACKENDS:
        case.check(backend)


@needs_numba
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_too_large_for_the_cache_agree(dtype):
    Case(Window(3000, 40), (1, 1), 70, 0.1, dtype, 0).check("numba")
    Case(Window(400, 30, (3, 3), padding=(1, 1, 1, 1)), (5, 6), 9, 0.1, dtype, 0).check("numba")


BLOCKS = {
    "sources": (Window(500, 40), (1, 1), 130, 4, 1),
    "targets": (Window(40, 500), (1, 1), 70, 1, 4),
    "pixels": (Window(110, 111, (3, 3), padding=(1, 1, 1, 1), stride=(1, 2)), (5, 9), 17, 6, 3),
    "far rows, fewer connections than blocks for L1": (Window(3000, 20), (1, 1), 64, 15, 1),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", BLOCKS)
def test_layers_whose_rows_are_read_in_blocks_agree(name, dtype):
    window, size, images, *blocks = BLOCKS[name]
    case = Case(window, size, images, 0.3 if window.in_channels < 999 else 0.06, dtype, 1)
    tables = LayerTables(case.adjacency, window)
    pixels = pixel_layout(window, size, 16 if window.kernel == (3, 3) else 64)
    assert [tables.forward(pixels).blocks, tables.backward(pixels).blocks] == blocks
    for wanted in ((True, True, True), (True, False, False), (False, True, False)):
        case.check(BACKENDS[0], wanted)
    case.check("numpy")


@pytest.mark.parametrize("biased", [False, True])
def test_one_row_with_weights_of_8_bits(biased):
    """Against the dense product of the rounded weights."""
    case, rng = Case(Window(90, 17), (1, 1), 1, 0.4, np.float32, 0), np.random.default_rng(1)
    small = rng.integers(-127, 128, len(case.weight)).astype(np.int8)
    scale = rng.uniform(0.5, 2, 17).astype(np.float32)
    indptr, source = case.adjacency.indptr, case.adjacency.source
    target = np.repeat(np.arange(17), np.diff(indptr))
    dense = np.zeros((17, 90))
    dense[target, source] = small * scale[target]
    bias, x = case.bias if biased else None, case.X.reshape(-1)
    expected = dense @ x + (case.bias if biased else 0)
    for backend in BACKENDS:
        plan, out = (
            layer_plan.LayerPlan(case.adjacency, case.window, backend),
            np.empty(17, np.float32),
        )
        plan.forward_one_row_small(small, scale, bias, x, out, lambda: 1)
        np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-3)


SHARED = {
    "one group and five single images": (Window(60, 70, (3, 3), padding=(0, 1, 1, 1)), (5, 6), 21),
    "rows of a group": (Window(60, 70), (5, 6), 21),
    "five groups, four subtotals": (Window(6, 7, (3, 3), padding=(1, 1, 1, 1)), (20, 20), 5),
    "a linear layer": (Window(60, 70), (1, 1), 1100),
    "blocks of rows": (Window(500, 400), (1, 1), 70),
}


@needs_numba
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("openmp", [False, True])
def test_the_bits_do_not_depend_on_the_number_of_threads(monkeypatch, openmp, name, dtype):
    window, size, images = SHARED[name]
    case = Case(window, size, images, 0.3, dtype, 1)
    monkeypatch.setattr(layer_plan, "MIN_WORK_PER_THREAD", 0)
    monkeypatch.setattr(threads, "_openmp", None)
    if openmp:
        threads.join_openmp()  # PyTorch is there, which brings it
        assert (threads.openmp_team(2) is not None) == sys.platform.startswith("linux")
    expected = case.results("numba")
    for number in (2, 3):
        for ours, theirs in zip(case.results("numba", n_threads=number), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("groups", "columns", "expected"), [(1, 9999, 1), (5, 2300, 4), (16, 100, 1), (99, 9999, 8)]
)
def test_gradients_have_subtotals_where_they_are_worth_it(groups, columns, expected):
    assert layer_plan._subtotals(groups, columns) == expected


@pytest.mark.parametrize(
    ("number", "pieces", "expected"), [(1, 5, 1), (2, 2, 2), (2, 1, 1), (4, 3, 4), (4, 5, 1)]
)
def test_threads_take_pieces_apart_unless_too_many_were_idle(number, pieces, expected):
    assert layer_plan._parts(number, pieces) == expected


def test_a_plane_has_its_padding_and_each_position_of_the_kernel_one_offset():
    """Three pixels, a zero on each side, a kernel of 2 with stride 2: targets read 0|a and b|c."""
    window = Window(1, 1, (1, 2), stride=(1, 2), padding=(0, 0, 1, 0))
    found = pixel_layout(window, (1, 3), images=1)
    assert window.planes == 2  # even and odd coordinates
    assert found.input_place.tolist() == [2, 1, 3]  # odd: a, c; even: 0, b
    assert found.input_gaps.tolist() == [[0, 1]]
    assert found.output_place.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("X", np.zeros((2, 4))),
        ("X", np.zeros((3, 2)).T),
        ("out", np.zeros((2, 2), np.float32)),
        ("weight", np.zeros(2)),
        ("bias", np.zeros(3)),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(name, wrong):
    window = Window(3, 2)
    indptr, source = np.array([0, 2, 3], np.int32), np.array([0, 2, 0], np.int32)
    adjacency = window_adjacency(indptr, source, window)
    arrays = {
        "weight": np.ones(3),
        "bias": np.ones(2),
        "X": np.ones((2, 3)),
        "out": np.ones((2, 2)),
    }
    arrays[name] = wrong
    with pytest.raises(ValueError, match=f"{name} must be C-contiguous with shape"):
        layer.layer_forward(adjacency, window, (1, 1), *arrays.values(), backend="numpy")
