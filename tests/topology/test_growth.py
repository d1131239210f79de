"""The streamed search for absent connections against a dense one, and the rewiring itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewire
from rewire import Network
from rewire.topology import growth, rigl_update, strongest_absent
from rewire.topology import rewire as change_wiring


def dense_search(net, A, D, rank, count):
    start = net.rank_start
    existing = set(
        zip(net.connections.source.tolist(), net.connections.target.tolist(), strict=True)
    )
    absent = [
        (-abs(float(D[t] @ A[s])), t, s)
        for t in range(start[rank], start[rank + 1])
        for s in range(start[rank - 1], start[rank])
        if (s, t) not in existing
    ]
    return [(s, t) for _, t, s in sorted(absent)[:count]]


@given(
    st.integers(1, 8), st.integers(1, 8), st.floats(0.1, 0.9), st.integers(0, 70),
    st.integers(1, 30), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_finds_what_a_dense_search_finds_in_the_same_order(
    inputs, outputs, density, count, block, seed
):
    net = rewire.mlp([inputs, outputs], density=density, seed=seed, dtype="float64")
    random = np.random.default_rng(seed)
    # Small whole numbers: many ties, and no rounding.
    A = random.integers(-2, 3, (net.size, 3)).astype(float)
    D = random.integers(-2, 3, (net.size, 3)).astype(float)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "BLOCK_ENTRIES", block)
        source, target = strongest_absent(
            net.connections, A, D, range(inputs), range(inputs, net.size), count
        )
    found = list(zip(source.tolist(), target.tolist(), strict=True))
    assert found == dense_search(net, A, D, 1, count)


@given(st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_rigl_keeps_the_number_of_connections_of_every_layer(fraction, seed):
    net = rewire.mlp([5, 6, 3], density=[0.4, 0.5], seed=seed, dtype="float64")
    before = [rank.connections for rank in net.summary().ranks]
    random = np.random.default_rng(seed)
    A, D = random.normal(size=(2, net.size, 4))
    moved = rigl_update(net, A, D, fraction)
    net.check()
    assert [rank.connections for rank in net.summary().ranks] == before
    assert (net.connections.weight == 0).sum() == moved


def test_a_dropped_connection_takes_its_state_away_and_a_grown_one_starts_at_zero():
    net = Network.from_connections([2, 2], [0, 1], [2, 3], [1.0, 2.0])
    net.connections.zeros("velocity", np.float32)[:] = [10, 20]
    change_wiring(net, np.array([0]), np.array([1]), np.array([2]))
    net.check()
    assert net.connections.source.tolist() == [1, 1]
    assert net.connections.weight.tolist() == [0, 2]
    assert net.connections["velocity"].tolist() == [0, 20]
    assert net.connections.birth.tolist() == [2, 1]


def test_growing_what_exists_is_refused_and_changes_nothing():
    net = Network.from_connections([2, 2], [0, 1], [2, 3], [1.0, 2.0])
    with pytest.raises(ValueError, match="got 1 to 3, which exists"):
        change_wiring(net, np.array([0]), np.array([1]), np.array([3]))
    assert net.connections.weight.tolist() == [1.0, 2.0]


def test_an_update_fraction_outside_0_to_1_is_refused():
    net = rewire.mlp([2, 2])
    with pytest.raises(ValueError, match=r"update_fraction must be in \[0, 1\]; got 1.5"):
        rigl_update(net, np.zeros((4, 1)), np.zeros((4, 1)), 1.5)
