"""Pairs of methods against corrections worked out by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rewire.compare import pairwise
from rewire.compare.analysis.pairs import holm, seeds_needed

from .studies import made_up

chances = st.lists(st.floats(1e-9, 1), min_size=1, max_size=12)


def test_holms_correction_by_hand():
    # in order 0.005, 0.011, 0.02, 0.04, 0.13: times 5, 4, 3, 2, 1, never less than one before
    assert holm([0.02, 0.13, 0.005, 0.04, 0.011]) == pytest.approx([0.06, 0.13, 0.025, 0.08, 0.044])
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


def test_an_unknown_p_counts_but_stays_unknown():
    low, unknown, high = holm([0.01, math.nan, 0.02])
    assert (low, high) == pytest.approx((0.03, 0.04))
    assert math.isnan(unknown)


@given(chances)
def test_holm_rejects_as_its_procedure_does(values):
    """Step down: reject the least p while it is below 5% over how many are left."""
    rejected = set()
    for rank, n in enumerate(np.argsort(values, kind="stable")):
        if not values[n] < 0.05 / (len(values) - rank):
            break
        rejected.add(n)
    assert {n for n, p in enumerate(holm(values)) if p < 0.05} == rejected


@given(chances)
def test_holm_lies_between_no_correction_and_bonferronis(values):
    for p, corrected in zip(values, holm(values), strict=True):
        assert p <= corrected <= min(1, p * len(values))


def test_every_pair_is_compared_once_by_wilcoxons_test():
    random = np.random.default_rng(0)
    values = {
        name: random.normal(shift, 1, 12).tolist()
        for name, shift in {"a": 0, "b": 0.2, "c": 2}.items()
    }
    found = pairwise(made_up(values).runs)
    assert [(pair.method, pair.other) for pair in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    p = [
        stats.wilcoxon(np.subtract(values[one], values[other])).pvalue
        for one, other in itertools.combinations("abc", 2)
    ]
    assert [pair.difference.p for pair in found] == pytest.approx(p)
    assert [pair.corrected for pair in found] == pytest.approx(stats_holm(p))
    assert [pair.apart for pair in found] == [False, True, True]
    for pair in found:
        differences = np.subtract(values[pair.method], values[pair.other])
        assert pair.difference.mean == pytest.approx(differences.mean())
        assert (pair.more, pair.less) == ((differences > 0).sum(), (differences < 0).sum())


def stats_holm(p):
    """Holm's correction of three, from its definition: the largest product so far."""
    order = sorted(range(3), key=p.__getitem__)
    return [min(1, max(p[order[j]] * (3 - j) for j in range(order.index(n) + 1))) for n in range(3)]


def test_what_differs_by_rounding_is_equal():
    [pair] = pairwise(made_up({"a": [0.3, 0.5], "b": [0.1 + 0.2, 0.4]}).runs)
    assert (pair.more, pair.less) == (1, 0)


@pytest.mark.parametrize("methods", [2, 3, 5, 16])
def test_so_many_seeds_are_needed_and_suffice(methods):
    """The best method wins with every seed, the others are all alike."""
    for seeds, apart in ((seeds_needed(methods), True), (seeds_needed(methods) - 1, False)):
        random = np.random.default_rng(0)
        values = {str(n): random.normal(0, 1, seeds).tolist() for n in range(methods - 1)}
        values["best"] = (10 + random.normal(0, 1, seeds)).tolist()
        found = [pair for pair in pairwise(made_up(values).runs) if pair.other == "best"]
        lowest = 2 / 2**seeds * methods * (methods - 1) / 2
        assert (lowest < 0.05) is apart
        assert found[0].difference.p == pytest.approx(2 / 2**seeds)
        assert any(pair.apart for pair in found) is apart


def test_methods_without_common_seeds_cannot_be_told_apart():
    [pair] = pairwise(made_up({"a": [0.5, None], "b": [None, 0.9]}).runs)
    assert pair.difference.pairs == 0
    assert math.isnan(pair.corrected)
    assert not pair.apart


def test_one_method_makes_no_pair():
    assert pairwise(made_up({"a": [0.5]}).runs) == ()
    assert pairwise([]) == ()
