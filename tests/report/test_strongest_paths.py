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

    rows = strongest_paths(net, count)
    best = sorted((strength(n) for n in range(net.ranks[0])), reverse=True)
    best = [value for value in best[:count] if value > 0]
    followed = []
    for neuron in range(net.ranks[0]):
        product, at = 1.0, neuron
        while at < first_output:
            onward = [c for c in out[at] if c in set(rows.tolist())]
            if not onward:
                product = 0.0
                break
            assert len(onward) == 1
            product *= abs(float(table.weight[onward[0]]))
            at = int(target[onward[0]])
        followed.append(product)
    got = sorted((value for value in followed if value > 0), reverse=True)
    assert len(got) >= len(best)
    np.testing.assert_allclose(got[: len(best)], best, rtol=1e-4)


def test_a_network_without_ways_has_no_strongest_paths():
    net = Network.from_connections([2, 2, 1], [0], [2], [1.0])
    assert strongest_paths(net).tolist() == []
    net = Network.from_connections([2, 2, 1], [], [], [])
    assert strongest_paths(net).tolist() == []
