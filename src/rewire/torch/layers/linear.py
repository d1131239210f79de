"""The sparse linear layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rewire.kernels.geometry import Window

from .functional import apply_layer, apply_one_row, transformed
from .layer import SparseLayer, at_least_one, filled, like

__all__ = ["Linear"]


class Linear(SparseLayer):
    """A linear layer of which only the existing connections are stored and computed.

    ``y[t] = bias[t] + Σ weight[k] · x[source[k]]`` over the connections k of target t.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool, default True
    density, sparsity : float, optional
        Density in (0, 1] or sparsity in [0, 1); give one of the two.
    wiring : "random" or (indptr, source), default "random"
        Which connections there are: chosen at random, with a fan-in that differs by one at most, or
        those of a table (CSR by target, sources rising within each).
    slack : float, default 0.0
        Spare entries as a share of the connections, at most as many as are possible: room for more
        connections, which methods that move them between layers need (:class:`Rewirer`).
    seed : int or numpy.random.Generator, optional
        Of the wiring and the first weights; without one they follow ``torch.manual_seed``.
    backend : {"auto", "sparse", "dense"}, default "auto"
        ``"auto"`` computes with sparse kernels on a CPU, and elsewhere, as under the transforms of
        :mod:`torch.func`, with a dense weight that is made for each call, at a dense layer's speed;
        so it does for few rows of a small layer (at most 32,768 multiplications of the dense one),
        where calling a kernel costs more. The others demand one of the two.
    int8_inference : bool, default False
        Whether single rows, without gradients, on the CPU and in float32, are computed with weights
        rounded to 8 bits and a scale for each target: half the bytes to read, and an error of each
        weight of at most 1/254 of its target's largest.
    device, dtype : optional
        As in :class:`torch.nn.Linear`.

    Raises
    ------
    ValueError
        For a density or sparsity outside its range, both or neither, or a table that is not sorted.

    Examples
    --------
    >>> import torch
    >>> layer = Linear(64, 32, density=0.25, seed=0)
    >>> layer
    Linear(in_features=64, out_features=32, bias=True, density=0.25)
    >>> layer.weight.shape, layer(torch.ones(5, 64)).shape
    (torch.Size([512]), torch.Size([5, 32]))
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        density: float | None = None,
        sparsity: float | None = None,
        wiring: Any = "random",
        slack: float = 0.0,
        seed: int | np.random.Generator | None = None,
        backend: str = "auto",
        int8_inference: bool = False,
        device: Any = None,
        dtype: Any = None,
    ):
        at_least_one(in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        self.int8_inference = int8_inference
        super().__init__(
            Window(in_features, out_features),
            bias,
            density=density,
            sparsity=sparsity,
            wiring=wiring,
            slack=slack,
            seed=seed,
            backend=backend,
            device=device,
            dtype=dtype,
        )

    @property
    def dense_shape(self) -> tuple[int, ...]:
        """Shape of the weight of an ``nn.Linear``."""
        return self.out_features, self.in_features

    def forward(self, input: Tensor) -> Tensor:
        """Return the weighted sums, shape (..., out_features), of an input (..., in_features)."""
        self._check_input(input, self.in_features, -1)
        x = input if input.dim() == 2 else input.reshape(-1, self.in_features)
        if self.int8_inference and self._reads_int8(x):
            out = apply_one_row(x, self.weight, self.bias, self.connections)
            return out.reshape(*input.shape[:-1], self.out_features)
        out = apply_layer(x, self.weight, self.bias, self.connections, self.backend)
        return out if input.dim() == 2 else out.reshape(*input.shape[:-1], self.out_features)

    def _reads_int8(self, x: Tensor) -> bool:
        return (
            x.shape[0] == 1
            and x.dtype == self.weight.dtype == torch.float32
            and x.device.type == "cpu"
            and self.backend != "dense"
            and not torch.is_grad_enabled()
            and not torch.is_autocast_enabled("cpu")
            and not torch.compiler.is_compiling()
            and not transformed()
        )

    def to_dense(self) -> nn.Linear:
        """Return an ``nn.Linear`` that computes the same."""
        dense = nn.Linear(
            self.in_features, self.out_features, self.bias is not None, **like(self.weight)
        )
        return filled(dense, self)

    def extra_repr(self) -> str:
        """Show sizes and density."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}, density={self.density:.4g}"
        )
