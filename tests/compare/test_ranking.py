"""Ranks and critical differences against Demšar's paper, SciPy, and cliques found by trying all."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rewire.compare import pairwise, rank_methods
from rewire.compare.analysis.inference import difference_of
from rewire.compare.analysis.pairs import Pair
from rewire.compare.analysis.ranking import cliques_of, critical_difference

from .studies import made_up

# Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006), table 6:
# ranks of four variants of C4.5 on 14 data sets.
DEMSAR = [
    (4, 3, 2, 1),
    (1, 2, 3, 4),
    (4, 1, 2, 3),
    (4, 1, 3, 2),
    (4, 2, 3, 1),
    (1, 2.5, 4, 2.5),
    (3, 2, 4, 1),
    (2.5, 2.5, 4, 1),
    (4, 3, 2, 1),
    (2.5, 2.5, 2.5, 2.5),
    (4, 2.5, 1, 2.5),
    (3, 2, 4, 1),
    (4, 1, 2, 3),
    (3, 1, 4, 2),
]


def demsar():
    names = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
    return {
        name: [1 - rank / 10 for rank in column]
        for name, column in zip(names, zip(*DEMSAR, strict=True), strict=True)
    }


@pytest.mark.parametrize(
    ("methods", "q"),
    # table 5(a) of the paper
    list(enumerate([1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164], start=2)),
)
def test_the_critical_difference_has_the_papers_quantiles(methods, q):
    expected = q * math.sqrt(methods * (methods + 1) / (6 * 20))
    assert critical_difference(methods, 20) == pytest.approx(expected, abs=1e-3)


def test_the_example_of_the_paper():
    found = rank_methods(made_up(demsar()).runs)
    assert found.seeds == 14
    assert {name: round(rank, 3) for name, rank in found.ranks.items()} == {
        "C4.5+m+cf": 1.964,
        "C4.5+m": 2.000,
        "C4.5+cf": 2.893,
        "C4.5": 3.143,
    }
    assert list(found.ranks) == ["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)
    # "the post-hoc test is not powerful enough" to tell even the best from the worst
    assert found.close("C4.5+m+cf", "C4.5")
    # The paper's 9.28 knows no correction for ties, which makes it larger.
    plain = 12 * 14 / (4 * 5) * (sum(rank**2 for rank in found.ranks.values()) - 4 * 25 / 4)
    assert plain == pytest.approx(9.28, abs=0.01)
    ties = sum(t**3 - t for row in DEMSAR for t in np.unique(row, return_counts=True)[1].tolist())
    assert found.friedman == pytest.approx(plain / (1 - ties / (14 * (4**3 - 4))))
    assert found.p == pytest.approx(stats.chi2.sf(found.friedman, 3))


tables = st.integers(3, 6).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 9), min_size=k, max_size=k), min_size=5, max_size=15)
)


@given(tables, st.sampled_from(["accuracy", "loss"]))
def test_ranks_and_friedman_are_those_of_scipy(table, measure):
    columns = {
        str(n): [v / 10 for v in column] for n, column in enumerate(zip(*table, strict=True))
    }
    found = rank_methods(made_up(columns, measure).runs, measure)
    better = np.array(table) * (1 if measure == "loss" else -1)
    ranks = np.mean([stats.rankdata(row) for row in better], axis=0)
    assert dict(found.ranks) == pytest.approx(dict(zip(columns, ranks, strict=True)))
    assert list(found.ranks.values()) == sorted(found.ranks.values())
    if all(len(set(row)) == 1 for row in table):
        assert (found.friedman, found.p) == (0, 1)
    else:
        expected = stats.friedmanchisquare(*better.T)
        assert (found.friedman, found.p) == pytest.approx(tuple(expected))


def test_only_seeds_that_all_methods_have_are_ranked():
    values = {"a": [0.1] * 6, "b": [0.2] * 5 + [None], "c": [0.3] * 7}
    found = rank_methods(made_up(values).runs)
    assert (found.seeds, found.ranks) == (5, {"c": 1, "b": 2, "a": 3})


def test_a_loss_that_is_not_a_number_is_the_worst():
    values = {"a": [0.1] * 5, "b": [math.nan] * 5, "c": [math.inf, 0.2, 0.2, 0.2, 0.2]}
    found = rank_methods(made_up(values, "loss").runs, "loss")
    assert found.ranks == pytest.approx({"a": 1, "c": (2.5 + 4 * 2) / 5, "b": (2.5 + 4 * 3) / 5})


@pytest.mark.parametrize(
    ("values", "got"),
    [
        ({"a": [0.5] * 9, "b": [0.5] * 9}, "got 2 with 9"),
        ({"a": [0.5] * 4, "b": [0.5] * 9, "c": [0.5] * 9}, "got 3 with 4"),
    ],
)
def test_too_few_are_refused(values, got):
    with pytest.raises(ValueError, match=f"at least 3 methods with 5 common seeds.*{got}"):
        rank_methods(made_up(values).runs)
    with pytest.raises(ValueError, match="got 0 with 0"):
        rank_methods([])


# ------------------------------------------------------------------------------------- cliques

graphs = st.integers(1, 6).flatmap(
    lambda k: st.tuples(
        st.just("abcdef"[:k]),
        st.sets(st.sampled_from(list(itertools.combinations("abcdef"[:k], 2)) or [None])),
    )
)


@given(graphs)
def test_cliques_are_the_largest_groups_without_a_pair_that_is_apart(graph):
    names, apart = graph
    pairs = [
        Pair(*pair, difference_of({}, {}), 0.01 if pair in apart else 0.5, 0, 0)
        for pair in itertools.combinations(names, 2)
    ]
    groups = [
        group
        for size in range(2, len(names) + 1)
        for group in itertools.combinations(names, size)
        if apart.isdisjoint(itertools.combinations(group, 2))
    ]
    largest = [group for group in groups if not any(set(group) < set(one) for one in groups)]
    assert list(cliques_of(names, pairs)) == sorted(largest)


def test_cliques_are_those_of_the_pairs_and_not_of_the_ranks():
    random = np.random.default_rng(1)
    # b is a little better than a with every seed; c, d and e lie far above and move ranks about.
    a = random.normal(0, 1, 12)
    values = {"a": a.tolist(), "b": (a + random.uniform(0.01, 0.02, 12)).tolist()}
    values |= {name: (random.normal(9, 1, 12)).tolist() for name in "cde"}
    runs = made_up(values).runs
    found = rank_methods(runs)
    assert found.close("a", "b")
    assert next(pair for pair in pairwise(runs) if (pair.method, pair.other) == ("a", "b")).apart
    assert all("a" not in clique and "b" not in clique for clique in found.cliques)
    assert [set(clique) for clique in found.cliques] == [{"c", "d", "e"}]
