"""The weakest of each group, and what stays after all."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewire.topology import selection
from rewire.topology.selection import earlier_of_same, retain, weakest

from .tables import TARGET


def test_the_weakest_of_each_group_come_first_and_ties_go_by_target_then_birth():
    score = np.array([2.0, 1, 1, 1, 3, 1, 0, 1])
    target = np.array(TARGET)
    birth = np.array([0, 9, 1, 2, 3, 8, 4, 5])
    found = weakest(score, target, birth, np.array([0, 5, 5, 8]), np.array([3, 0, 2]))
    assert found.tolist() == [2, 1, 3, 6, 7]


@given(st.lists(st.lists(st.integers(0, 3), max_size=20), min_size=1, max_size=4), st.data())
def test_the_weakest_are_those_of_a_full_sort(groups, data):
    score = np.array(list(chain(*groups)), float)
    group_row = np.cumsum([0, *map(len, groups)])
    counts = np.array([data.draw(st.integers(0, len(group))) for group in groups])
    random = np.random.default_rng(len(score))
    target, birth = np.sort(random.integers(0, 5, len(score))), random.permutation(len(score))
    expected = []
    for first, last, count in zip(group_row[:-1], group_row[1:], counts, strict=True):
        rows = sorted(range(first, last), key=lambda row: (score[row], target[row], birth[row]))
        expected += rows[:count]
    for few in (0, 1024):  # choosing in each group, and sorting all at once
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(selection, "FEW", few)
            assert weakest(score, target, birth, group_row, counts).tolist() == expected


def test_places_among_the_same():
    assert earlier_of_same(np.array([], int)).tolist() == []


def test_the_strongest_of_each_group_are_held_back():
    rows = np.array([6, 1, 3, 5, 0])  # the weakest first
    left, missing = retain(rows, np.array(TARGET), np.array([4, 6, 6, 7]), np.array([2, 0, 3]))
    assert left.tolist() == [1]
    assert missing.tolist() == [0, 0, 1]
