"""The max-margin loss and the accuracy beside it."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.scalar import MLP, SparseMLP, loss


@pytest.fixture
def line():
    """The model 2 x - 1, over one input."""
    model = SparseMLP(1, [1], [0])
    neuron = model.layers[0].neurons[0]
    neuron.w[0].data, neuron.b.data = 2.0, -1.0
    return model


@pytest.fixture
def model():
    return SparseMLP(2, [4, 1], [0, 0.5], rng=random.Random(3))


X = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [0.1, 0.2], [-1.0, -1.0]]
y = [1, -1, -1, 1, -1]


def test_mean_hinge_and_accuracy_by_hand(line):
    # scores 3, 0, -3, 2; hinges 0, 1, 4, 3
    total, accuracy = loss(line, [[2.0], [0.5], [-1.0], [1.5]], [1, -1, 1, -1], alpha=0)
    assert total.data == (0 + 1 + 4 + 3) / 4
    assert accuracy == 2 / 4


def test_score_of_zero_counts_as_minus_one(line):
    assert loss(line, [[0.5]], [-1])[1] == 1.0
    assert loss(line, [[0.5]], [1])[1] == 0.0


def test_penalty_runs_over_all_parameters_biases_included(line):
    total, _ = loss(line, [[2.0]], [1], alpha=0.1)  # the margin is kept: the hinge is 0
    assert total.data == pytest.approx(0.1 * (2**2 + 1**2), rel=1e-15)
    total.backward()
    neuron = line.layers[0].neurons[0]
    assert neuron.w[0].grad == pytest.approx(0.1 * 2 * 2, rel=1e-15)
    assert neuron.b.grad == pytest.approx(0.1 * 2 * -1, rel=1e-15)


def test_penalty_is_1e_4_by_default(line):
    assert loss(line, [[2.0]], [1])[0].data == pytest.approx(5e-4, rel=1e-15)


def test_gradients_by_hand(line):
    # Only the third sample, of hinge 4, is on the wrong side; the second has hinge 1 and counts.
    total, _ = loss(line, [[2.0], [0.5], [-1.0]], [1, -1, 1], alpha=0)
    total.backward()
    neuron = line.layers[0].neurons[0]
    assert neuron.w[0].grad == pytest.approx((0.5 + 1.0) / 3, rel=1e-15)
    assert neuron.b.grad == pytest.approx((1 - 1) / 3, abs=1e-15)


def test_dense_grad_is_passed_on(model):
    for dense_grad, tracked in [(False, 0), (True, 2), ("last", 2)]:
        loss(model, X, y, dense_grad=dense_grad)
        assert len(model.layers[1].neurons[0].zero_ws) == tracked


def test_dense_grad_changes_neither_loss_nor_accuracy(model):
    plain, accuracy = loss(model, X, y)
    dense, dense_accuracy = loss(model, X, y, dense_grad=True)
    assert dense.data == pytest.approx(plain.data, rel=1e-14)
    assert dense_accuracy == accuracy


def test_arrays_and_lists_give_the_same(model):
    from_lists = loss(model, X, y)
    from_arrays = loss(model, np.array(X), np.array(y))
    from_floats = loss(model, np.array(X), np.array(y, dtype=float))
    mixed = loss(model, X, np.array(y, dtype=np.int8))
    for total, accuracy in [from_arrays, from_floats, mixed]:
        assert (total.data, accuracy) == (from_lists[0].data, from_lists[1])


# -------------------------------------------------------------------------------- random batches


class Recorder(MLP):
    """A network that remembers the samples it was asked about."""

    def __init__(self):
        super().__init__(1, [1], rng=random.Random(0))
        self.asked = []

    def __call__(self, x, dense_grad=False):
        self.asked.append(x[0].data)
        return super().__call__(x, dense_grad)


@given(n=st.integers(1, 12), seed=st.integers(0, 1000), share=st.floats(0, 1))
def test_a_batch_holds_so_many_different_samples(n, seed, share):
    batch_size = max(1, round(share * n))
    model = Recorder()
    data = [[float(i)] for i in range(n)]
    loss(model, data, [1] * n, batch_size, rng=random.Random(seed))
    assert len(model.asked) == batch_size
    assert len(set(model.asked)) == batch_size
    assert set(model.asked) <= set(range(n))


def test_all_samples_take_part_without_batch_size():
    model = Recorder()
    loss(model, [[0.0], [1.0], [2.0]], [1, 1, -1])
    assert model.asked == [0.0, 1.0, 2.0]


def test_batches_are_random_over_all_samples():
    model, rng = Recorder(), random.Random(0)
    data = [[float(i)] for i in range(5)]
    for _ in range(500):
        loss(model, data, [1] * 5, 2, rng=rng)
    counts = [model.asked.count(i) for i in range(5)]
    assert all(150 < count < 250 for count in counts)  # 200 each, standard deviation 11


def test_batches_follow_the_generator_and_the_module_random_by_default(model):
    state = random.getstate()
    try:
        random.seed(8)
        by_default = [loss(model, X, y, 2)[0].data for _ in range(4)]
    finally:
        random.setstate(state)
    rng = random.Random(8)
    assert [loss(model, X, y, 2, rng=rng)[0].data for _ in range(4)] == by_default
    assert len(set(by_default)) > 1


def test_batch_of_all_samples_has_the_loss_of_all(model):
    whole, accuracy = loss(model, X, y)
    batch, batch_accuracy = loss(model, X, y, len(X), rng=random.Random(1))
    assert batch.data == pytest.approx(whole.data, rel=1e-14)
    assert batch_accuracy == accuracy


def test_accuracy_of_a_batch_is_that_of_its_samples(line):
    for seed in range(10):
        accuracy = loss(line, [[1.0], [1.0], [1.0]], [1, 1, -1], 2, rng=random.Random(seed))[1]
        assert accuracy in (0.5, 1.0)


# --------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("label", [0, 2, -1.5, float("nan"), "cat", None])
def test_other_labels_are_errors(model, label):
    with pytest.raises(ValueError, match=rf"y .* -1 and \+1; got {label} for sample 2"):
        loss(model, X, [1, -1, label, 1, 1])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("as_array", [False, True])
def test_numbers_that_are_not_finite_are_errors(model, bad, as_array):
    data = [list(row) for row in X]
    data[3][1] = bad
    with pytest.raises(ValueError, match=rf"X .* finite.*; got {bad} for input 1 of sample 3"):
        loss(model, np.array(data) if as_array else data, y)


@pytest.mark.parametrize(("n", "m"), [(0, 0), (5, 4), (4, 5), (0, 5)])
def test_empty_or_unequal_data_is_an_error(model, n, m):
    with pytest.raises(ValueError, match=rf"X and y .* same number.*at least 1; got {n} and {m}"):
        loss(model, X[:n], y[:m])


@pytest.mark.parametrize("batch_size", [0, -1, 6])
def test_batch_size_outside_the_data_is_an_error(model, batch_size):
    with pytest.raises(ValueError, match=rf"batch_size must be in \[1, 5\]; got {batch_size}"):
        loss(model, X, y, batch_size)


def test_several_outputs_are_an_error():
    with pytest.raises(ValueError, match=r"one output.*; got 2 outputs"):
        loss(SparseMLP(2, [3, 2], [0, 0]), X, y)


@pytest.mark.parametrize("width", [1, 3])
def test_samples_of_the_wrong_width_are_an_error(model, width):
    with pytest.raises(ValueError, match=rf"must hold 2 inputs .*; got {width}"):
        loss(model, [[1.0] * width] * 5, y)
