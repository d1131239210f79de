"""The strongest paths, against trying all of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rewire import Network
from rewire.report.strongest_paths import strongest_paths

from ..graph.strategies import networks


@given(networks(), st.integers(1, 4))
def test_the_strongest_paths_are_those_that_trying_all_finds(net, count):
    table = net.connections
    target = table.target
    out = {n: np.flatnonzero(table.source == n) for n in range(net.size)}
    first_output = net.rank_start[-2]

    def strength(neuron):
        """Return the strength of the best way to an output."""
        if neuron >= first_output:
            return 1.0
        ways = [abs(float(table.weight[c])) * strength(int(target[c])) for c in out[neuron]]
        return max(ways, default=0.0)

    # The best ways from each input, by the connection that they begin with, and the inputs' order.
    begins = [
        (abs(float(table.weight[c])) * strength(int(target[c])), -c, n)
        for n in range(net.ranks[0])
        for c in out[n]
    ]
    begins = sorted((one for one in begins if one[0] > 0), reverse=True)
    inputs = list(dict.fromkeys(n for *_, n in begins))
    each = max(count // max(len(inputs), 1), 1)
    rows = set(strongest_paths(net, count).tolist())
    for n in range(net.ranks[0]):
        ours = sorted((w for w, c, m in begins if m == n and -c in rows), reverse=True)
        best = [w for w, _, m in begins if m == n][: each if n in inputs[:count] else 0]
        np.testing.assert_allclose(ours, best, rtol=1e-4)
    # From wherever they lead, one best connection goes on.
    reached = {int(target[c]) for c in rows}
    for n in range(net.ranks[0], first_output):
        onward = [c for c in out[n] if c in rows]
        assert len(onward) == (n in reached)
        for c in onward:
            way = abs(float(table.weight[c])) * strength(int(target[c]))
            np.testing.assert_allclose(way, strength(n), rtol=1e-4)


def test_a_network_without_ways_has_no_strongest_paths():
    net = Network.from_connections([2, 2, 1], [0], [2], [1.0])
    assert strongest_paths(net).tolist() == []
    net = Network.from_connections([2, 2, 1], [], [], [])
    assert strongest_paths(net).tolist() == []
