"""The strongest candidates and random ones, against dense searches."""

import tracemalloc
from itertools import chain, combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rewire import Network, mlp
from rewire.connectivity import Candidates
from rewire.connectivity.candidates import SCOPES
from rewire.topology import growth
from rewire.topology.growth import CSR, random_candidates, strongest_candidates

from ..graph.strategies import networks
from .tables import SOURCE, TARGET, eight, pairs

SEEDS = st.integers(0, 2**32 - 1)


def existing(net):
    return CSR(net.connections.indptr, net.connections.source)


def absent_pairs(net, skip):
    """Return absent connections as (target, source), in order; the slow way."""
    rank = np.repeat(np.arange(len(net.ranks)), net.ranks)
    connected = pairs(net)
    return [
        (t, s)
        for t in range(net.ranks[0], net.size)
        for s in range(net.size)
        if (rank[s] == rank[t] - 1 or (skip and rank[s] < rank[t])) and (s, t) not in connected
    ]


def as_list(found):
    return list(zip(found.target.tolist(), found.source.tolist(), strict=True))


def by_group(found, starts):
    """Return (target, source) of each group, in the order in which they were found."""
    return [
        [(t, s) for t, s in as_list(found) if first <= t < last] for first, last in pairwise(starts)
    ]


def layered(net):
    return Candidates(net).blocks


@settings(max_examples=300)
@given(
    networks(), st.sampled_from(SCOPES), st.booleans(), SEEDS, st.integers(1, 40),
    st.sampled_from([0, 1024]), st.sampled_from([np.float32, np.float64]),
)  # fmt: skip
def test_finds_what_a_dense_search_finds_in_the_same_order(
    net, scope, skip, seed, block, few, dtype
):
    random = np.random.default_rng(seed)
    # Small whole numbers: many ties. Some must never be chosen.
    table = random.integers(-2, 3, (net.size, net.size)).astype(dtype)
    table[random.random(table.shape) < 0.1] = -np.inf
    starts = Candidates(net, scope).group_start
    counts = random.integers(0, 8, len(starts) - 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "BLOCK_ENTRIES", block)
        patch.setattr(growth, "FEW", few)  # below which a block is not narrowed down at once
        found = strongest_candidates(
            existing(net), Candidates(net, scope, skip).blocks, starts, counts,
            lambda targets, sources: table[targets, sources].copy(),
        )  # fmt: skip
    groups = by_group(found, starts)
    assert as_list(found) == list(chain(*groups)), "group by group"
    for group, (first, last), count in zip(groups, pairwise(starts), counts, strict=True):
        candidates = [
            (-table[t, s], t, s)
            for t, s in absent_pairs(net, skip)
            if first <= t < last and table[t, s] > -np.inf
        ]
        assert group == [(t, s) for _, t, s in sorted(candidates)[:count]]


def test_connections_that_count_as_gone_can_be_found():
    net = eight()
    gone = np.array([1, 6])  # 1 -> 4 and 2 -> 6
    found = strongest_candidates(
        CSR.without(net.connections, gone), layered(net), np.array([4, 7]),
        np.array([99]), lambda targets, sources: np.zeros((3, 4)),
    )  # fmt: skip
    assert as_list(found) == [(4, 1), (4, 3), (5, 1), (5, 2), (6, 0), (6, 2)]


def test_a_sample_sees_each_absent_connection_equally_often_and_no_other():
    net = mlp([20, 6], density=0.3, seed=0)
    random = np.random.default_rng(0)
    seen = np.zeros((net.size, net.size), int)
    draws = 400
    for _ in range(draws):
        found = strongest_candidates(
            existing(net), layered(net), np.array([20, 26]), np.array([1000]),
            lambda targets, sources: np.zeros((targets.stop - targets.start, len(sources))),
            share=0.25, generator=random,
        )  # fmt: skip
        assert len(set(as_list(found))) == len(found.source)
        np.add.at(seen, (found.target, found.source), 1)
    free = np.zeros_like(seen, bool)
    free[tuple(np.array(absent_pairs(net, skip=False)).T)] = True
    assert not seen[~free].any()
    spread = 5 * np.sqrt(draws * 0.25 * 0.75)
    assert (np.abs(seen[free] - draws * 0.25) < spread).all()


def test_nan_is_refused_but_not_where_a_connection_exists():
    net = eight()
    table = np.zeros((7, 7))
    table[4, 0] = np.nan  # exists

    def find():
        return strongest_candidates(
            existing(net), layered(net), np.array([4, 7]), np.array([2]),
            lambda targets, sources: table[targets, sources].copy(),
        )  # fmt: skip

    assert as_list(find()) == [(4, 3), (5, 1)]
    table[4, 3] = np.nan
    with pytest.raises(ValueError, match="returned NaN: use -inf"):
        find()


def test_scores_are_asked_for_in_blocks_of_bounded_size():
    net = mlp([64, 5000], density=0.02, seed=0)
    asked = []

    def score(targets, sources):
        asked.append((targets.stop - targets.start) * (sources.stop - sources.start))
        return np.zeros((targets.stop - targets.start, sources.stop - sources.start))

    strongest_candidates(existing(net), layered(net), Candidates(net).group_start, [5], score)
    assert sum(asked) == 64 * 5000
    assert max(asked) <= growth.BLOCK_ENTRIES


# --------------------------------------------------------------------------------------- random


@settings(max_examples=300)
@given(networks(), st.sampled_from(SCOPES), st.booleans(), SEEDS)
def test_random_ones_are_absent_distinct_and_as_many_as_asked_for(net, scope, skip, seed):
    random = np.random.default_rng(seed)
    starts = Candidates(net, scope).group_start
    counts = random.integers(0, 8, len(starts) - 1)
    found = random_candidates(
        existing(net), Candidates(net, scope, skip).blocks, starts, counts, random
    )
    free = absent_pairs(net, skip)
    groups = by_group(found, starts)
    assert as_list(found) == list(chain(*groups)), "group by group"
    for drawn, (first, last), count in zip(groups, pairwise(starts), counts, strict=True):
        here = {(t, s) for t, s in free if first <= t < last}
        assert len(set(drawn)) == len(drawn) == min(count, len(here))
        assert set(drawn) <= here


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_choice_of_random_ones_is_equally_likely(count):
    # Two inputs that skip, an empty rank; 5 absent connections in all.
    net = Network.from_connections([2, 0, 2, 1], [0, 1, 2, 0], [2, 3, 4, 4], [1, 1, 1, 1])
    free = absent_pairs(net, skip=True)
    assert len(free) == 4
    random, draws = np.random.default_rng(0), 6000
    seen = dict.fromkeys(combinations(free, count), 0)
    for _ in range(draws):
        found = random_candidates(
            existing(net),
            Candidates(net, skip_connections=True).blocks,
            np.array([2, 5]),
            np.array([count]),
            random,
        )
        seen[tuple(sorted(as_list(found)))] += 1
    assert stats.chisquare(list(seen.values())).pvalue > 1e-3


@pytest.mark.parametrize("density", [0.02, 0.5, 0.98])
def test_random_ones_are_uniform_over_a_layer(density):
    net = mlp([50, 20], density=density, seed=1)
    random, free = np.random.default_rng(0), absent_pairs(net, skip=False)
    count = max(1, len(free) // 3)
    draws = 60_000 // count
    seen = dict.fromkeys(free, 0)
    for _ in range(draws):
        found = random_candidates(
            existing(net), layered(net), np.array([50, 70]), np.array([count]), random
        )
        for pair in as_list(found):
            seen[pair] += 1
    # Draws of one rewiring differ from each other, which makes the counts more even.
    share = count / len(free)
    assert stats.chisquare(list(seen.values())).statistic / (1 - share) < stats.chi2.ppf(
        0.999, len(free) - 1
    )


def test_random_ones_are_found_in_memory_for_what_exists():
    net = mlp([2000, 100_000, 100_000, 2], density=[2e-3, 4e-5, 1e-4], seed=0)
    connections = len(net.connections)
    assert net.possible_connections > 1e10
    starts = Candidates(net).group_start
    counts = np.array([100_000, 100_000, 3])
    random = np.random.default_rng(0)
    tracemalloc.start()
    found = random_candidates(existing(net), layered(net), starts, counts, random)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(group) for group in by_group(found, starts)] == counts.tolist()
    assert peak < 100 * connections, f"{peak / connections:.0f} bytes a connection"


def test_of_a_full_layer_nothing_is_drawn():
    net = mlp([3, 4], seed=0)
    found = random_candidates(
        existing(net), layered(net), np.array([3, 7]), np.array([5]),
        np.random.default_rng(0),
    )  # fmt: skip
    assert as_list(found) == []


def test_the_table_of_eight_is_what_the_other_tests_think():
    assert pairs(eight()) == set(zip(SOURCE, TARGET, strict=True))


@pytest.mark.parametrize("scope", SCOPES)
@given(st.integers(1, 40), st.integers(1, 60), st.sampled_from([0, 1024]), SEEDS)
def test_many_blocks_are_searched_like_one(scope, count, rows, few, seed):
    net = mlp([12, 30, 9], density=0.2, seed=seed)
    table = np.random.default_rng(seed).integers(0, 50, (net.size, net.size)).astype(float)
    candidates = Candidates(net, scope)
    counts = np.full(len(candidates.group_start) - 1, count)

    def find():
        return as_list(
            strongest_candidates(
                existing(net), candidates.blocks, candidates.group_start, counts,
                lambda targets, sources: table[targets, sources].copy(),
            )
        )  # fmt: skip

    whole = find()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(growth, "BLOCK_ENTRIES", 12 * rows)
        patch.setattr(growth, "FEW", few)
        assert find() == whole
