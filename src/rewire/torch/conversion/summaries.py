"""A model's layers as a table: how sparse they are, what they hold and what they cost."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import nn

from ..layers.layer import SparseLayer
from .converting import LEFT_DENSE
from .survey import dense_layers

__all__ = ["LayerSummary", "ModelSummary", "summary"]


class LayerSummary(NamedTuple):
    """One layer of a model.

    Attributes
    ----------
    name, kind : str
    shape : tuple of int
        Of the dense weight.
    density : float
    connections : int
        Existing ones; of a dense layer all.
    bytes : int
        Weights, biases and, of a sparse layer, all indices that it holds.
    flops : int
        Multiplications and additions of one forward pass for the inputs that were given; without
        inputs, for each row or pixel of the output.
    share : float
        Of the FLOPs of all layers listed.
    note : str
        Why the layer is dense, if :func:`sparsify` left it so.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    density: float
    connections: int
    bytes: int
    flops: int
    share: float
    note: str


class ModelSummary(list[LayerSummary]):
    """The layers of a model; printed as a table."""

    def __repr__(self) -> str:
        """Show one line for each layer and one for their sum."""
        rows = [("layer", "kind", "shape", "density", "connections", "bytes", "FLOPs", "")]
        rows += [
            (
                one.name or "(model)",
                one.kind,
                " × ".join(map(str, one.shape)),
                f"{one.density:.2%}",
                f"{one.connections:,}",
                f"{one.bytes:,}",
                f"{one.share:.1%}",
                one.note,
            )
            for one in self
        ]
        connections = sum(one.connections for one in self)
        possible = sum(math.prod(one.shape) for one in self)
        density = f"{connections / max(possible, 1):.2%}"
        total = f"{sum(one.bytes for one in self):,}"
        rows.append(("all", "", "", density, f"{connections:,}", total, "100.0%", ""))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        left = (0, 1, 2, 7)
        lines = [
            "  ".join(
                cell.ljust(width) if i in left else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join(lines)


def summary(model: nn.Module, *inputs: Any) -> ModelSummary:
    """Return a table of a model's sparse layers and of the dense ones that hold weights.

    Parameters
    ----------
    model : nn.Module
    *inputs
        Inputs of one forward pass, which then counts how often each layer is used: for
        convolutions the share of FLOPs depends on the size of the images. Without inputs each
        layer counts once, for one row or pixel.

    Returns
    -------
    ModelSummary
        A list of :class:`LayerSummary`, printed as a table.

    Examples
    --------
    >>> import torch
    >>> from rewire.torch import sparsify
    >>> model = torch.nn.Sequential(
    ...     torch.nn.Linear(100, 100), torch.nn.ReLU(), torch.nn.Linear(100, 5)
    ... )
    >>> summary(sparsify(model, density=0.1, distribution="uniform", seed=0))
    layer  kind    shape      density  connections   bytes   FLOPs
    0      Linear  100 × 100   10.00%        1,000  17,208   66.7%
    2      Linear  5 × 100    100.00%          500   2,020   33.3%  too small to gain
    all                        14.29%        1,500  19,228  100.0%
    """
    layers = {name: m for name, m in model.named_modules() if isinstance(m, SparseLayer)}
    dense = dict(dense_layers(model))
    order = [name for name, _ in model.named_modules() if name in layers or name in dense]
    uses = _count_uses(model, {**layers, **dense}, inputs)
    notes = getattr(model, LEFT_DENSE, {})
    rows = [
        _summarise(name, layers[name] if name in layers else dense[name], uses[name], notes)
        for name in order
    ]
    whole = max(sum(row.flops for row in rows), 1)
    return ModelSummary(row._replace(share=row.flops / whole) for row in rows)


def _summarise(name: str, module: nn.Module, uses: int, notes: dict[str, str]) -> LayerSummary:
    held = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
    if isinstance(module, SparseLayer):
        shape, connections = module.dense_shape, module.n_connections
    else:
        weights = [p for p in module.parameters() if p.dim() > 1]
        held, connections = list(module.parameters()), sum(p.numel() for p in weights)
        alone = len(weights) == 1
        shape = tuple(weights[0].shape) if alone else (connections,)
    size = sum(tensor.numel() * tensor.element_size() for tensor in held)
    density = connections / max(math.prod(shape), 1)
    flops = 2 * connections * uses
    if isinstance(module, nn.Embedding):
        flops = 0
    kind, note = type(module).__name__, notes.get(name, "")
    return LayerSummary(name, kind, shape, density, connections, size, flops, 0.0, note)


def _count_uses(
    model: nn.Module, layers: dict[str, nn.Module], inputs: tuple[Any, ...]
) -> dict[str, int]:
    """Return for how many rows or pixels each layer computes."""
    if not inputs:
        return dict.fromkeys(layers, 1)
    uses, hooks = dict.fromkeys(layers, 0), []

    def count(name: str) -> Any:
        def hook(module: nn.Module, arguments: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            channels = first.shape[-1]
            if isinstance(module, (nn.Conv1d, nn.Conv2d)) or hasattr(module, "out_channels"):
                channels = module.out_channels
            uses[name] += first.numel() // max(channels, 1)

        return hook

    try:
        hooks = [module.register_forward_hook(count(name)) for name, module in layers.items()]
        with torch.no_grad():
            model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return uses
