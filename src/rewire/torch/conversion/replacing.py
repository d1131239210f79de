"""The sparse layer that takes a dense one's place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..layers.attention import PROJECTIONS, MultiheadAttention
from ..layers.convolutions import Conv1d, Conv2d
from ..layers.layer import SparseLayer
from ..layers.linear import Linear
from ..layers.wiring import connections_of, largest, random_wiring
from .survey import is_transposed_linear

__all__ = ["STARTS", "sparse_twin"]

STARTS = ("random", "magnitude", "zeros")


def sparse_twin(
    module: Any,
    densities: Sequence[float],
    start: str,
    generator: np.random.Generator,
    **options: Any,
) -> nn.Module:
    """Return a sparse layer for a dense one; attention has a density for each projection.

    Options are those of the sparse layers, such as ``slack`` and ``backend``.
    """
    options |= {"start": start, "generator": generator}
    if isinstance(module, nn.MultiheadAttention):
        return _attention(module, densities, options)
    if isinstance(module, (nn.Conv1d, nn.Conv2d)):
        first = module.in_channels, module.out_channels, module.kernel_size, module.stride
        sizes = *first, module.padding, module.dilation, module.groups
        kind = Conv2d if isinstance(module, nn.Conv2d) else Conv1d
        options["padding_mode"] = module.padding_mode
        layer = _layer(kind, sizes, module.weight, module.bias, densities[0], **options)
    else:
        weight = module.weight.T if is_transposed_linear(module) else module.weight
        layer = _linear(weight, module.bias, densities[0], options)
    return layer.train(module.training)


def _attention(
    module: nn.MultiheadAttention, densities: Sequence[float], options: dict[str, Any]
) -> MultiheadAttention:
    if module.in_proj_weight is not None:
        weights = list(module.in_proj_weight.chunk(3))
    else:
        weights = [getattr(module, f"{name}_weight") for name in PROJECTIONS]
    biases: list[Any] = [None] * 3
    if module.in_proj_bias is not None:
        biases = list(module.in_proj_bias.chunk(3))
    parts = [*weights, module.out_proj.weight], [*biases, module.out_proj.bias], densities
    layers = [_linear(*part, options) for part in zip(*parts, strict=True)]
    flags = module.num_heads, module.dropout, module.batch_first
    return MultiheadAttention.of_projections(layers, *flags).train(module.training)


def _linear(weight: Tensor, bias: Tensor | None, density: float, options: dict[str, Any]) -> Linear:
    return _layer(Linear, (weight.shape[1], weight.shape[0]), weight, bias, density, **options)


def _layer(
    kind: Any,
    sizes: tuple[Any, ...],
    weight: Tensor,
    bias: Tensor | None,
    density: float,
    *,
    start: str,
    generator: np.random.Generator,
    **options: Any,
) -> Any:
    """Wire a layer and give it the dense one's weights, as ``start`` says."""
    rows = weight.detach().flatten(1)
    targets, sources = rows.shape
    if start == "magnitude":
        number = connections_of(targets, sources, density)
        wiring = largest(rows.double().cpu().numpy(), number)
    else:
        wiring = random_wiring(targets, sources, density, generator)
    like = {"device": weight.device, "dtype": weight.dtype}
    layer = kind(*sizes, bias=bias is not None, wiring=wiring, seed=0, **like, **options)
    layer.copy_from_dense(weight, bias)
    with torch.no_grad():
        if start == "zeros":
            layer.weight.zero_()
        elif start == "random":
            layer.weight[: layer.n_connections] *= _enlargement(layer)
    for parameter, origin in ((layer.weight, weight), (layer.bias, bias)):
        if parameter is not None and origin is not None:
            parameter.requires_grad_(origin.requires_grad)
    return layer


def _enlargement(layer: SparseLayer) -> Tensor:
    """Return sqrt(inputs / fan-in) for each connection, which keeps the size of signals."""
    fan_in = np.diff(layer.indptr.cpu().numpy())
    factor = np.sqrt(layer.window.sources / np.maximum(fan_in, 1))
    return torch.from_numpy(np.repeat(factor, fan_in)).to(layer.weight)
