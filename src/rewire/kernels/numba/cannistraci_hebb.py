"""Cannistraci-Hebb link prediction, compiled.

``numpy.cannistraci_hebb`` says the same with sparse matrices.
"""

import numpy as np


def score_by_paths(in_pointer, in_source, out_pointer, out_target, first, low, scores):
    """CH3-L3p: scores[v - first, u - low] += Σ 1 / sqrt((1 + external t) (1 + external s))."""
    fan_in, fan_out = np.diff(in_pointer), np.diff(out_pointer)
    root = 1 / np.sqrt(1.0 + np.arange(1 + max(np.max(fan_in), np.max(fan_out))))
    shared, common = np.zeros(len(fan_in), np.int64), np.zeros(len(fan_out), np.int64)
    for row in range(len(scores)):
        v = first + row
        sources = in_source[in_pointer[v] : in_pointer[v + 1]]
        for s in sources:
            for t in out_target[out_pointer[s] : out_pointer[s + 1]]:
                shared[t] += 1
        for s in sources:
            targets = out_target[out_pointer[s] : out_pointer[s + 1]]
            for t in targets:
                for u in in_source[in_pointer[t] : in_pointer[t + 1]]:
                    common[u] += 1
            for t in targets:
                of_target = root[max(fan_in[t] - shared[t] - 1, 0)]
                for u in in_source[in_pointer[t] : in_pointer[t + 1]]:
                    of_source = root[max(fan_out[s] - common[u] - 1, 0)]
                    scores[row, u - low] += of_target * of_source
            for t in targets:
                for u in in_source[in_pointer[t] : in_pointer[t + 1]]:
                    common[u] = 0
        for s in sources:
            for t in out_target[out_pointer[s] : out_pointer[s + 1]]:
                shared[t] = 0


def score_by_nodes(in_pointer, in_source, out_pointer, out_target, first, low, scores):
    """CH2-L3n: scores[v - first, u - low] += Σ (1 + internal) / (1 + external)."""
    fan_in, fan_out = np.diff(in_pointer), np.diff(out_pointer)
    shared, common = np.zeros(len(fan_in), np.int64), np.zeros(len(fan_out), np.int64)
    for row in range(len(scores)):
        v = first + row
        sources = in_source[in_pointer[v] : in_pointer[v + 1]]
        for s in sources:
            targets = out_target[out_pointer[s] : out_pointer[s + 1]]
            for t in targets:
                shared[t] += 1
                for u in in_source[in_pointer[t] : in_pointer[t + 1]]:
                    common[u] += 1
            for t in targets:
                for u in in_source[in_pointer[t] : in_pointer[t + 1]]:
                    if common[u]:  # the first of the ways from s to u
                        external = max(fan_out[s] - common[u] - 1, 0)
                        scores[row, u - low] += (1.0 + common[u]) / (1 + external)
                        common[u] = 0
        for s in sources:
            for t in out_target[out_pointer[s] : out_pointer[s + 1]]:
                if shared[t]:  # the first of the ways from v to t
                    external = max(fan_in[t] - shared[t] - 1, 0)
                    of_target = (1.0 + shared[t]) / (1 + external)
                    for u in in_source[in_pointer[t] : in_pointer[t + 1]]:
                        scores[row, u - low] += of_target
                    shared[t] = 0
