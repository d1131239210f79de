"""The absent connections of largest gradient, without ever holding a dense gradient."""

from __future__ import annotations

import numpy as np

from rewire.graph import ConnectionTable

__all__ = ["strongest_absent"]

BLOCK_ENTRIES = 1 << 20


def strongest_absent(
    table: ConnectionTable,
    A: np.ndarray,
    D: np.ndarray,
    sources: range,
    targets: range,
    count: int,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Find the absent connections with the largest \|dL/dw\| = \|D[target] · A[source]\|.

    Block by block of targets, D Aᵀ is compared with the best so far: memory for ``count`` plus one
    block of about a million entries.

    Parameters
    ----------
    table : ConnectionTable
    A, D : ndarray, shape (neurons, batch)
        Activations and sensitivities.
    sources, targets : range
        Neurons to connect.
    count : int
        How many to return; fewer where there are fewer.

    Returns
    -------
    source, target : ndarray of int64
        Strongest first; ties by target, then by source.
    """
    best = (np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
    if count == 0 or len(sources) == 0:
        return best[2], best[1]
    rows_per_block = max(1, BLOCK_ENTRIES // len(sources))
    from_activations = A[sources.start : sources.stop]
    for first in range(targets.start, targets.stop, rows_per_block):
        last = min(first + rows_per_block, targets.stop)
        scores = np.abs(D[first:last] @ from_activations.T)
        pointers = table.row_pointer[first : last + 1]
        source = table.source[pointers[0] : pointers[-1]]
        owner = np.repeat(np.arange(last - first), np.diff(pointers))
        within = (source >= sources.start) & (source < sources.stop)
        scores[owner[within], source[within] - sources.start] = -1.0
        best = _merge(best, scores, first, sources.start, count)
    return best[2], best[1]


def _merge(
    best: tuple[np.ndarray, np.ndarray, np.ndarray],
    scores: np.ndarray,
    first_target: int,
    first_source: int,
    count: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the ``count`` best of (score, target, source) so far and of one block of scores."""
    flat = scores.ravel()
    # Below the last of a full list nothing can enter; a tie cannot either, as targets ascend.
    threshold = best[0][-1] if len(best[0]) == count else -0.5
    entries = np.flatnonzero(flat > threshold)
    if len(entries) > count:
        kth = np.partition(flat[entries], -count)[-count]
        entries = entries[flat[entries] >= kth]
    target, source = np.divmod(entries, scores.shape[1])
    merged = (
        np.concatenate((best[0], flat[entries])),
        np.concatenate((best[1], target + first_target)),
        np.concatenate((best[2], source + first_source)),
    )
    order = np.lexsort((merged[2], merged[1], -merged[0]))[:count]
    return merged[0][order], merged[1][order], merged[2][order]
