"""What an export of a whole model asks of the model."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from rewire.graph import Network
from rewire.tables import TableEncoder

__all__ = ["Model", "Scaling"]


class Scaling(Protocol):
    """What brings inputs to one scale: ``(X - mean) / scale``, and none beyond ±limit."""

    @property
    def mean(self) -> np.ndarray:
        """Of each input."""
        ...

    @property
    def scale(self) -> np.ndarray:
        """Of each input."""
        ...

    @property
    def limit(self) -> float | None:
        """Of all scaled inputs; None where there is none."""
        ...


@runtime_checkable
class Model(Protocol):
    """A trained network with all that it takes to predict from raw data.

    :class:`rewire.experiment.Predictor` is one.
    """

    @property
    def network(self) -> Network:
        """The network itself."""
        ...

    @property
    def task(self) -> str:
        """Either "classification" or "regression"."""
        ...

    @property
    def classes(self) -> tuple[Any, ...]:
        """Class names; empty for a regression."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Name of each input of the network."""
        ...

    @property
    def encoder(self) -> TableEncoder | None:
        """What makes inputs of the columns of a table; None if inputs are numbers already."""
        ...

    @property
    def standardizer(self) -> Scaling | None:
        """What scales the inputs."""
        ...

    @property
    def target_mean(self) -> np.ndarray | None:
        """Of a regression: answers are outputs * scale + mean."""
        ...

    @property
    def target_scale(self) -> np.ndarray | None:
        """Of a regression: answers are outputs * scale + mean."""
        ...

    @property
    def loss(self) -> str | None:
        """The loss that the network was trained with, which decides what its outputs mean."""
        ...
