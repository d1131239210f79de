"""Trackers by name."""

from __future__ import annotations

from typing import Any

from rewire.io import Registry

from .mlflow import MLflow
from .tensorboard import TensorBoard
from .tracker import Tracker
from .wandb import WandB

__all__ = ["get", "registry"]

registry: Registry[type[Tracker]] = Registry("tracker")
"""Classes of trackers by name; ``registry.add(name, class_)`` adds your own."""

for _tracker in (TensorBoard, MLflow, WandB):
    registry.add(_tracker.name, _tracker)


def get(tracker: str | Tracker, **options: Any) -> Tracker:
    """Return a tracker by name; an object is returned as it is.

    Parameters
    ----------
    tracker : str or Tracker
    **options
        Of the class of that name, such as ``folder``.

    Raises
    ------
    ValueError
        For an unknown name.
    ImportError
        Naming the extra, if the tracker's package is not installed.

    Examples
    --------
    >>> sorted(registry)
    ['mlflow', 'tensorboard', 'wandb']
    """
    return registry.create(tracker, Tracker, **options)
