"""Which layers of a model can be sparse, and why the others stay dense."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from torch import nn

from ..layers.attention import MultiheadAttention
from ..layers.layer import SparseLayer

__all__ = ["Selection", "dense_layers", "is_transposed_linear", "shapes_of"]

DENSE = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.MultiheadAttention)


class Selection(NamedTuple):
    """Which layers a person wants to be sparse.

    Attributes
    ----------
    include, exclude : sequence of str
        Globs over the names of modules; ``exclude`` comes second.
    min_weights, min_sources : int
        Layers with fewer possible connections, or with fewer for each target, stay dense.
    uses : Counter of int
        How often each parameter, by its ``id``, is used in the model.
    """

    include: Sequence[str]
    exclude: Sequence[str]
    min_weights: int
    min_sources: int
    uses: Counter[int]

    @classmethod
    def of(
        cls,
        model: nn.Module,
        include: Sequence[str],
        exclude: Sequence[str],
        min_weights: int,
        min_sources: int,
    ) -> Selection:
        """Count the uses of a model's parameters."""
        uses = Counter(id(p) for m in model.modules() for p in m.parameters(recurse=False))
        return cls(include, exclude, min_weights, min_sources, uses)

    def reason_to_stay(self, name: str, module: nn.Module) -> str | None:
        """Return why a module stays dense, or None if it is to be sparse."""
        if not any(fnmatchcase(name, glob) for glob in self.include):
            return "not included"
        if any(fnmatchcase(name, glob) for glob in self.exclude):
            return "excluded"
        return _unsupported(module) or self._tied(module) or self._too_small(module)

    def _tied(self, module: nn.Module) -> str | None:
        if any(self.uses[id(parameter)] > 1 for parameter in module.parameters()):
            return "tied: its weight is used elsewhere too"
        return None

    def _too_small(self, module: nn.Module) -> str | None:
        shapes = shapes_of(module).values()
        possible = sum(math.prod(shape) for shape in shapes)
        sources = min(math.prod(shape) // shape[1] for shape in shapes)
        if possible < self.min_weights or sources < self.min_sources:
            return "too small to gain"
        return None


def dense_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules that hold dense weights of their own, in the model's order.

    What is inside an attention layer or a parametrisation belongs to it.
    """
    inside: list[str] = []
    for name, module in model.named_modules():
        if any(name.startswith(outer) for outer in inside) or isinstance(module, SparseLayer):
            continue
        owns = isinstance(module, (nn.MultiheadAttention, MultiheadAttention))
        parametrised = hasattr(module, "parametrizations")
        if owns or parametrised:
            inside.append(f"{name}." if name else "")
        weights = any(parameter.dim() > 1 for parameter in module.parameters(recurse=False))
        if not isinstance(module, MultiheadAttention) and (owns or parametrised or weights):
            yield name, module


def shapes_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Return (n_in, n_out, *kernel) of each weight of a layer, by what its name ends with."""
    if isinstance(module, nn.MultiheadAttention):
        width = module.embed_dim
        inputs = {"q_proj": width, "k_proj": module.kdim, "v_proj": module.vdim, "out_proj": width}
        return {f".{name}": (size, width) for name, size in inputs.items()}
    weight = module.weight.T if is_transposed_linear(module) else module.weight
    assert not isinstance(weight, nn.Module)
    n_out, n_in, *kernel = weight.shape
    return {"": (n_in, n_out, *kernel)}


def is_transposed_linear(module: nn.Module) -> bool:
    """Whether a module is transformers' ``Conv1D``: a Linear whose weight is transposed."""
    package = sys.modules.get("transformers.pytorch_utils")
    return package is not None and type(module) is package.Conv1D


def _unsupported(module: nn.Module) -> str | None:
    """Return what keeps a module from being replaced, or None."""
    if hasattr(module, "parametrizations"):
        return "parametrised"
    if type(module) not in DENSE and not is_transposed_linear(module):
        known = next((kind.__name__ for kind in DENSE if isinstance(module, kind)), None)
        name = type(module).__name__
        return f"unsupported: {name}" + (f", a {known} of another kind" if known else "")
    if isinstance(module, nn.MultiheadAttention):
        if module.bias_k is not None or module.add_zero_attn:
            return "unsupported: attention with bias_k or add_zero_attn"
    elif module._parameters.get("weight") is None:
        return "parametrised: its weight is computed from others"
    if any((module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)):
        return "it has hooks, which a new layer would lose"
    if any(parameter.is_meta for parameter in module.parameters()):
        return "on the meta device: load its weights first"
    return None
