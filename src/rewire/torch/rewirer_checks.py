"""What a rewirer of PyTorch models refuses, and what it warns of."""

from __future__ import annotations

import warnings

import numpy as np

from rewire.io import advise
from rewire.topology import Method

__all__ = ["check_deterministic", "check_method", "warn_of_never"]


def check_method(method: Method) -> None:
    """Refuse what layers of constant size, or a training loop of others, cannot do."""
    lacking = {
        "prunes, which changes the layers' numbers of connections": method.pruning is not None,
        "redistributes connections among layers": method.redistribute is not None,
        "moves connections between layers (scope 'network')": method.scope == "network",
        "replaces steps of the optimiser (skip_update)": method.skip_update,
    }
    for what, is_so in lacking.items():
        if is_so and method.when is not None:
            raise ValueError(
                advise(
                    f"method {method.name!r} {what}; sparse layers of PyTorch models keep theirs, "
                    "and the training loop is yours",
                    "choose one such as 'rigl', 'set', 'mest' or 'cht'",
                    "give the method redistribute=None, scope='layer' or skip_update=False",
                    "train a rewire.Network",
                )
            )


def warn_of_never(method: Method, due_steps: np.ndarray, steps: int) -> None:
    """Say that a training is too short for a method."""
    if method.when is not None and not len(due_steps):
        warnings.warn(
            advise(
                f"steps must be more than the method's interval; got {steps}, so that method "
                f"{method.name!r} never rewires",
                "shorten its interval (every=)",
                "train longer",
            ),
            stacklevel=3,
        )


def check_deterministic(method: Method) -> None:
    """Refuse a method that depends on how a batch is divided among processes."""
    if method.samples == "last":
        raise ValueError(
            advise(
                f"method {method.name!r} looks at the last sample of a batch alone, and each "
                "process has one: it cannot be deterministic",
                "choose another method, such as 'rigl'",
                "leave out deterministic=True",
            )
        )
