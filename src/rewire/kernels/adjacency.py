"""Which connections exist, by target and by source."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .backends import get_backend

__all__ = ["Adjacency"]


class Adjacency(NamedTuple):
    """The connections of a network, or of one block, in both orders.

    The table of connections is sorted by target and, within a target, by source (CSR). The same
    connections sorted by source (CSC) are ``target``, and ``csc_position`` says where each
    connection of the table stands there. A network counts sources and targets with the same
    numbers, those of its neurons; a block with numbers of their own.

    Attributes
    ----------
    indptr : ndarray, shape (targets + 1,)
        Connections into target t are ``indptr[t] : indptr[t + 1]`` of the table.
    source : ndarray, shape (connections,)
    csc_indptr : ndarray, shape (sources + 1,)
        Connections out of source s are ``csc_indptr[s] : csc_indptr[s + 1]`` of the other order.
    target : ndarray, shape (connections,)
        In the order by source.
    csc_position : ndarray, shape (connections,)

    Examples
    --------
    Two targets; the first is fed by sources 0 and 2, the second by source 0:

    >>> import numpy as np
    >>> adjacency = Adjacency.from_csr(np.array([0, 2, 3]), np.array([0, 2, 0]), n_sources=3)
    >>> adjacency.csc_indptr.tolist(), adjacency.target.tolist(), adjacency.csc_position.tolist()
    ([0, 2, 2, 3], [0, 1, 0], [0, 2, 1])
    """

    indptr: np.ndarray
    source: np.ndarray
    csc_indptr: np.ndarray
    target: np.ndarray
    csc_position: np.ndarray

    @classmethod
    def from_csr(
        cls, indptr: np.ndarray, source: np.ndarray, n_sources: int, backend: str | None = None
    ) -> Adjacency:
        """Complete a table by target with the order by source (a counting sort).

        Parameters
        ----------
        indptr, source : ndarray of int32 or int64
            Both of one type, which all arrays of the result get.
        n_sources : int
        backend : {"numba", "numpy"}, optional
            See :func:`rewire.kernels.get_backend`.
        """
        fan_out = np.bincount(source, minlength=n_sources)
        csc_indptr = np.zeros(n_sources + 1, indptr.dtype)
        np.cumsum(fan_out, out=csc_indptr[1:])
        target, csc_position = np.empty_like(source), np.empty_like(source)
        place = csc_indptr[:-1].copy()
        get_backend(backend).sort_by_source(indptr, source, place, target, csc_position)
        return cls(indptr, source, csc_indptr, target, csc_position)
