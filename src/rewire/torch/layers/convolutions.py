"""Sparse convolutions over one and two axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from rewire.kernels.geometry import Window

from .functional import apply_layer
from .layer import SparseLayer, at_least_one, filled, like

__all__ = ["Conv1d", "Conv2d"]

Pair = int | tuple[int, int]


class _Convolution(SparseLayer):
    """What one- and two-dimensional convolutions share; sizes are tuples, one entry per axis."""

    axes: int
    dense_class: type[nn.Conv1d] | type[nn.Conv2d]

    def __init__(self, sizes: Any, bias: bool, padding_mode: str, **options: Any):
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups = sizes
        at_least_one(in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"groups must divide in_channels and out_channels; got groups={groups}, "
                f"in_channels={in_channels} and out_channels={out_channels}"
            )
        modes = ("zeros", "reflect", "replicate", "circular")
        if padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes}; got {padding_mode!r}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.padding_mode = padding_mode
        self.kernel_size = self._sizes("kernel_size", kernel_size, 1)
        self.stride = self._sizes("stride", stride, 1)
        self.dilation = self._sizes("dilation", dilation, 1)
        self.padding = padding if isinstance(padding, str) else self._sizes("padding", padding, 0)
        sides = self._sides()
        self._outside = () if padding_mode == "zeros" else tuple(reversed(sides))
        inside = sides if padding_mode == "zeros" else ((0, 0),) * self.axes
        (top, bottom), (left, right) = ((0, 0),) * (2 - self.axes) + tuple(inside)
        window = Window(
            in_channels,
            out_channels,
            self._in_plane(self.kernel_size),
            self._in_plane(self.stride),
            (top, bottom, left, right),
            self._in_plane(self.dilation),
            groups,
        )
        super().__init__(window, bias, **options)

    def _in_plane(self, sizes: tuple[int, ...]) -> tuple[int, int]:
        """Return sizes along both axes of a plane, of which a line of pixels is one row."""
        height, width = (1,) * (2 - self.axes) + sizes
        return height, width

    def _sizes(self, name: str, value: Any, minimum: int) -> tuple[int, ...]:
        sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,) * self.axes
        whole = all(isinstance(size, int) and size >= minimum for size in sizes)
        if len(sizes) != self.axes or not whole:
            raise ValueError(
                f"{name} must be {self.axes} whole numbers (or one for all), at least {minimum}; "
                f"got {value!r}"
            )
        return sizes

    def _sides(self) -> tuple[tuple[int, int], ...]:
        """Return the padding before and after, for each axis."""
        if not isinstance(self.padding, str):
            return tuple((side, side) for side in self.padding)
        if self.padding not in ("valid", "same"):
            raise ValueError(f"padding must be numbers, 'valid' or 'same'; got {self.padding!r}")
        if self.padding == "valid":
            return ((0, 0),) * self.axes
        if set(self.stride) != {1}:
            raise ValueError(f"stride must be 1 where padding is 'same'; got {self.stride}")
        totals = (d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True))
        return tuple((total // 2, total - total // 2) for total in totals)

    @property
    def dense_shape(self) -> tuple[int, ...]:
        """Shape of the weight of the dense convolution."""
        return self.out_channels, self.in_channels // self.groups, *self.kernel_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the outputs for images (or for one, without the first axis)."""
        axes = len(self.kernel_size)  # self.axes is no constant to PyTorch 2.7's compiler
        if input.dim() not in (axes + 1, axes + 2):
            raise ValueError(
                f"input must have {axes + 2} dimensions, or {axes + 1} for one image; "
                f"got shape {tuple(input.shape)}"
            )
        self._check_input(input, self.in_channels, -1 - axes)
        x = input if input.dim() == axes + 2 else input.unsqueeze(0)
        if self._outside:
            x = F.pad(x, [side for pair in self._outside for side in pair], self.padding_mode)
        rows, columns = self.window.output_size((1 if axes == 1 else x.shape[-2], x.shape[-1]))
        if rows < 1 or columns < 1:
            raise ValueError(
                f"input must be at least as large as the kernel, {self.kernel_size} with dilation "
                f"{self.dilation}; got shape {tuple(input.shape)}"
            )
        x = x.unsqueeze(2) if axes == 1 else x
        out = apply_layer(x, self.weight, self.bias, self.connections, self.backend)
        out = out.squeeze(2) if axes == 1 else out
        return out if input.dim() == axes + 2 else out.squeeze(0)

    def to_dense(self) -> nn.Module:
        """Return PyTorch's own convolution, which computes the same."""
        dense = self.dense_class(
            self.in_channels,
            self.out_channels,
            self.kernel_size,  # type: ignore[arg-type]
            self.stride,  # type: ignore[arg-type]
            self.padding,  # type: ignore[arg-type]
            self.dilation,  # type: ignore[arg-type]
            self.groups,
            self.bias is not None,
            self.padding_mode,  # type: ignore[arg-type]
            **like(self.weight),
        )
        return filled(dense, self)

    def extra_repr(self) -> str:
        """Show what differs from the defaults, and the density."""
        shown = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"]
        ones, zeros = (1,) * self.axes, (0,) * self.axes
        usual = {"stride": ones, "padding": zeros, "dilation": ones, "groups": 1}
        usual["padding_mode"] = "zeros"
        shown += [
            f"{name}={getattr(self, name)!r}"
            for name, value in usual.items()
            if getattr(self, name) != value
        ]
        shown += [] if self.bias is not None else ["bias=False"]
        return ", ".join([*shown, f"density={self.density:.4g}"])


class Conv2d(_Convolution):
    """A convolution of which only the existing connections are stored and computed.

    A connection joins an input channel, at one position of the kernel, to an output channel.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode
        As in :class:`torch.nn.Conv2d`.
    density, sparsity, wiring, slack, seed, backend, device, dtype
        As in :class:`Linear`. In a table, ``source`` is the position in a row of the flattened
        dense weight: ``(channel * rows + row) * columns + column``, channels counted within the
        group.

    Raises
    ------
    ValueError
        For sizes that PyTorch's convolution refuses too, and as :class:`Linear`.

    Examples
    --------
    >>> import torch
    >>> layer = Conv2d(16, 32, 3, padding="same", density=0.1, seed=0)
    >>> layer
    Conv2d(16, 32, kernel_size=(3, 3), padding='same', density=0.1)
    >>> layer.weight.shape, layer(torch.ones(2, 16, 8, 8)).shape
    (torch.Size([461]), torch.Size([2, 32, 8, 8]))
    """

    axes, dense_class = 2, nn.Conv2d

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: str | Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        density: float | None = None,
        sparsity: float | None = None,
        wiring: Any = "random",
        slack: float = 0.0,
        seed: int | np.random.Generator | None = None,
        backend: str = "auto",
        device: Any = None,
        dtype: Any = None,
    ):
        sizes = in_channels, out_channels, kernel_size, stride, padding, dilation, groups
        super().__init__(
            sizes,
            bias,
            padding_mode,
            density=density,
            sparsity=sparsity,
            wiring=wiring,
            slack=slack,
            seed=seed,
            backend=backend,
            device=device,
            dtype=dtype,
        )


class Conv1d(_Convolution):
    """A convolution over one axis of which only the existing connections are stored and computed.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode
        As in :class:`torch.nn.Conv1d`.
    density, sparsity, wiring, slack, seed, backend, device, dtype
        As in :class:`Conv2d`.

    Raises
    ------
    ValueError
        As :class:`Conv2d`.

    Examples
    --------
    >>> import torch
    >>> layer = Conv1d(8, 8, 5, padding=2, density=0.2, seed=0)
    >>> layer(torch.ones(2, 8, 30)).shape
    torch.Size([2, 8, 30])
    """

    axes, dense_class = 1, nn.Conv1d

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] = 1,
        padding: str | int | tuple[int] = 0,
        dilation: int | tuple[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        density: float | None = None,
        sparsity: float | None = None,
        wiring: Any = "random",
        slack: float = 0.0,
        seed: int | np.random.Generator | None = None,
        backend: str = "auto",
        device: Any = None,
        dtype: Any = None,
    ):
        sizes = in_channels, out_channels, kernel_size, stride, padding, dilation, groups
        super().__init__(
            sizes,
            bias,
            padding_mode,
            density=density,
            sparsity=sparsity,
            wiring=wiring,
            slack=slack,
            seed=seed,
            backend=backend,
            device=device,
            dtype=dtype,
        )
