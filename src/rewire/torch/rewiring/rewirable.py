"""Which layers of a model are rewired, and their counterparts in a copy of it."""

from __future__ import annotations

from torch import nn

from rewire.io import advise

from ..layers.layer import SparseLayer
from .optimizer_state import OptimizerState

__all__ = ["counterparts", "layers_to_rewire"]


def layers_to_rewire(model: nn.Module, state: OptimizerState) -> dict[str, SparseLayer]:
    """Return the sparse layers that are trained, by name.

    Raises
    ------
    TypeError
        If the model is no module.
    ValueError
        If there is none, or the optimiser does not hold the weights of one.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module; got {type(model).__name__}")
    found = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, SparseLayer) and module.weight.requires_grad
    }
    if not found:
        raise ValueError(
            advise(
                f"model must have sparse layers that are trained; got {type(model).__name__} "
                "with none",
                "make it sparse by rewire.torch.sparsify",
            )
        )
    owners: dict[int, str] = {}
    for name, layer in found.items():
        if state.group_of(layer.weight) is None:
            raise ValueError(
                f"optimizer must hold the weights of every sparse layer; it lacks those of "
                f"{name or 'the model'}: make the optimizer after rewire.torch.sparsify, or freeze "
                "the layer by requires_grad_(False)"
            )
        first = owners.setdefault(id(layer.weight), name)
        if first != name:
            raise ValueError(
                f"sparse layers must have weights of their own; {first} and {name} share one tensor"
            )
    return found


def counterparts(
    model: nn.Module, copy: nn.Module, layers: dict[str, SparseLayer]
) -> list[SparseLayer]:
    """Return the layers of a copy that stand where some layers of the model do."""
    own, found = (
        [module for module in one.modules() if isinstance(module, SparseLayer)]
        for one in (model, copy)
    )
    if len(own) != len(found):
        raise ValueError(
            f"copy must have the model's {len(own)} sparse layers; got {len(found)}: "
            "copy the model as it is now"
        )
    chosen = {id(layer) for layer in layers.values()}
    return [other for layer, other in zip(own, found, strict=True) if id(layer) in chosen]
