"""Choosing connections to drop: the weakest of each group, and those retained after all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rewire.connectivity.ordering import order_of

__all__ = ["ascending", "earlier_of_same", "retain", "weakest"]

# Sorting groups with fewer rows takes less time than first choosing the weakest.
FEW = 1024


def weakest(
    score: np.ndarray,
    target: np.ndarray,
    birth: np.ndarray,
    group_row: np.ndarray,
    counts: np.ndarray,
) -> np.ndarray:
    """Find the connections of lowest score in each group.

    Parameters
    ----------
    score, target, birth : ndarray, shape (connections,)
        Equal scores go by target, then by birth, the oldest first.
    group_row : ndarray of int, shape (groups + 1,)
        Rows of group g are ``group_row[g] : group_row[g + 1]``.
    counts : ndarray of int, shape (groups,)

    Returns
    -------
    ndarray of int64
        Rows, group by group, the weakest first.
    """
    if len(score) < FEW * len(counts):
        return _first_of_each_group(score, target, birth, group_row, counts)
    found = []
    for (first, last), count in zip(pairwise(group_row), counts, strict=True):
        part = score[first:last]
        rows = np.arange(len(part) if count else 0)
        if 0 < count < len(part):
            bound = np.partition(part, count - 1)[count - 1]
            rows = np.flatnonzero(part <= bound)  # with all its ties; the sort chooses
        rows += first
        found.append(rows[ascending(score[rows], target[rows], birth[rows])[:count]])
    return np.concatenate(found)


def _first_of_each_group(
    score: np.ndarray,
    target: np.ndarray,
    birth: np.ndarray,
    group_row: np.ndarray,
    counts: np.ndarray,
) -> np.ndarray:
    """Sort all at once; with many groups this costs less than to choose in each of them."""
    group = np.repeat(np.arange(len(counts)), group_row[1:] - group_row[:-1])
    order = np.lexsort((birth, target, score, group))
    position = np.arange(len(order)) - group_row[group]
    return order[position < counts[group]]


def ascending(score: np.ndarray, *ties: np.ndarray) -> np.ndarray:
    """Return the order of scores; equal ones go by the first of ``ties``, then by the second.

    Sorts by score alone, which is several times faster, and then the equal ones among themselves.

    Examples
    --------
    >>> ascending(np.array([2.0, 1.0, 2.0, 0.0]), np.array([5, 5, 4, 5])).tolist()
    [3, 1, 2, 0]
    """
    order = order_of(score)
    rising = score[order]
    same = rising[1:] == rising[:-1]
    if same.any():
        tied = np.zeros(len(order), bool)
        tied[1:] = same
        tied[:-1] |= same
        equal = order[tied]
        keys = [key[equal] for key in (*ties[::-1], score)]
        order[tied] = equal[np.lexsort(keys)]
    return order


def earlier_of_same(owner: np.ndarray) -> np.ndarray:
    """Return, for each entry, how many before it have the same owner.

    Examples
    --------
    >>> earlier_of_same(np.array([7, 3, 7, 7])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(owner, kind="stable")
    earlier = np.empty(len(owner), np.int64)
    earlier[order] = np.arange(len(owner)) - np.searchsorted(owner[order], owner[order])
    return earlier


def retain(
    rows: np.ndarray, target: np.ndarray, group_start: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Retain some of the rows to drop: the strongest of each group.

    Parameters
    ----------
    rows : ndarray of int
        To be dropped, the weakest first.
    target : ndarray of int
        Of all connections.
    group_start : ndarray of int, shape (groups + 1,)
    counts : ndarray of int, shape (groups,)
        How many to retain in each group.

    Returns
    -------
    rows : ndarray of int
        Still to be dropped.
    missing : ndarray of int, shape (groups,)
        How many could not be retained, because the group drops fewer.
    """
    group = np.searchsorted(group_start, target[rows], side="right") - 1
    stays = earlier_of_same(group[::-1])[::-1] < counts[group]
    return rows[~stays], counts - np.bincount(group[stays], minlength=len(counts))
