"""Which inputs: paths counted by hand and by brute force, shuffles that hurt or do not."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import rewire
from rewire.assess import input_strengths, permutation_importance
from rewire.assess.inputs import by_column, columns_of, input_table, inputs_in_use
from rewire.graph import Network

RANDOM = np.random.default_rng(0)


def by_walking(net, absolute=True):
    """Follow every path from each input, one after the other."""
    table, start = net.connections, net.rank_start
    onward = {}
    for source, target, weight in zip(
        table.source.tolist(), table.target.tolist(), table.weight.tolist(), strict=True
    ):
        onward.setdefault(source, []).append((target, abs(weight) if absolute else 1.0))

    def strength(number):
        found = 1.0 if number >= start[-2] else 0.0
        return found + sum(factor * strength(target) for target, factor in onward.get(number, ()))

    return np.array([strength(number) for number in range(net.ranks[0])])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.sampled_from([0.2, 0.5, 0.9]))
def test_strengths_are_those_of_all_paths(seed, density):
    net = rewire.mlp([5, 6, 4, 2], density=density, dtype="float64", seed=seed)
    np.testing.assert_allclose(input_strengths(net), by_walking(net))
    np.testing.assert_array_equal(inputs_in_use(net), by_walking(net, absolute=False) > 0)


def test_connections_that_skip_ranks_count():
    net = Network.from_connections([2, 1, 1], [0, 2, 1], [2, 3, 3], weight=[2, 3, -5])
    assert input_strengths(net).tolist() == [6, 5]


def test_an_input_that_leads_nowhere_is_not_in_use():
    net = Network.from_connections([3, 2, 1], [0, 1, 3], [3, 4, 5], weight=[1, 1, 1])
    assert inputs_in_use(net).tolist() == [True, False, False]
    assert input_strengths(net).tolist() == [1, 0, 0]


def test_a_connection_of_weight_zero_is_wiring_without_strength():
    net = Network.from_connections([1, 1], [0], [1], weight=[0.0])
    assert inputs_in_use(net).tolist() == [True]
    assert input_strengths(net).tolist() == [0]


def test_strengths_of_deep_networks_do_not_overflow():
    net = rewire.mlp([3, *[20] * 60, 1], seed=0)
    net.connections.data["weight"] = net.connections.weight * 1e6
    found = input_strengths(net)
    assert np.isfinite(found).all()
    assert found.max() > 0


# ---------------------------------------------------------------------------------- columns


def test_inputs_of_a_column_are_added_up():
    columns = columns_of(["a", "b=1", "b=2", "c"], ["a", "b", "b", "c"])
    assert columns == {"a": [0], "b": [1, 2], "c": [3]}
    assert by_column(np.array([1.0, 2, 3, 4]), columns).tolist() == [1, 5, 4]
    assert columns_of(["a", "b"]) == {"a": [0], "b": [1]}
    with pytest.raises(ValueError, match="groups must name a column for each of 2 inputs; got 1"):
        columns_of(["a", "b"], ["a"])


def test_columns_that_do_not_matter_have_no_importance():
    X = RANDOM.normal(size=(300, 3))
    target = X[:, 1].copy()
    found = permutation_importance(lambda X: -((X[:, 1] - target) ** 2).mean(), X)
    assert found["0"].tolist() == found["2"].tolist() == [0] * 5
    # Two independent standard normals differ by 2 in the mean square.
    assert found["1"].mean() == pytest.approx(2, rel=0.15)


def test_inputs_of_a_column_are_shuffled_together():
    """A model that checks that exactly one of three is 1 sees nothing amiss."""
    X = np.eye(3)[RANDOM.integers(0, 3, 50)]

    def quality(X):
        return float((X.sum(axis=1) == 1).mean())

    together = permutation_importance(quality, X, {"town": [0, 1, 2]})
    assert (together["town"] == 0).all()
    apart = permutation_importance(quality, X)
    assert apart["0"].mean() > 0.2


def test_the_samples_are_left_as_they_were():
    X = RANDOM.normal(size=(20, 2))
    before = X.copy()
    permutation_importance(lambda X: X.sum(), X, seed=1)
    np.testing.assert_array_equal(X, before)
    sparse = permutation_importance(lambda X: X[0, 0], csr_array(X), seed=1)
    dense = permutation_importance(lambda X: X[0, 0], X, seed=1)
    np.testing.assert_array_equal(sparse["0"], dense["0"])


def test_at_least_one_repeat():
    with pytest.raises(ValueError, match="repeats must be a whole number, at least 1; got 0"):
        permutation_importance(len, np.eye(2), repeats=0)


def test_a_table_of_columns():
    """Of four inputs, one decides, one is dropped by the wiring, two are one column."""
    net = Network.from_connections([4, 1], [0, 2, 3], [4, 4, 4], weight=[2, 0.5, 0.5])
    X = RANDOM.normal(size=(200, 4))
    y = 2 * X[:, 0]

    def quality(shuffled, rows):
        return -float(np.abs(net.predict(shuffled)[:, 0] - y[rows]).mean())

    rows = input_table(net, ["a", "b", "c=1", "c=2"], ["a", "b", "c", "c"], quality, X)
    assert rows[0]["column"] == "a"
    found = {row["column"]: row for row in rows}
    assert found["a"]["strength"] == pytest.approx(2 / 3)
    assert found["c"] | {"importance": 0, "deviation": 0} == {
        "column": "c", "inputs": 2, "kept": 2, "strength": pytest.approx(1 / 3), "importance": 0,
        "deviation": 0,
    }  # fmt: skip
    assert (found["b"]["kept"], found["b"]["importance"]) == (0, 0)
    assert sum(row["strength"] for row in rows) == pytest.approx(1)


def test_only_the_strongest_columns_are_shuffled():
    net = rewire.mlp([60, 1], seed=0)
    X = RANDOM.normal(size=(5, 60))
    rows = input_table(net, list(map(str, range(60))), None, lambda X, rows: 0.0, X)
    assert [row["importance"] for row in rows] == [0.0] * 50 + [None] * 10
    shuffled = {row["column"] for row in rows[:50]}
    weakest = np.argsort(input_strengths(net))[:10]
    assert not shuffled & set(map(str, weakest))


def test_ranks_of_any_shape():
    for sizes in product([1, 3], repeat=3):
        net = rewire.mlp(list(sizes), seed=0)
        assert (input_strengths(net) > 0).all()
