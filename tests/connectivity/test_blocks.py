"""Groups of each scope, what may be connected, and how much of it is not."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire import Network
from rewire.connectivity import Block, Candidates
from rewire.connectivity.candidates import SCOPES

from ..graph.strategies import networks
from ..topology.tables import by_layer, eight
from ..topology.test_growth import absent_pairs


def count(net, candidates):
    table = net.connections
    return candidates.count(table, table.target, candidates.group_start)


NET = Network.from_connections([2, 0, 3, 1], [0, 1, 2, 0], [2, 3, 5, 5], [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("neuron", [2, 3, 4, 5, 6]), ("layer", [2, 2, 5, 6]), ("network", [2, 6])],
)
def test_groups_of_target_neurons(scope, expected):
    assert Candidates(NET, scope).group_start.tolist() == expected


def test_blocks_are_what_may_be_connected():
    layered = [(range(2), range(2, 2)), (range(2, 2), range(2, 5)), (range(2, 5), range(5, 6))]
    layered = [Block(*ranges) for ranges in layered]
    assert Candidates(NET).blocks == layered
    skip = [(range(2), range(2, 2)), (range(2), range(2, 5)), (range(5), range(5, 6))]
    skip = [Block(*ranges) for ranges in skip]
    assert Candidates(NET, skip_connections=True).blocks == skip


def test_connections_of_each_layer():
    assert by_layer(NET, np.array([5, 2, 5, 4])).tolist() == [0, 2, 2]


def test_absent_connections_of_each_neuron_by_hand():
    assert count(eight(), Candidates(eight(), "neuron")).tolist() == [1, 2, 1]


@given(networks(), st.sampled_from(SCOPES), st.booleans())
def test_absent_connections_are_counted(net, scope, skip):
    candidates = Candidates(net, scope, skip)
    free = [t for t, _ in absent_pairs(net, skip)]
    assert count(net, candidates).tolist() == [
        sum(first <= t < last for t in free) for first, last in pairwise(candidates.group_start)
    ]
    rank = np.repeat(np.arange(len(net.ranks)), net.ranks)
    assert candidates.possible == sum(
        rank[s] == rank[t] - 1 or (skip and rank[s] < rank[t])
        for t in range(net.size)
        for s in range(net.size)
    )
