"""Parameters in groups for an optimiser."""

from __future__ import annotations

from typing import Any

from torch import nn

from .layer import SparseLayer

__all__ = ["parameter_groups"]


def parameter_groups(model: nn.Module, *, weight_decay: float) -> list[dict[str, Any]]:
    """Return two groups for an optimiser: weights with decay, biases and norms without.

    The usual rule, decay for parameters of two and more dimensions, would leave out the weights
    of sparse layers, which have one.

    Parameters
    ----------
    model : nn.Module
    weight_decay : float
        0 or more.

    Returns
    -------
    list of dict
        For any optimiser of ``torch.optim``. Parameters without gradients are left out.

    Raises
    ------
    ValueError
        For a negative decay.

    Examples
    --------
    >>> import torch
    >>> from rewire.torch import Linear
    >>> model = torch.nn.Sequential(Linear(8, 8, density=0.5, seed=0), torch.nn.LayerNorm(8))
    >>> groups = parameter_groups(model, weight_decay=0.05)
    >>> [(len(group["params"]), group["weight_decay"]) for group in groups]
    [(1, 0.05), (3, 0.0)]
    """
    if not weight_decay >= 0:
        raise ValueError(f"weight_decay must be at least 0; got {weight_decay}")
    sparse = {id(m.weight) for m in model.modules() if isinstance(m, SparseLayer)}
    parameters = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in parameters if p.dim() > 1 or id(p) in sparse]
    others = [p for p in parameters if p.dim() <= 1 and id(p) not in sparse]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
