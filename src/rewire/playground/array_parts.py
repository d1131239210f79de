"""Methods and optimisers that the fields of commands describe."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from rewire import methods, optimizers
from rewire.optimizers import Optimizer
from rewire.topology import Method

from .engine import LaneError

__all__ = ["make_method", "make_optimizer", "method_options"]

# From the parameters of methods to the fields of the command.
FIELDS = {"fraction": "fraction", "every": "interval", "density": "density"}


def method_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return, of the fields of a ``method`` command, the options that the method takes.

    Its schedules end with the last of its steps.
    """
    taken = signature(methods.registry[settings["name"]]).parameters
    options = {key: settings[field] for key, field in FIELDS.items() if key in taken}
    return options | ({"end": 1.0} if "end" in taken else {})


def make_method(settings: Mapping[str, Any]) -> Method:
    """Return the method that the fields of a ``method`` command describe."""
    return methods.get(settings["name"], **method_options(settings))


def make_optimizer(settings: Mapping[str, Any]) -> Optimizer:
    """Return the optimiser that the fields of a ``learning_rate`` command describe."""
    if settings["optimizer"] == "sgd":
        return optimizers.SGD(lr=settings["value"], momentum=settings["momentum"])
    if settings["momentum"]:
        raise LaneError(f"momentum must be 0 for adam; got {settings['momentum']}")
    return optimizers.Adam(lr=settings["value"])
