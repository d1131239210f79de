"""Cannistraci-Hebb link prediction with sparse matrices.

All links of one layer are given twice, by target and by source. For each target v, ``links`` has a
row for every target and ``ways`` a row for every source s of v, with a 1 for each t that s feeds.
"""

import numpy as np
from scipy import sparse


def score_by_paths(in_pointer, in_source, out_pointer, out_target, first, low, scores):
    """CH3-L3p: scores[v - first, u - low] += Σ 1 / sqrt((1 + external t) (1 + external s))."""
    for row, (links, ways, fan_in, fan_out) in enumerate(
        _neighbourhoods(in_pointer, in_source, out_pointer, out_target, first, len(scores))
    ):
        common = (ways @ links).toarray()
        of_target = 1 / np.sqrt(1 + _external(fan_in, ways.sum(axis=0)))
        of_source = 1 / np.sqrt(1 + _external(fan_out[:, None], common))
        paths = (ways * of_target @ links).toarray()
        scores[row] += (paths * of_source).sum(axis=0)[low : low + scores.shape[1]]


def score_by_nodes(in_pointer, in_source, out_pointer, out_target, first, low, scores):
    """CH2-L3n: scores[v - first, u - low] += Σ (1 + internal) / (1 + external)."""
    for row, (links, ways, fan_in, fan_out) in enumerate(
        _neighbourhoods(in_pointer, in_source, out_pointer, out_target, first, len(scores))
    ):
        shared, common = ways.sum(axis=0), (ways @ links).toarray()
        of_target = np.where(shared, (1 + shared) / (1 + _external(fan_in, shared)), 0)
        of_source = np.where(common, (1 + common) / (1 + _external(fan_out[:, None], common)), 0)
        scores[row] += (links.T @ of_target + of_source.sum(axis=0))[low : low + scores.shape[1]]


def _neighbourhoods(in_pointer, in_source, out_pointer, out_target, first, count):
    shape = len(in_pointer) - 1, len(out_pointer) - 1
    links = sparse.csr_array((np.ones(len(in_source)), in_source, in_pointer), shape)
    by_source = sparse.csr_array((np.ones(len(out_target)), out_target, out_pointer), shape[::-1])
    for v in range(first, first + count):
        sources = in_source[in_pointer[v] : in_pointer[v + 1]]
        yield links, by_source[sources], np.diff(in_pointer), np.diff(out_pointer)[sources]


def _external(degree, inside):
    return np.maximum(degree - inside - 1, 0)
