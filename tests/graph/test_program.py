"""The caller of the kernels: compiled, plain and by hand; any tile, any number of threads."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewire
from rewire import Trainer, activations, kernels, losses
from rewire.export import from_scalar, to_scalar
from rewire.graph import program
from rewire.graph.program import Program
from rewire.kernels import layout, threads
from rewire.kernels.layout import Descent
from rewire.losses import BinaryCrossEntropy, CrossEntropy, Hinge, MeanSquaredError
from rewire.scalar import SparseMLP, loss

from ..backends import BACKENDS, needs_numba
from ..kernels.graphs import LOSSES, Graph, by_hand, close, graphs

KINDS = (Hinge, CrossEntropy, BinaryCrossEntropy, MeanSquaredError)


@pytest.fixture(autouse=True)
def threads_as_before():
    before = threads._number
    yield
    threads._number = before


@settings(max_examples=60)
@given(
    graphs(dtypes=(np.float64,), widths=(1, 2, 5), largest=6),
    st.sampled_from(KINDS),
    st.sampled_from((0.0, 0.01)),
)
def test_everything_agrees_with_one_number_at_a_time(graph, kind, l2):
    rule = kind(l2)
    X, y = graph.X[: graph.width], graph.targets(rule)[: graph.width]
    value, right, gradient, bias_gradient, A, D = by_hand(
        graph, graph.weight, graph.bias, X, y, rule.name, l2
    )
    for backend in BACKENDS:
        made, weight, bias = graph.program(backend), graph.weight.copy(), graph.bias.copy()
        close(graph, made.predict(weight, bias, X), A[-graph.outputs :].T, "predict")
        close(graph, made.activations(weight, bias, X), A, "activations")
        for found, expected in zip(made.signals(weight, bias, X, y, rule), (A, D), strict=True):
            close(graph, found, expected, "signals", limits=(0, 1e-9))
        found = made.gradients(weight, bias, X, y, rule)
        close(graph, found[0], gradient, "weight gradient", limits=(0, 1e-9))
        close(graph, found[1], bias_gradient, "bias gradient", limits=(0, 1e-9))
        for learned in (found[2], made.train(weight, bias, X, y, rule, np.array([0.1]))):
            np.testing.assert_allclose(learned.losses, [value], rtol=1e-10, atol=1e-15)
            assert learned.n_correct.tolist() == [right]
        close(graph, weight, graph.weight - 0.1 * gradient, "weight", limits=(0, 1e-9))
        close(graph, bias, graph.bias - 0.1 * bias_gradient, "bias", limits=(0, 1e-9))


@needs_numba
@settings(max_examples=60)
@given(graphs(dtypes=(np.float64,)), st.sampled_from(KINDS), st.sampled_from((0.0, 0.01)))
def test_backends_agree_on_batches_of_any_size(graph, kind, l2):
    rule, rates, results = kind(l2), np.array([0.01, 0.005]), []
    X, y = graph.X, graph.targets(rule)
    for backend in BACKENDS:
        made, weight, bias = graph.program(backend), graph.weight.copy(), graph.bias.copy()
        learned = made.train(weight, bias, X, y, rule, rates, descent=Descent(decay=0.02))
        gradients = made.gradients(weight, bias, X, y, rule)[:2]
        signals = made.signals(weight, bias, X, y, rule)
        results.append(
            (made.predict(weight, bias, X), *learned, weight, bias, *gradients, *signals)
        )
    for compiled, plain in zip(*results, strict=True):
        close(graph, compiled, plain, limits=(0, 1e-8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("backend", BACKENDS)
def test_batches_larger_than_a_tile_are_the_sum_of_their_tiles(backend, dtype):
    graph = Graph([30, 200, 100, 4], 0.1, [0, layout.TANH, layout.RELU, 0], 997, dtype, np.int32, 0)
    kernels.set_num_threads(1)
    made, y = graph.program(backend), graph.targets("cross_entropy")
    assert made._columns < 500
    rule = CrossEntropy()
    whole = made.gradients(graph.weight, graph.bias, graph.X, y, rule)
    pieces = [
        made.gradients(graph.weight, graph.bias, graph.X[i : i + 100], y[i : i + 100], rule)
        for i in range(0, 1000, 100)
    ]
    for number in range(2):
        close(graph, whole[number], np.mean([piece[number] for piece in pieces], axis=0))
    np.testing.assert_allclose(
        whole[2].losses, np.mean([piece[2].losses for piece in pieces], axis=0), rtol=1e-5
    )
    assert whole[2].n_correct == sum(piece[2].n_correct for piece in pieces)
    out = made.predict(graph.weight, graph.bias, graph.X)
    rows = [made.predict(graph.weight, graph.bias, x[None])[0] for x in graph.X[::50]]
    close(graph, out[::50], np.array(rows))


DECAY = Descent(decay=0.01)


def all_results(made, graph, rule, y, number):
    kernels.set_num_threads(number)
    weight, bias = graph.weight.copy(), graph.bias.copy()
    out = made.predict(weight, bias, graph.X)
    gradients = made.gradients(weight, bias, graph.X, y, rule)[:2]
    signals = made.signals(weight, bias, graph.X, y, rule)
    # Twice, as now and then a call is made with one thread to see which is faster.
    learned = [
        array
        for _ in range(2)
        for array in made.train(
            weight, bias, graph.X, y, rule, np.array([0.05, 0.02]), descent=DECAY
        )
    ]
    return out, *gradients, *signals, *learned, weight, bias


@pytest.fixture
def counted_calls(monkeypatch):
    """How many threads each call asked for."""
    asked, run_threaded = [], threads.run_threaded

    def count(function, arguments, number):
        asked.append(number)
        return run_threaded(function, arguments, number)

    monkeypatch.setattr(threads, "run_threaded", count)
    return asked


@needs_numba  # NumPy's kernels have no threads
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_the_bits_do_not_depend_on_the_number_of_threads(counted_calls, name, dtype):
    codes = [0, layout.RELU, layout.SIGMOID, 0]
    graph = Graph([100, 300, 300, 5], 0.1, codes, 150, dtype, np.int32, 0)
    assert len(graph.weight) * 150 >= program.MIN_WORK_PER_THREAD
    rule, y = type(losses.get(name))(1e-4), graph.targets(name)
    expected = all_results(graph.program(), graph, rule, y, 1)
    for number in (1, 2, 3, 2):
        counted_calls.clear()
        found = all_results(graph.program(), graph, rule, y, number)
        assert max(counted_calls, default=1) == number
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_plain_kernels_give_the_same_results_however_many_threads_are_allowed():
    graph = Graph([30, 60, 60, 3], 0.5, [0, layout.RELU, 0, 0], 700, np.float64, np.int32, 0)
    assert len(graph.weight) * 700 >= program.MIN_WORK_PER_THREAD
    rule, y = CrossEntropy(1e-4), graph.targets("cross_entropy")
    expected = all_results(graph.program("numpy"), graph, rule, y, 1)
    for number in (2, 3):
        found = all_results(graph.program("numpy"), graph, rule, y, number)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@settings(max_examples=40)
@given(graphs(), st.sampled_from(LOSSES), st.integers(2, 4))
def test_the_bits_of_small_networks_do_not_depend_on_threads_either(graph, name, number):
    rule, y = losses.get(name), graph.targets(name)
    expected = all_results(graph.program(), graph, rule, y, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "MIN_WORK_PER_THREAD", 0)
        found = all_results(graph.program(), graph, rule, y, number)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_plan_gives_the_same_bits_when_it_is_used_again(backend):
    graph = Graph([10, 40, 20, 3], 0.3, [0, layout.CUSTOM, 1, 0], 130, np.float32, np.int32, 0)
    made, rule, y = graph.program(backend), CrossEntropy(0.01), graph.targets("cross_entropy")
    first = all_results(made, graph, rule, y, 1)
    made.predict(graph.weight, graph.bias, graph.X[:7])  # another size in between
    for ours, theirs in zip(all_results(made, graph, rule, y, 1), first, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_was_returned_is_not_overwritten_by_later_calls():
    graph = Graph([10, 40, 20, 3], 0.3, [0, 1, 1, 0], 130, np.float32, np.int32, 0)
    made, rule, y = graph.program(), CrossEntropy(), graph.targets("cross_entropy")
    first = all_results(made, graph, rule, y, 1)
    kept = [array.copy() for array in first]
    graph.X[:] = graph.X[::-1].copy()
    all_results(made, graph, rule, y, 1)
    for ours, theirs in zip(first, kept, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss_name", LOSSES)
def test_each_step_learns_the_rows_it_is_given(backend, loss_name):
    graph = Graph([6, 30, 10, 3], 0.4, [0, layout.TANH, 1, 0], 200, np.float64, np.int32, 1)
    rule, y, rates = losses.get(loss_name), graph.targets(loss_name), np.array([0.1, 0.05, 0.2])
    samples = np.array([graph.rng.permutation(len(graph.X))[:90] for _ in rates])
    samples[1, 70:] = -1  # a step with fewer
    made, weight, bias = graph.program(backend), graph.weight.copy(), graph.bias.copy()
    learned = made.train(weight, bias, graph.X, y, rule, rates, samples)
    w, b = graph.weight.copy(), graph.bias.copy()
    for step, rows in enumerate(samples):
        rows = rows[rows >= 0]
        one = made.train(w, b, graph.X[rows], y[rows], rule, rates[step : step + 1])
        np.testing.assert_allclose(learned.losses[step], one.losses[0], rtol=1e-12)
        assert learned.n_correct[step] == one.n_correct[0]
    np.testing.assert_allclose(weight, w, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(bias, b, rtol=1e-11, atol=1e-13)


def test_one_row_of_samples_serves_every_step():
    graph = Graph([6, 30, 3], 0.4, [0, layout.TANH, 0], 50, np.float64, np.int32, 1)
    rule, y, rates = CrossEntropy(), graph.targets("cross_entropy"), np.full(4, 0.1)
    rows = graph.samples[:20]
    results = []
    for samples in (rows[None], np.tile(rows, (4, 1))):
        weight, bias = graph.weight.copy(), graph.bias.copy()
        learned = graph.program().train(weight, bias, graph.X, y, rule, rates, samples)
        results.append((*learned, weight, bias))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_penalty_is_the_sum_of_all_squares_and_pulls_all_parameters(backend, kind):
    graph = Graph([5, 8, 2], 0.7, [0, layout.TANH, 0], 70, np.float64, np.int32, 2)
    made, y, l2 = graph.program(backend), graph.targets(kind()), 0.03
    arguments = graph.weight, graph.bias, graph.X, y
    weight, bias, learned = made.gradients(*arguments, kind())
    with_weight, with_bias, with_learned = made.gradients(*arguments, kind(l2))
    squares = (graph.weight**2).sum() + (graph.bias**2).sum()
    np.testing.assert_allclose(with_learned.losses, learned.losses + l2 * squares, rtol=1e-12)
    np.testing.assert_allclose(with_weight, weight + 2 * l2 * graph.weight, atol=1e-14)
    np.testing.assert_allclose(with_bias, bias + 2 * l2 * graph.bias, atol=1e-14)
    w, b = graph.weight.copy(), graph.bias.copy()
    made.train(w, b, graph.X, y, kind(l2), np.array([0.1]))
    np.testing.assert_allclose(w, graph.weight - 0.1 * with_weight, atol=1e-14)
    np.testing.assert_allclose(b, graph.bias - 0.1 * with_bias, atol=1e-14)


IDENTITY = {"rank_start": [0, 2, 4], "indptr": [0, 0, 0, 1, 2], "source": [0, 1]}


def identity(backend):
    """Two inputs that are the two outputs."""
    arrays = {name: np.array(values) for name, values in IDENTITY.items()}
    functions = [activations.get("linear")] * 2
    return Program(
        arrays["rank_start"],
        functions,
        arrays["indptr"].astype(np.int32),
        arrays["source"].astype(np.int32),
        np.dtype(np.float64),
        backend,
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("rule", "scores", "y", "right"),
    [
        # the largest score is that of the class; of equal ones the first counts
        (CrossEntropy(), [[2, 1], [1, 2], [-1, -2], [3, 3], [3, 3]], [0, 0, 0, 0, 1], 3),
        # every output on its label's side; 0 is on the side of -1
        (Hinge(), [[2, -1], [0.1, 1], [0, 5], [0, 0]], [[1, -1], [1, -1], [1, 1], [-1, -1]], 2),
        # targets are on the side of 1 above one half
        (
            BinaryCrossEntropy(),
            [[2, -1], [2, 1], [-1, -1], [1, -1]],
            [[1, 0], [1, 0], [0.4, 0.5], [0.6, 0.2]],
            3,
        ),
        # the signs of score and target agree
        (MeanSquaredError(), [[2, -1], [2, 1], [-1, -1]], [[0.3, -9], [1, -1], [-2, 0]], 2),
    ],
)
def test_right_counts_the_samples_on_the_right_side(backend, rule, scores, y, right):
    made = identity(backend)
    y = rule.targets(y, len(scores), 2, np.dtype(np.float64))
    arguments = np.ones(2), np.zeros(4), np.array(scores, float), y, rule
    assert made.gradients(*arguments)[2].n_correct.tolist() == [right]
    assert made.train(*arguments, np.array([0.0])).n_correct.tolist() == [right]


def test_400_steps_follow_the_scalar_engine():
    model = SparseMLP(2, [6, 6, 1], [0.0, 0.5, 0.3], wiring="first", init=0.5, rng=random.Random(3))
    net, rng = from_scalar(model), np.random.default_rng(3)
    X = rng.standard_normal((12, 2))
    y = np.where(X[:, 0] * X[:, 1] > 0, 1, -1)
    rates = [0.5 - 0.4 * step / 400 for step in range(400)]
    learned = Trainer(net, Hinge(l2=1e-4), rewire.optimizers.SGD()).steps(X, y, 400, rates)
    expected, right = [], []
    for rate in rates:
        total, accuracy = loss(model, X.tolist(), y.tolist())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= rate * p.grad
        expected.append(total.data)
        right.append(round(accuracy * 12))
    assert expected[-1] < 0.8 * expected[0]
    np.testing.assert_allclose(learned.losses, expected, rtol=0, atol=1e-9)
    assert learned.n_correct.tolist() == right
    back = to_scalar(net).parameters()
    np.testing.assert_allclose(
        [p.data for p in back], [p.data for p in model.parameters()], rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_empty_batch_has_empty_outputs(backend):
    out = identity(backend).predict(np.ones(2), np.zeros(4), np.zeros((0, 2)))
    assert out.shape == (0, 2)
