"""Activations and sensitivities of layers, from what was recorded of their backward passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

from rewire.connectivity import Block, Rows, Signals
from rewire.kernels.geometry import Window

from ..layers.recording import Passes

__all__ = ["RowsOf", "RowsOnDemand", "Unfolded", "rows_of", "signals_of"]


class Unfolded:
    """The sources of one group of a convolution as rows, made when they are asked for.

    A source is a channel at a position of the kernel. Its row holds what it gives to each output
    pixel of each image; all rows together are as many times the input as the kernel has positions.

    Parameters
    ----------
    images : sequence of ndarray, shape (images, channels of the group, rows, columns)
        Inputs of one or several passes.
    window : Window

    Examples
    --------
    >>> image = np.array([[[[1, 2, 3]]]])
    >>> Unfolded([image], Window(1, 1, (1, 2)))[:]
    array([[1, 2],
           [2, 3]])
    """

    def __init__(self, images: Sequence[np.ndarray], window: Window):
        self._views = [_windows(x, window) for x in images]
        columns = sum(int(np.prod(view.shape[3:])) for view in self._views)
        self.shape, self.dtype = (window.sources, columns), images[0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, sources: slice | np.ndarray) -> np.ndarray:
        chosen = np.arange(len(self))[sources]
        parts = []
        for view in self._views:
            position = np.unravel_index(chosen, view.shape[:3])
            parts.append(view[position].reshape(len(chosen), -1))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(self.dtype if dtype is None else dtype, copy=False)


def _windows(x: np.ndarray, window: Window) -> np.ndarray:
    """Return a view of shape (channels, *kernel, images, *output) of the padded images."""
    top, bottom, left, right = window.padding
    size = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    image, channel, row, column = padded.strides
    (dy, dx), (sy, sx) = window.dilation, window.stride
    shape = x.shape[1], *window.kernel, x.shape[0], *window.output_size((size[0], size[1]))
    strides = channel, dy * row, dx * column, image, sy * row, sx * column
    return as_strided(padded, shape, strides, writeable=False)


def activation_rows(passes: Passes, window: Window, group: int) -> Any:
    """Return one row for each source of a group, over all rows or pixels of all passes.

    An array, or :class:`Unfolded`, which is indexed as one.
    """
    inputs = [_array(x) for x, _ in passes]
    plain = window.stride == (1, 1) and not any(window.padding)
    if window.sources_are_planes and plain:
        return np.concatenate([_by_channel(x) for x in inputs], axis=1)
    channels = window.in_channels // window.groups
    chosen = slice(group * channels, (group + 1) * channels)
    images = [x if x.ndim == 4 else x[:, :, None, None] for x in inputs]
    return Unfolded([x[:, chosen] for x in images], window)


def sensitivity_rows(passes: Passes, window: Window, group: int) -> np.ndarray:
    """Return one row for each target of a group, over all rows or pixels of all passes."""
    targets = window.out_channels // window.groups
    chosen = slice(group * targets, (group + 1) * targets)
    gradients: list[Tensor] = [gradient[:, chosen] for _, gradient in passes]
    return np.concatenate([_by_channel(_array(g)) for g in gradients], axis=1)


def _array(tensor: Tensor) -> np.ndarray:
    """Return a tensor as NumPy has it, which knows no bfloat16 and is slow with float16."""
    return (tensor if tensor.dtype == torch.float64 else tensor.float()).cpu().numpy()


def _by_channel(x: np.ndarray) -> np.ndarray:
    """Return (images, channels, ...) as a contiguous array of shape (channels, all others)."""
    return np.ascontiguousarray(np.moveaxis(x, 1, 0)).reshape(x.shape[1], -1)


def rows_of(passes: Passes, window: Window, group: int) -> tuple[Any, np.ndarray]:
    """Return activation and sensitivity rows of one group."""
    return activation_rows(passes, window, group), sensitivity_rows(passes, window, group)


class _Latest:
    """What was made last, so that not everything is held at once."""

    def __init__(self) -> None:
        self._owner: Any = None
        self._value: Any = None

    def of(self, owner: object, make: Callable[[], Any]) -> Any:
        """Return what an owner has made; make it if another one's was made since."""
        if self._owner is not owner:
            self._owner, self._value = None, None  # free it first
            self._owner, self._value = owner, make()
        return self._value


class _Deferred:
    """Rows that are made when they are asked for; indexed as an array, shape (units, columns)."""

    def __init__(
        self, units: int, passes: Passes, latest: _Latest, make: Callable[[], Any]
    ) -> None:
        columns = sum(gradient.numel() // gradient.shape[1] for _, gradient in passes)
        double = any(x.dtype == torch.float64 for x, _ in passes)
        self.shape = units, columns
        self.dtype = np.dtype(np.float64 if double else np.float32)
        self._latest, self._make = latest, make

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, units: slice | np.ndarray) -> np.ndarray:
        return self._latest.of(self, self._make)[units]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(self.dtype if dtype is None else dtype)


class RowsOnDemand:
    """Makes rows of passes when they are asked for, and keeps those of the latest layer only.

    Rows are copies of the passes, with samples beside each other, so this halves the memory.
    """

    def __init__(self) -> None:
        self._activation, self._sensitivity = _Latest(), _Latest()

    def __call__(self, passes: Passes, window: Window, group: int) -> tuple[Any, Any]:
        """Return activation and sensitivity rows of one group."""
        of = passes, window, group
        targets = window.out_channels // window.groups
        A = _Deferred(window.sources, passes, self._activation, partial(activation_rows, *of))
        D = _Deferred(targets, passes, self._sensitivity, partial(sensitivity_rows, *of))
        return A, D


# From a layer's passes, its window and a group to activation and sensitivity rows.
RowsOf = Callable[[Any, Window, int], tuple[Any, Any]]


def signals_of(
    blocks: Sequence[tuple[Block, Window, int]],
    recorded: Sequence[Any],
    units: int,
    rows: RowsOf,
) -> Signals:
    """Return the signals of one step.

    Parameters
    ----------
    blocks : sequence of (Block, Window, int)
        With the number of the group within its layer.
    recorded : sequence of Passes
        Of the layer of each block.
    units : int
    rows : RowsOf
    """
    activation, sensitivity = [], []
    for (block, window, group), passes in zip(blocks, recorded, strict=True):
        A, D = rows(passes, window, group)
        activation.append((block.sources, A))
        sensitivity.append((block.targets, D))
    return Signals(Rows(activation, units, "activation"), Rows(sensitivity, units, "sensitivity"))
