"""Every operation: compiled against plain, and both against PyTorch's autograd."""

import inspect
import re

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="Numba, whose kernels are one of the twins, is not installed")
from numba.core.registry import CPUDispatcher

from rewire import losses
from rewire.kernels import get_backend, layout, workspace
from rewire.kernels.adjacency import Adjacency
from rewire.kernels.layout import Batch, Buffers, Descent, Objective, Parameters, Ranks, StepResult
from rewire.kernels.numba import network, permutations

from .graphs import LOSSES, Graph, bump, close, graphs

numba, numpy = get_backend("numba"), get_backend("numpy")
OPERATIONS = [name for name in numba.__all__ if callable(getattr(numba, name))]


def parameters(operation):
    function = operation.py_func if isinstance(operation, CPUDispatcher) else operation
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", OPERATIONS)
def test_twins_have_the_same_parameters(name):
    assert parameters(getattr(numba, name)) == parameters(getattr(numpy, name))


def test_the_arguments_of_training_are_the_fields_of_the_named_tuples():
    fields = [
        *(*Ranks._fields, *Adjacency._fields, *Buffers._fields, *Parameters._fields),
        *(*Batch._fields, *Objective._fields, "rates", *Descent._fields, "update", "check"),
        *(*StepResult._fields, "progress"),
    ]
    assert parameters(numba.train) == fields


def shared_a(graph, *backends):
    """Activations of each backend, D with slopes of custom activations, from NaN-filled arrays."""
    for backend in backends:
        A = np.full((graph.neurons, graph.width), np.nan, graph.dtype)
        D = A.copy()
        ranks, (indptr, source, *_) = graph.ranks(backend), graph.adjacency()
        backend.gather_inputs(graph.X, graph.samples, A, 0, graph.inputs)
        backend.forward(ranks, indptr, source, graph.weight, graph.bias, A, D, 0, graph.neurons)
        yield A, D


def run_backward(graph, backend, A, D):
    """Every operation of the way back once, from the same activations; all results by name."""
    ranks, adjacency, neurons = graph.ranks(backend), graph.adjacency(), graph.neurons
    count, out = len(graph.weight), {}
    D = D.copy()
    backend.output_sensitivity(ranks, A, D, graph.output_grad)
    kept = D.copy()
    out["ordered"] = np.full_like(graph.weight, np.nan)
    backend.to_csc_order(graph.weight, adjacency.csc_position, out["ordered"], 0, count)
    gradient, bias_gradient = np.full(count, np.nan, graph.dtype), np.zeros(neurons, graph.dtype)
    arguments = ranks, adjacency.csc_indptr, adjacency.target, out["ordered"], A
    backend.backward(*arguments, D, gradient, bias_gradient, False, 0, neurons)
    out["D"] = D[graph.inputs :]
    out["gradient"], out["bias gradient"] = gradient.copy(), bias_gradient.copy()
    backend.backward(*arguments, kept, gradient, bias_gradient, True, 0, neurons)
    out["twice"], out["bias twice"] = gradient.copy(), bias_gradient.copy()
    out["table"] = np.full(count, np.nan, graph.dtype)
    backend.to_table_order(out["gradient"], adjacency.csc_position, out["table"], 0, count)
    for name, momentum, nesterov, keep_square in (
        ("plain", 0.0, False, 0.0),
        ("heavy", 0.9, False, 0.0),
        ("n", 0.9, True, 0.0),
        ("adam", 0.9, False, 0.99),
    ):
        rates = 0.1, 0.01, momentum, nesterov, 0.02, keep_square, 1e-8, 3
        down = graph.weight.copy()
        velocity = np.linspace(-1, 1, count if momentum else 0, dtype=graph.dtype)
        square = np.linspace(0, 1, count if keep_square else 0, dtype=graph.dtype)
        backend.descend(down, out["table"], velocity, square, rates, 0, count)
        out |= {f"{name} weight": down, f"{name} velocity": velocity, f"{name} square": square}
    return out


def by_autograd(graph, A):
    """Activations and gradients; kinks are taken on the side on which A lies."""
    dtype = torch.tensor(graph.weight).dtype
    weight = torch.tensor(graph.weight, requires_grad=True)
    bias = torch.tensor(graph.bias, requires_grad=True)
    W = torch.zeros(graph.neurons, graph.neurons, dtype=dtype)
    W = W.index_put((torch.tensor(graph.target), torch.tensor(graph.source)), weight)
    rows = torch.tensor(graph.X[graph.samples].T)
    for rank in range(1, len(graph.codes)):
        low, high = graph.rank_start[rank : rank + 2]
        x = W[low:high, :low] @ rows + bias[low:high, None]
        positive, code = torch.tensor(A[low:high] > 0), graph.codes[rank]
        if code == layout.RELU:
            x = torch.where(positive, x, 0 * x)
        elif code == layout.LEAKY_RELU:
            x = torch.where(positive, x, layout.LEAK * x)
        elif code == layout.TANH:
            x = torch.tanh(x)
        elif code == layout.SIGMOID:
            x = torch.sigmoid(x)
        elif code == layout.CUSTOM:
            x = bump(x)
        rows = torch.cat([rows, x])
    (rows[graph.rank_start[-2] :] * torch.tensor(graph.output_grad)).sum().backward()
    return rows.detach().numpy(), weight.grad.numpy(), bias.grad.numpy()


@pytest.mark.slow
@settings(max_examples=100)
@given(graphs())
def test_every_kernel_agrees_with_its_twin_and_with_autograd(graph):
    (compiled_a, compiled_d), (A, D) = shared_a(graph, numba, numpy)
    close(graph, compiled_a, A, "forward")
    custom = np.isin(np.repeat(graph.codes, np.diff(graph.rank_start)), layout.CUSTOM)
    custom[: graph.inputs] = False
    close(graph, compiled_d[custom], D[custom], "slopes")
    compiled = run_backward(graph, numba, A, D)
    plain = run_backward(graph, numpy, A, D)
    for name, expected in plain.items():
        close(graph, compiled[name], expected, name)
    close(graph, plain["twice"], 2 * plain["gradient"], "twice")
    close(graph, plain["bias twice"], 2 * plain["bias gradient"], "bias twice")
    rows, weight_gradient, bias_gradient = by_autograd(graph, A)
    close(graph, compiled_a, rows, "autograd's activations")
    for found in (compiled, plain):
        close(graph, found["table"], weight_gradient, "autograd's weight gradient")
        inner = slice(graph.inputs, None)
        close(graph, found["bias gradient"][inner], bias_gradient[inner], "autograd's bias")


@settings(max_examples=40)
@given(graphs(codes=range(layout.CUSTOM)))
def test_sensitivities_may_overwrite_activations(graph):
    ranks, adjacency = graph.ranks(numba), graph.adjacency()
    A, _ = next(shared_a(graph, numba))
    apart = run_backward(graph, numba, A, A)
    gradient, bias_gradient = np.empty_like(graph.weight), np.zeros_like(graph.bias)
    numba.output_sensitivity(ranks, A, A, graph.output_grad)
    ends = gradient, bias_gradient, False, 0, graph.neurons
    by_source = adjacency.csc_indptr, adjacency.target, apart["ordered"]
    numba.backward(ranks, *by_source, A, A, *ends)
    np.testing.assert_array_equal(gradient, apart["gradient"])
    np.testing.assert_array_equal(bias_gradient, apart["bias gradient"])


@settings(max_examples=40)
@given(graphs(), st.data())
def test_work_in_pieces_gives_the_same_bits(graph, data):
    """Threads share an operation by its bounds, which may lie anywhere."""
    ranks, adjacency = graph.ranks(numba), graph.adjacency()
    backend, count = numba, len(graph.weight)
    A, slopes = next(shared_a(graph, backend))
    whole = run_backward(graph, backend, A, slopes)
    cut = data.draw(st.integers(0, graph.neurons))
    again, D = np.full_like(A, np.nan), slopes.copy()
    for first, last in ((0, cut), (cut, graph.neurons)):
        backend.gather_inputs(
            graph.X, graph.samples, again, min(first, graph.inputs), min(last, graph.inputs)
        )
    for first, last in ((0, cut), (cut, graph.neurons)):
        table = adjacency.indptr, adjacency.source
        backend.forward(ranks, *table, graph.weight, graph.bias, again, D, first, last)
    np.testing.assert_array_equal(again, A)
    backend.output_sensitivity(ranks, A, D, graph.output_grad)
    gradient, bias_gradient = np.full_like(graph.weight, np.nan), np.zeros_like(graph.bias)
    for first, last in ((cut, graph.neurons), (0, cut)):
        by_source = adjacency.csc_indptr, adjacency.target, whole["ordered"]
        out = gradient, bias_gradient, False
        backend.backward(ranks, *by_source, A, D, *out, first, last)
    np.testing.assert_array_equal(gradient, whole["gradient"])
    np.testing.assert_array_equal(bias_gradient, whole["bias gradient"])
    weight, part = graph.weight.copy(), data.draw(st.integers(0, count))
    for first, last in ((0, part), (part, count)):
        rates, nothing = (0.1, 0.01, 0.0, False, 0.0, 0.0, 0.0, 1), np.zeros(0, graph.dtype)
        backend.descend(weight, whole["table"], nothing, nothing, rates, first, last)
    np.testing.assert_array_equal(weight, whole["plain weight"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tables_too_long_for_the_cache_are_permuted_alike(dtype):
    count = permutations.LARGE_TABLE + 1000
    rng = np.random.default_rng(0)
    csc_position = rng.permutation(count).astype(np.int32)
    weight, found = rng.standard_normal(count).astype(dtype), []
    for backend in (numba, numpy):
        ordered, table = np.empty_like(weight), np.empty_like(weight)
        backend.to_csc_order(weight, csc_position, ordered, 0, count)
        backend.to_table_order(ordered, csc_position, table, 0, count)
        np.testing.assert_array_equal(table, weight)
        found.append(ordered)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ranks_too_wide_for_the_cache_agree(dtype):
    """2500 rows of 64 numbers are prefetched, and so is the table's end."""
    graph = Graph([2500, 2500, 3], 0.003, [0, layout.RELU, 0], 64, dtype, np.int32, 0)
    assert 2500 * 64 * np.dtype(dtype).itemsize > network.L2_SHARE
    (compiled, _), (A, D) = shared_a(graph, numba, numpy)
    close(graph, compiled, A)
    found = [run_backward(graph, backend, A, D) for backend in (numba, numpy)]
    for name, expected in found[1].items():
        close(graph, found[0][name], expected, name)


def torch_loss(loss, scores, y):
    """The sum over a batch, of (batch, outputs) scores."""
    f = torch.nn.functional
    if loss == "cross_entropy":
        return f.cross_entropy(scores, y[:, 0].long(), reduction="sum")
    if loss == "hinge":
        return torch.relu(1 - y * scores).sum()
    if loss == "binary_cross_entropy":
        return f.binary_cross_entropy_with_logits(scores, y, reduction="sum")
    if loss == "huber":
        return f.huber_loss(scores, y, reduction="sum")
    return f.mse_loss(scores, y, reduction="sum")


@settings(max_examples=100)
@given(
    graphs(widths=(1, 2, 65)),
    st.sampled_from(LOSSES),
    st.sampled_from((1.0, 30.0)),
    st.sampled_from((1.0, 0.125)),
)
def test_losses_agree_with_their_twins_and_with_autograd(graph, loss, size, scale):
    code, y = losses.get(loss).code, graph.targets(loss)
    scores, found = size * graph.output_grad, []
    scores = scores.astype(graph.dtype)
    for backend in (numba, numpy):
        given = np.full_like(scores, np.nan)
        number = graph.dtype(scale)
        value = backend.loss_and_slope(code, scores, y, graph.samples, number, given)
        right = backend.count_correct(code, scores, y, graph.samples)
        found.append((value, given, right))
    assert found[0][2] == found[1][2]
    leaf = torch.tensor(scores, requires_grad=True)
    total = torch_loss(loss, leaf.T, torch.tensor(y[graph.samples]))
    total.backward()
    for value, given, _ in found:
        close(graph, value, total.item(), "loss", limits=(1e-4, 1e-11))
        close(graph, given, scale * leaf.grad.numpy(), "slope", limits=(1e-5, 1e-12))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_of_huge_scores_are_finite_and_equal(loss, dtype):
    scores = np.array([[1e4, -1e4, 300.0, 0.0], [-1e4, 1e4, 0.0, 0.0]], dtype)
    samples, found = np.arange(4), []
    y = np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype)
    y = 2 * y - 1 if loss == "hinge" else y[:, :1].copy() if loss == "cross_entropy" else y
    for backend in (numba, numpy):
        given = np.full_like(scores, np.nan)
        code = losses.get(loss).code
        with np.errstate(all="raise", under="ignore"):
            value = backend.loss_and_slope(code, scores, y, samples, dtype(1), given)
        assert np.isfinite(value)
        assert np.isfinite(given).all()
        found.append((value, given))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-6, atol=1e-7)


def columns(count, dtype, seed):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(count).astype(dtype) for _ in range(3)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", ["sgd", "momentum", "nesterov", "adam", "adamw"])
@settings(max_examples=15)
@given(count=st.integers(0, 70), steps=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_updates_agree_with_their_twins_and_with_pytorch(rule, dtype, count, steps, seed):
    start, *gradients = columns(count, dtype, seed)
    rate, decay = 0.05, 0.1
    results = []
    for backend in (numba, numpy):
        values, first, second = start.copy(), np.zeros(count, dtype), np.zeros(count, dtype)
        for step in range(1, steps + 1):
            gradient = gradients[step % 2]
            if rule == "sgd":
                backend.update_sgd(values, gradient, rate, decay)
            elif rule in ("momentum", "nesterov"):
                nesterov = rule == "nesterov"
                backend.update_momentum(values, gradient, first, rate, decay, 0.9, nesterov)
            else:
                decays = (0.0, decay) if rule == "adamw" else (decay, 0.0)
                numbers = rate, 0.9, 0.999, 1e-8, *decays, step
                backend.update_adam(values, gradient, first, second, *numbers)
        results.append((values, first, second))
    parameter = torch.nn.Parameter(torch.tensor(start))
    if rule.startswith("adam"):
        kind = torch.optim.AdamW if rule == "adamw" else torch.optim.Adam
        optimizer = kind([parameter], lr=rate, weight_decay=decay)
    else:
        optimizer = torch.optim.SGD(
            [parameter],
            lr=rate,
            weight_decay=decay,
            momentum=0 if rule == "sgd" else 0.9,
            nesterov=rule == "nesterov",
        )
    for step in range(1, steps + 1):
        parameter.grad = torch.tensor(gradients[step % 2])
        optimizer.step()
    limit = 1e-5 if dtype == np.float32 else 1e-12
    for compiled, plain in zip(*results, strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=limit, atol=limit)
    for values, *_ in results:
        assert values.dtype == dtype
        np.testing.assert_allclose(values, parameter.detach().numpy(), rtol=limit, atol=limit)


def run_passes(graph, backend, loss, tile, shared, adam=False):
    """Predict and train; ``shared`` passes count their chunks although one thread is alone."""
    ranks, adjacency, steps, y = graph.ranks(backend), graph.adjacency(), 2, graph.y
    A = np.full(graph.neurons * tile, np.nan, graph.dtype)
    D = np.full_like(A, np.nan)
    phases = steps * -(-graph.width // tile) * (2 * len(graph.codes) + 4)
    progress = [np.zeros(2 * phases if shared else 0, np.int64) for _ in range(2)]
    out = np.full((graph.width, graph.outputs), np.nan, graph.dtype)
    weight, bias = graph.weight.copy(), graph.bias.copy()
    predict = *ranks, adjacency.indptr, adjacency.source, A, D, weight, bias
    backend.predict(*predict, graph.X, graph.samples, out, progress[0])
    gradient, bias_gradient = np.full_like(weight, np.nan), np.zeros_like(bias)
    output_grad = np.full(graph.outputs * tile, np.nan, graph.dtype)
    result = StepResult(np.zeros(steps), np.zeros(steps, np.int64))
    samples = np.array([graph.samples, graph.samples[::-1]])
    samples[0, 1 + graph.width // 2 :] = -1
    state = [np.zeros_like(part) for part in (weight, bias) * 2]
    if not adam:
        state[2:] = [np.zeros(0, graph.dtype)] * 2
    descent = Descent(*state, 0.02, 0.9, not adam, 0.03, 0.99, 1e-8, 3)
    kind = losses.get(loss)
    buffers = Buffers(A, D, output_grad, np.empty_like(weight), gradient, bias_gradient)
    assert backend.train(
        *(*ranks, *adjacency, *buffers, *Parameters(weight, bias)),
        *Batch(graph.X, y, samples),
        *Objective(kind.code, kind.scale(1, graph.outputs), 0.01),
        *(np.array([0.01, 0.005]), *descent, True, True, *result, progress[1]),
    )
    return {
        "out": out,
        "losses": result.losses,
        "n_correct": result.n_correct,
        "weight": weight,
        "bias": bias,
        **{f"state {number}": part[: len(weight)] for number, part in enumerate(state[::2])},
        **{f"bias state {number}": part[graph.inputs :] for number, part in enumerate(state[1::2])},
        "gradient": gradient,
        "bias gradient": bias_gradient[graph.inputs :],
    }


@pytest.mark.slow
@settings(max_examples=80)
@given(
    graphs(dtypes=(np.float64,)),
    st.sampled_from(LOSSES),
    st.sampled_from((1, 2, 16, 64, 1000)),
    st.booleans(),
)
def test_whole_passes_agree_with_their_twins(graph, loss, tile, adam):
    tile, graph.y = min(tile, graph.width), graph.targets(loss)
    plain = run_passes(graph, numpy, loss, tile, False, adam)
    compiled = run_passes(graph, numba, loss, tile, False, adam)
    shared = run_passes(graph, numba, loss, tile, True, adam)
    for name, expected in plain.items():
        close(graph, compiled[name], expected, name, limits=(0, 1e-9))
        np.testing.assert_array_equal(shared[name], compiled[name])


@pytest.mark.slow
@settings(max_examples=20)
@given(graphs(dtypes=(np.float32,), widths=(1, 2, 65)), st.sampled_from(LOSSES))
def test_whole_passes_agree_with_their_twins_in_single_precision(graph, loss):
    graph.y = graph.targets(loss)
    plain = run_passes(graph, numpy, loss, 16, shared=False)
    compiled = run_passes(graph, numba, loss, 16, shared=False)
    for name, expected in plain.items():
        if name != "n_correct":
            close(graph, compiled[name], expected, name, limits=(2e-3, 0))


FEW_WIDTHS = (1, 3, 4, 5, 13, 16, 17, 20, 21, 37)


@pytest.mark.slow
@settings(max_examples=100)
@given(graphs(widths=FEW_WIDTHS))
def test_predicting_a_few_samples_agrees_with_its_twin_and_the_whole_pass(graph):
    found, X = [], graph.X[: graph.width].copy()
    samples = workspace.padded(graph.width)
    for backend in (numba, numpy):
        ranks, (indptr, source, *_) = graph.ranks(backend), graph.adjacency()
        A, D = np.full((2, graph.neurons * workspace.SMALL_BATCH), np.nan, graph.dtype)
        out, again = np.full((2, graph.width, graph.outputs), np.nan, graph.dtype)
        codes = [(*row, 0) for row in (ranks.activation, ranks.custom)]
        layers = np.array([ranks.start, *codes], np.int64)
        net = graph.weight, graph.bias
        fixed = layers, indptr, source, A, D, *net
        assert backend.predict_few(*fixed, X, samples, out)
        nobody = np.zeros(0, np.int64)
        table = *ranks, indptr, source
        backend.predict(*table, A, D, *net, X, samples[: graph.width], again, nobody)
        np.testing.assert_array_equal(out, again)
        ones = np.full_like(out, np.nan)
        for c in range(graph.width):
            A[:] = D[:] = np.nan
            assert backend.predict_one(*fixed, X[c : c + 1], ones[c : c + 1])
        found.append((out, ones))
    np.testing.assert_array_equal(*found[0])  # compiled, a sample has the same bits in any company
    for compiled, plain in zip(*found, strict=True):
        close(graph, compiled, plain)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@settings(max_examples=20)
@given(graphs(widths=(1, 5)), st.integers(0, 2**32 - 1))
def test_passes_refuse_numbers_that_are_not_finite_and_have_then_done_nothing(odd, graph, place):
    graph.X.ravel()[place % graph.X.size] = odd
    sample = place % graph.X.size // graph.inputs
    rule, y = losses.get("hinge"), graph.targets("hinge")
    for backend in ("numba", "numpy"):
        made, weight, bias = graph.program(backend), graph.weight.copy(), graph.bias.copy()
        net = weight, bias
        for call, arguments in (
            (made.predict, (*net, graph.X)),
            (made.predict, (*net, graph.X[sample : sample + 1])),
            (made.train, (*net, graph.X, y, rule, np.array([0.1]))),
            (made.gradients, (*net, graph.X, y, rule)),
            (made.signals, (*net, graph.X, y, rule)),
        ):
            with pytest.raises(ValueError, match=r"X must hold finite numbers; got .* for input"):
                call(*arguments)
        np.testing.assert_array_equal(weight, graph.weight)
        np.testing.assert_array_equal(bias, graph.bias)


@settings(max_examples=60)
@given(graphs(widths=(33,)))
def test_a_sample_is_predicted_to_the_same_bits_in_any_company(graph):
    made = graph.program()
    together = made.predict(graph.weight, graph.bias, graph.X)
    for first, last in ((0, 1), (1, 4), (4, 11), (11, 36)):
        part = made.predict(graph.weight, graph.bias, graph.X[first:last])
        np.testing.assert_array_equal(part, together[first:last])


@pytest.mark.parametrize("width", [1, 2, 65])
@pytest.mark.parametrize("code", [layout.RELU, layout.LEAKY_RELU, layout.TANH, layout.SIGMOID])
def test_not_a_number_passes_through_every_activation(code, width):
    graph = Graph([3, 4, 2], 1, [0, code, 0], width, np.float64, np.int32, 0)
    graph.X[:] = np.nan
    for A, _ in shared_a(graph, numba, numpy):
        assert np.isnan(A).all()


ODD = (0.0, 1e30, np.nan, np.inf, -np.inf)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (1, 63), (3, 100), (130, 7)])
def test_a_number_that_is_not_finite_is_found_wherever_it_stands(shape, dtype):
    rng = np.random.default_rng(0)
    for odd in ODD:
        for place in {0, np.prod(shape) - 1, *rng.integers(0, np.prod(shape), 20)}:
            X = rng.standard_normal(shape).astype(dtype)
            X.ravel()[place] = odd
            for backend in (numba, numpy):
                assert backend.all_finite(X) == np.isfinite(odd)


@pytest.mark.parametrize(
    ("loss", "good", "bad"),
    [
        ("cross_entropy", (0, 1, 2), (-1, 3, 0.5, 1e30, np.nan, np.inf)),
        ("hinge", (-1, 1), (0, 0.5, -2, np.nan, np.inf)),
        ("binary_cross_entropy", (0, 0.3, 1), (-0.1, 1.1, np.nan, np.inf)),
        ("mean_squared_error", (0, -5, 1e30), (np.nan, np.inf, -np.inf)),
        ("huber", (0, -5, 1e30), (np.nan, np.inf, -np.inf)),
    ],
)
def test_targets_that_a_loss_does_not_know_are_found_and_named(loss, good, bad):
    rule, rng = losses.get(loss), np.random.default_rng(0)
    X, width = np.zeros((9, 2)), 1 if loss == "cross_entropy" else 3
    for odd in (*good, *bad):
        y = rng.choice(np.array(good, float), (9, width))
        y[rng.integers(9), rng.integers(width)] = odd
        for backend in (numba, numpy):
            assert backend.acceptable(X, y, rule.code, 3) == (odd in good)
        if odd in bad:
            with pytest.raises(ValueError, match="y must .*; got " + re.escape(f"{odd:g}")):
                rule.check(y, 3)
        else:
            rule.check(y, 3)
    y[:], X[4, 1] = good[0], np.nan
    for backend in (numba, numpy):
        assert not backend.acceptable(X, y, rule.code, 3)


@settings(max_examples=30)
@given(graphs(widths=(2, 65)))
def test_squares_agree(graph):
    values = graph.output_grad.ravel()
    expected = float((values.astype(float) ** 2).sum())
    for backend in (numba, numpy):
        close(graph, backend.sum_of_squares(values), expected, limits=(1e-5, 1e-12))


@pytest.mark.parametrize("index", [np.int32, np.int64])
@given(st.integers(0, 9), st.integers(1, 9), st.floats(0, 1), st.integers(0, 99))
def test_connections_are_sorted_by_source_as_scipy_does(index, targets, sources, density, seed):
    table = scipy.sparse.random(targets, sources, density, "csr", random_state=seed)
    table.sort_indices()
    table.data[:] = np.arange(table.nnz)
    by_source = table.tocsc()
    for backend in ("numba", "numpy"):
        found = Adjacency.from_csr(
            table.indptr.astype(index), table.indices.astype(index), sources, backend
        )
        assert {part.dtype.type for part in found} == {index}
        np.testing.assert_array_equal(found.csc_indptr, by_source.indptr)
        np.testing.assert_array_equal(found.target, by_source.indices)
        np.testing.assert_array_equal(np.argsort(found.csc_position), by_source.data)
