"""Forward and backward passes of one sparse layer, linear or convolution, for other front ends.

Images are rows of a C-contiguous matrix: (images, channels x rows x columns), as a front end holds
them; a linear layer's have one pixel. Copies, padding and bias are inside the compiled pass.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import threads
from .adjacency import Adjacency
from .geometry import Window
from .layer_plan import LayerPlan

__all__ = ["layer_backward", "layer_forward"]


def layer_forward(
    adjacency: Adjacency,
    window: Window,
    size: tuple[int, int],
    weight: np.ndarray,
    bias: np.ndarray | None,
    X: np.ndarray,
    out: np.ndarray,
    *,
    n_threads: int | None = None,
    backend: str | None = None,
) -> None:
    """Write the layer's outputs for the images X.

    Parameters
    ----------
    adjacency : Adjacency
        From :func:`rewire.kernels.geometry.window_adjacency`.
    window : Window
    size : (int, int)
        Rows and columns of an image; (1, 1) for a linear layer.
    weight : ndarray, shape (connections,)
        In the order of the table.
    bias : ndarray, shape (out_channels,), or None
    X : ndarray, shape (images, in_channels * rows * columns)
    out : ndarray, shape (images, out_channels * output rows * output columns)
        Overwritten.
    n_threads : int, optional
        By default :func:`rewire.kernels.get_num_threads`. It does not change the bits.
    backend : {"numba", "numpy"}, optional
        See :func:`rewire.kernels.get_backend` for the default.

    Raises
    ------
    ValueError
        For arrays whose shapes do not fit, or which are not C-contiguous or differ in dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from rewire.kernels.geometry import Window, window_adjacency
    >>> indptr, source = np.array([0, 2, 3], np.int32), np.array([0, 2, 0], np.int32)
    >>> window = Window(3, 2)
    >>> adjacency, out = window_adjacency(indptr, source, window), np.empty((1, 2))
    >>> weight, X = np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0.0, 10.0]])
    >>> layer_forward(adjacency, window, (1, 1), weight, None, X, out, backend="numpy")
    >>> out.tolist()
    [[21.0, 3.0]]
    """
    _check(adjacency, window, size, weight, X=X, out=out, bias=bias)
    plan = LayerPlan(adjacency, window, backend)
    plan.forward(size, weight, bias, X, out, _threads_or_all(n_threads))


def layer_backward(
    adjacency: Adjacency,
    window: Window,
    size: tuple[int, int],
    weight: np.ndarray,
    X: np.ndarray | None,
    output_grad: np.ndarray,
    *,
    input_grad: np.ndarray | None = None,
    weight_grad: np.ndarray | None = None,
    bias_grad: np.ndarray | None = None,
    n_threads: int | None = None,
    backend: str | None = None,
) -> None:
    """Write those gradients for which an array is given.

    Parameters
    ----------
    adjacency, window, size, weight, n_threads, backend
        See :func:`layer_forward`.
    X : ndarray, shape (images, in_channels * rows * columns), or None
        Only needed for ``weight_grad``.
    output_grad : ndarray, shape (images, out_channels * output rows * output columns)
    input_grad, weight_grad, bias_grad : ndarray, optional
        Of the shapes of X, weight and bias; overwritten.

    Raises
    ------
    ValueError
        As :func:`layer_forward`.
    """
    arrays = {"X": X, "out": output_grad, "input_grad": input_grad, "bias": bias_grad}
    _check(adjacency, window, size, weight, weight_grad=weight_grad, **arrays)
    plan, number = LayerPlan(adjacency, window, backend), _threads_or_all(n_threads)
    plan.backward(size, weight, X, output_grad, input_grad, weight_grad, bias_grad, number)


def _threads_or_all(number: int | None) -> Callable[[], int]:
    return threads.get_num_threads if number is None else lambda: number


def _check(
    adjacency: Adjacency,
    window: Window,
    size: tuple[int, int],
    weight: np.ndarray,
    **arrays: np.ndarray | None,
) -> None:
    """Refuse arrays that the kernels would read past their ends."""
    rows, columns = window.output_size(size)
    out = arrays["out"]
    images = 0 if out is None else len(out)
    shapes = {
        "X": (images, window.in_channels * size[0] * size[1]),
        "input_grad": (images, window.in_channels * size[0] * size[1]),
        "out": (images, window.out_channels * rows * columns),
        "bias": (window.out_channels,),
    }
    for name, array in {"weight": weight, **arrays}.items():
        shape = shapes.get(name, adjacency.source.shape)
        fits = array is None or (array.shape == shape and array.dtype == weight.dtype)
        if not fits or (array is not None and not array.flags.c_contiguous):
            found = "None" if array is None else f"shape {array.shape} and dtype {array.dtype}"
            raise ValueError(
                f"{name} must be C-contiguous with shape {shape} and dtype {weight.dtype}; "
                f"got {found}"
            )
