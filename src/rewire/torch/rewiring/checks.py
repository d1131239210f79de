"""What a rewirer of PyTorch models refuses, and what it warns of."""

from __future__ import annotations

import numpy as np

from rewire.io import advise, warn
from rewire.topology import Method

from .layered_model import LayeredModel

__all__ = ["check_deterministic", "check_method", "warn_of_never"]


def check_method(method: Method, model: LayeredModel) -> None:
    """Refuse what the model, or a training loop of others, cannot do.

    Raises
    ------
    ValueError
        By the method's name, with the reason.
    """
    if method.when is None:
        return
    between = method.redistribute is not None or method.scope == "network"
    room = any(len(layer.weight) > layer.n_connections for layer in model.layers.values())
    lacking = {
        "replaces steps of the optimiser (skip_update=True), and these are yours": (
            method.skip_update,
            ("give it skip_update=False",),
        ),
        "grows connections across layers (skip_connections=True), which layers of a PyTorch "
        "model cannot have": (
            method.skip_connections,
            ("give it skip_connections=False", "train a rewire.Network"),
        ),
        "revives idle units, for which two sparse Linear layers with biases must be known to feed "
        "each other, with ReLU, LeakyReLU, Tanh, Sigmoid or nothing between them, and none do": (
            method.revive is not None and "revival" not in model.abilities,
            (
                "put them into an nn.Sequential, if torch.fx cannot trace the model",
                f"choose 'rigl' with scope='network', which is {method.name!r} without revival",
            ),
        ),
        "moves connections between layers, which then need spare entries, and none has any": (
            between and method.grow is not None and method.pruning is None and not room,
            (
                "give the layers room, as by rewire.torch.sparsify(..., slack=1.0)",
                "keep each layer's number of connections (scope='layer', redistribute=None)",
            ),
        ),
    }
    for what, (is_so, remedies) in lacking.items():
        if is_so:
            raise ValueError(advise(f"method {method.name!r} {what}", *remedies))


def warn_of_never(method: Method, due_steps: np.ndarray, steps: int) -> None:
    """Say that a training is too short for a method."""
    if method.when is not None and not len(due_steps):
        warn(
            advise(
                f"steps must be more than the method's interval; got {steps}, so that method "
                f"{method.name!r} never rewires",
                "shorten its interval (every=)",
                "train longer",
            ),
        )


def check_deterministic(method: Method) -> None:
    """Refuse a method that depends on how a batch is divided among processes."""
    if method.growth_samples == "last":
        raise ValueError(
            advise(
                f"method {method.name!r} looks at the last sample of a batch alone, and each "
                "process has one: it cannot be deterministic",
                "choose another method, such as 'rigl'",
                "leave out deterministic=True",
            )
        )
