"""Link prediction against an enumeration of all paths of length three."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire import Network
from rewire.topology import grow_criteria

from ..backends import BACKENDS
from .tables import context, pairs


def paths(links, u, v):
    """Return all (t, s) with links u - t - s - v, where u does not feed v."""
    return [
        (t, s)
        for a, t in links
        if a == u and t != v
        for s, b in links
        if b == v and s != u and (s, t) in links
    ]


def communities(links, u, v):
    """Return internal and external links of each neuron on a path, counted one by one."""
    members = {("t", t) for t, _ in paths(links, u, v)} | {("s", s) for _, s in paths(links, u, v)}
    counts = {}
    for kind, z in members:
        own = [(s, t) for s, t in links if (t if kind == "t" else s) == z]
        internal = sum(("s", s) in members and ("t", t) in members for s, t in own)
        to_the_pair = sum((s == u) if kind == "t" else (t == v) for s, t in own)
        counts[kind, z] = internal, len(own) - internal - to_the_pair
    return counts


def by_nodes(links, u, v):
    return sum((1 + i) / (1 + e) for i, e in communities(links, u, v).values())


def by_paths(links, u, v):
    outside = {z: e for z, (_, e) in communities(links, u, v).items()}
    return sum(
        1 / np.sqrt((1 + outside["t", t]) * (1 + outside["s", s])) for t, s in paths(links, u, v)
    )


FORMULAS = {"cannistraci-hebb nodes": by_nodes, "cannistraci-hebb paths": by_paths}


@st.composite
def layers(draw):
    sources, targets = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    possible = [(s, sources + t) for s in range(sources) for t in range(targets)]
    links = draw(st.lists(st.sampled_from(possible), unique=True))
    backend = draw(st.sampled_from(BACKENDS))
    return Network.from_connections(
        [sources, targets],
        [s for s, _ in links],
        [t for _, t in links],
        np.ones(len(links)),
        backend=backend,
    )


def check(name, net, ctx, links, first, sources):
    found = grow_criteria[name](ctx, slice(first, net.size), sources)
    for v in range(first, net.size):
        for column, u in enumerate(np.arange(net.size)[sources].tolist()):
            if (u, v) not in pairs(net):
                expected = FORMULAS[name](links, u, v)
                assert found[v - first, column] == pytest.approx(expected), (u, v)


@pytest.mark.parametrize("name", FORMULAS)
@given(net=layers(), data=st.data())
def test_scores_are_those_of_enumerated_paths(name, net, data):
    first = data.draw(st.integers(net.ranks[0], net.size - 1))
    low = data.draw(st.integers(0, net.ranks[0] - 1))
    high = data.draw(st.integers(low + 1, net.ranks[0]))
    sources = data.draw(st.sampled_from([slice(low, high), np.arange(low, high, 2)]))
    check(name, net, context(net), pairs(net), first, sources)


@pytest.mark.parametrize("name", FORMULAS)
@given(net=layers(), seed=st.integers(0, 99))
def test_what_is_going_to_be_dropped_is_no_link(name, net, seed):
    dropped = np.flatnonzero(np.random.default_rng(seed).random(len(net.connections)) < 0.3)
    gone = {(int(net.connections.source[row]), int(net.connections.target[row])) for row in dropped}
    ctx = context(net)
    grow_criteria[name](ctx, slice(net.ranks[0], net.size), slice(0, 1))  # fills the cache
    ctx.dropped = dropped
    check(name, net, ctx, pairs(net) - gone, net.ranks[0], slice(0, net.ranks[0]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_pair_by_hand(backend):
    # u = 0 feeds t = 4, 5; v = 6 is fed by s = 1, 2; links 1 - 4, 2 - 4, 2 - 5, and 3 - 5 outside.
    source, target = [0, 0, 1, 2, 1, 2, 2, 3], [4, 5, 6, 6, 4, 4, 5, 5]
    net = Network.from_connections([4, 3], source, target, np.ones(8), backend=backend)
    # 4: internal to 1, 2, external none; 5: internal to 2, external to 3.
    # 1: internal to 4, external none; 2: internal to 4, 5, external none.
    nodes = 3 / 1 + 2 / 2 + 2 / 1 + 3 / 1
    # Paths over (4, 1), (4, 2), (5, 2).
    of_paths = 1 + 1 + 1 / np.sqrt(2)
    for name, expected in zip(FORMULAS, (nodes, of_paths), strict=True):
        found = grow_criteria[name](context(net), slice(6, 7), slice(0, 1))
        assert found[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("name", FORMULAS)
def test_links_that_skip_a_rank_belong_to_the_layer_of_their_target(name):
    source, target = [0, 2, 0, 1, 3, 0], [4, 4, 5, 5, 5, 2]
    net = Network.from_connections([2, 2, 2], source, target, np.ones(6))
    links = {(s, t) for s, t in pairs(net) if t >= 4}
    check(name, net, context(net), links, 4, slice(0, 4))
    check(name, net, context(net), links, 4, slice(2, 4))


def test_the_soft_rule_draws_in_proportion():
    source, target = [0, 0, 1, 2, 1, 2, 2, 3], [4, 5, 6, 6, 4, 4, 5, 5]
    net = Network.from_connections([4, 3], source, target, np.ones(8))
    ctx = context(net)
    scores = grow_criteria["cannistraci-hebb nodes"](ctx, slice(4, 7), slice(0, 4)).ravel()
    absent = np.flatnonzero([(s, t) not in pairs(net) for t in (4, 5, 6) for s in range(4)])
    soft, draws = grow_criteria["soft cannistraci-hebb nodes"], 20_000
    first = [
        int(np.argmax(soft(ctx, slice(4, 7), slice(0, 4)).ravel()[absent])) for _ in range(draws)
    ]
    share = np.bincount(first, minlength=len(absent)) / draws
    expected = scores[absent] / scores[absent].sum()
    np.testing.assert_allclose(share, expected, atol=4 * np.sqrt(0.25 / draws))


@pytest.mark.parametrize("name", FORMULAS)
def test_a_layer_without_links_scores_zero(name):
    net = Network.from_connections([3, 2], [], [], [])
    assert not grow_criteria[name](context(net), slice(3, 5), slice(0, 3)).any()
