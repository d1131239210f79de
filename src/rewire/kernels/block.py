"""One block of connections as a layer: forward, and the gradients of its input and its weights.

Arrays have a row for each source or target and any number of columns (samples, tokens or pixels):
``A`` are the sources' activations, ``Z`` the targets' weighted sums, ``D`` their sensitivities
(dL/dZ). All are C-contiguous and of one dtype, float32 or float64, and results are written into the
array that is given for them. The bits do not depend on the number of threads.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from . import threads
from .adjacency import Adjacency
from .backends import get_backend

__all__ = [
    "block_forward",
    "block_input_gradient",
    "block_products",
    "block_weight_gradient",
]

# Several threads are used from this many connections times columns on: one takes about 0.05 ns for
# each, waking another one 20 to 50 microseconds.
MIN_WORK_PER_THREAD = 2_000_000
# Columns of the targets' rows that are copied together, so that they do not share cache lines'
# places with each other: 256 of float32.
TILE_BYTES = 1024


def block_forward(
    adjacency: Adjacency,
    weight: np.ndarray,
    bias: np.ndarray | None,
    A: np.ndarray,
    Z: np.ndarray,
    *,
    backend: str | None = None,
) -> None:
    """Write ``Z[t] = bias[t] + Σ weight[k] · A[source[k]]`` over the connections k of each target.

    Parameters
    ----------
    adjacency : Adjacency
        Of the block, whose sources and targets are numbered from 0.
    weight : ndarray, shape (connections,)
        In the order of the table, by target.
    bias : ndarray, shape (targets,), or None
        None adds nothing.
    A : ndarray, shape (sources, columns)
    Z : ndarray, shape (targets, columns)
        Overwritten.
    backend : {"numba", "numpy"}, optional
        See :func:`rewire.kernels.get_backend` for the default.

    Raises
    ------
    ValueError
        For arrays whose shapes do not fit the block, or which are not C-contiguous or differ in
        dtype.

    Examples
    --------
    >>> import numpy as np
    >>> adjacency = Adjacency.from_csr(np.array([0, 2, 3]), np.array([0, 2, 0]), n_sources=3)
    >>> weight, A, Z = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [0.0], [10.0]]), np.ones((2, 1))
    >>> block_forward(adjacency, weight, None, A, Z, backend="numpy")
    >>> Z.ravel().tolist()
    [21.0, 3.0]
    """
    bias = np.zeros(0, weight.dtype) if bias is None else bias
    _check(adjacency, A.dtype, weight=weight, A=A, Z=Z)
    if bias.dtype != A.dtype or bias.size not in (0, len(Z)):
        raise ValueError(f"bias must have shape ({len(Z)},) and dtype {A.dtype}, or be None")
    table = adjacency.indptr, adjacency.source
    _run(
        get_backend(backend),
        "block_forward",
        (*table, weight, bias, A, Z),
        len(weight) * A.shape[1],
    )


def block_input_gradient(
    adjacency: Adjacency,
    weight: np.ndarray,
    D: np.ndarray,
    input_grad: np.ndarray,
    *,
    backend: str | None = None,
) -> None:
    """Write ``input_grad[s] = Σ weight[k] · D[target[k]]`` over the connections k of each source.

    Parameters
    ----------
    adjacency, weight, backend
        See :func:`block_forward`.
    D : ndarray, shape (targets, columns)
    input_grad : ndarray, shape (sources, columns)
        Overwritten with dL/dA.

    Raises
    ------
    ValueError
        As :func:`block_forward`.
    """
    _check(adjacency, D.dtype, weight=weight, A=input_grad, Z=D)
    kernels, csc_weight = get_backend(backend), np.empty_like(weight)
    kernels.to_csc_order(weight, adjacency.csc_position, csc_weight, 0, len(weight))
    table, no_bias = (adjacency.csc_indptr, adjacency.target), np.zeros(0, weight.dtype)
    arguments = *table, csc_weight, no_bias, D, input_grad
    _run(kernels, "block_forward", arguments, len(weight) * D.shape[1])


def block_weight_gradient(
    adjacency: Adjacency,
    A: np.ndarray,
    D: np.ndarray,
    weight_grad: np.ndarray,
    *,
    backend: str | None = None,
) -> None:
    """Write ``weight_grad[k] = D[t] · A[source[k]]``, the products of rows, for each connection.

    Parameters
    ----------
    adjacency, backend
        See :func:`block_forward`.
    A : ndarray, shape (sources, columns)
    D : ndarray, shape (targets, columns)
    weight_grad : ndarray, shape (connections,)
        Overwritten with dL/dweight, in the order of the table.

    Raises
    ------
    ValueError
        As :func:`block_forward`.
    """
    _check(adjacency, A.dtype, weight_grad=weight_grad, A=A, Z=D)
    arguments = adjacency.indptr, adjacency.source, D, A, weight_grad
    _run(get_backend(backend), "block_weight_gradient", arguments, len(weight_grad) * A.shape[1])


def block_products(A: np.ndarray, D: np.ndarray, *, backend: str | None = None) -> np.ndarray:
    """Return ``D[t] · A[s]``, the gradients of all connections that there could be.

    BLAS would do the same on threads of its own, which do not survive a fork in their middle, and
    which spin while they wait; compiled, this runs on the kernels' threads.

    Parameters
    ----------
    A : ndarray, shape (sources, columns)
    D : ndarray, shape (targets, columns)
    backend
        See :func:`block_forward`.

    Returns
    -------
    ndarray, shape (targets, sources)
        float32 if both are, or else float64.

    Examples
    --------
    >>> import numpy as np
    >>> block_products(np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[3.0, 4.0]]))
    array([[11.,  4.]])
    """
    dtype = np.dtype(np.float32 if A.dtype == D.dtype == np.float32 else np.float64)
    A, D = np.ascontiguousarray(A, dtype), np.ascontiguousarray(D, dtype)
    if A.ndim != 2 or D.ndim != 2 or A.shape[1] != D.shape[1]:
        raise ValueError(f"A and D must have columns alike; got shapes {A.shape} and {D.shape}")
    kernels, columns = get_backend(backend), D.shape[1]
    out = (np.empty if columns else np.zeros)((len(D), len(A)), dtype)
    tile = TILE_BYTES // dtype.itemsize
    for low in range(0, columns, tile):
        part = np.ascontiguousarray(D[:, low : low + tile])
        _run(kernels, "all_products", (part, A, low, out), out.size * part.shape[1])
    return out


def _run(kernels: ModuleType, name: str, arguments: tuple, work: int) -> None:
    shares = kernels.SHARES_WORK and work >= MIN_WORK_PER_THREAD
    number = threads.get_num_threads() if shares else 1
    progress = np.zeros(2 if number > 1 else 0, np.int64)
    threads.run_threaded(getattr(kernels, name), (*arguments, progress), number)


def _check(adjacency: Adjacency, dtype: np.dtype, **arrays: np.ndarray) -> None:
    """Refuse arrays that the kernels would read past their ends."""
    shapes = {"A": len(adjacency.csc_indptr) - 1, "Z": len(adjacency.indptr) - 1}
    columns = arrays["A"].shape[-1]
    for name, array in arrays.items():
        rows = shapes.get(name)
        shape = (len(adjacency.source),) if rows is None else (rows, columns)
        if array.shape != shape or array.dtype != dtype or not array.flags.c_contiguous:
            raise ValueError(
                f"{name} must be C-contiguous with shape {shape} and dtype {dtype}; "
                f"got shape {array.shape} and dtype {array.dtype}"
            )
