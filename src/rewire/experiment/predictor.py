"""A trained network with the scaling and names needed to predict from raw data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.data import Dataset, Standardizer
from rewire.data.inputs import check_finite
from rewire.export.tensors import network_from_tensors, network_to_tensors
from rewire.graph import Network
from rewire.io import reading
from rewire.io.tensors import read_tensors, write_tensors
from rewire.validation import real_array

__all__ = ["Predictor"]

KIND = "model"
# Samples at a time, so that sparse inputs are never dense as a whole.
PIECE = 4096


@dataclass
class Predictor:
    """A network with the scaling of its inputs and targets, and the names of its classes.

    Parameters
    ----------
    network : Network
    task : {"classification", "regression"}
    classes : tuple
        Class names; empty for a regression.
    feature_names : tuple of str, optional
    image_shape : (int, int), optional
    standardizer : Standardizer, optional
        Applied to the inputs first.
    target_mean, target_scale : ndarray, shape (outputs,), optional
        Of a regression: predictions are outputs * scale + mean.
    loss : str, optional
        The loss that the network was trained with, which decides what its outputs mean.
    """

    network: Network
    task: str
    classes: tuple[Any, ...] = ()
    feature_names: tuple[str, ...] | None = None
    image_shape: tuple[int, int] | None = None
    standardizer: Standardizer | None = None
    target_mean: np.ndarray | None = None
    target_scale: np.ndarray | None = None
    loss: str | None = None

    def outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs, shape (samples, outputs).

        Parameters
        ----------
        X : array-like or SciPy sparse matrix, shape (samples, inputs)
            Raw inputs, as in the training data; they are standardized here.
        """
        X = X.tocsr() if issparse(X) else np.asarray(X)
        pieces = []
        for first in range(0, max(X.shape[0], 1), PIECE):
            piece = X[first : first + PIECE]
            if self.standardizer is not None:
                piece = self.standardizer.transform(piece)
            pieces.append(self.network.predict(piece.toarray() if issparse(piece) else piece))
        return np.concatenate(pieces)

    def predict(self, X: Any) -> np.ndarray:
        """Return class names, or the values of a regression."""
        scores = self.outputs(X)
        if self.task == "regression":
            if self.target_scale is not None:
                scores = scores * self.target_scale + self.target_mean
            return scores[:, 0] if scores.shape[1] == 1 else scores
        return np.asarray(self.classes)[self.class_numbers(scores)]

    def class_numbers(self, scores: np.ndarray) -> np.ndarray:
        """Return the class index of each row of outputs; a single output decides by its sign."""
        if scores.shape[1] == 1:
            return (scores[:, 0] > 0).astype(np.int64)
        return scores.argmax(axis=1)

    def probabilities(self, X: Any) -> np.ndarray:
        """Return the probability of each class, shape (samples, classes).

        Raises
        ------
        ValueError
            For a regression, and for a network trained with the hinge loss, whose outputs are
            distances and not log odds.
        """
        if self.task != "classification":
            raise ValueError("probabilities are for classes; this model predicts numbers")
        if self.loss == "hinge":
            raise ValueError(
                "probabilities need a network trained with cross_entropy or binary_cross_entropy; "
                "this one was trained with hinge"
            )
        scores = self.outputs(X).astype(np.float64)
        if scores.shape[1] == 1:  # one output is the log odds of the second class
            scores = np.hstack([np.zeros_like(scores), scores])
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def number_classes(self, data: Dataset, y: np.ndarray) -> np.ndarray:
        """Return the targets of another data set as this model's class indices."""
        if data.task != self.task:
            raise ValueError(
                f"the data must be a {self.task}, as the model was trained on; got a {data.task}"
            )
        if self.task != "classification":
            return y
        return self.targets(np.array(data.classes, object))[y]

    def targets(self, answers: np.ndarray) -> np.ndarray:
        """Return the answers in a file as class indices, or as the values of a regression.

        Raises
        ------
        ValueError
            For a class that the model does not know, and for values of a regression that are not
            numbers.
        """
        if self.task == "regression":
            answers = real_array(answers, "target")
            if answers.reshape(len(answers), -1).shape[1] != self.network.ranks[-1]:
                raise ValueError(
                    f"target must be {self.network.ranks[-1]} columns, as the model was trained "
                    f"on; got shape {answers.shape}"
                )
            check_finite("target", answers)
            return answers
        place = {str(name): number for number, name in enumerate(self.classes)}
        try:
            return np.array([place[str(name)] for name in answers.tolist()], np.int64)
        except KeyError as error:
            shown = ", ".join(list(place)[:10]) + (", ..." if len(place) > 10 else "")
            raise ValueError(
                f"classes must be among {shown}, which the model was trained on; got "
                f"{error.args[0]!r}"
            ) from None

    def stripped(self) -> Predictor:
        """Return a predictor without dead neurons that computes the same."""
        return Predictor(**{**self.__dict__, "network": self.network.strip()})

    def check(self, data: Dataset) -> None:
        """Raise an error if the data have other inputs than the model was trained on."""
        if data.inputs != self.network.ranks[0]:
            raise ValueError(
                f"the data must have {self.network.ranks[0]} inputs, as the model was trained on; "
                f"got {data.inputs}"
            )
        mine, theirs = self.feature_names, data.feature_names
        if mine is not None and theirs is not None and mine != theirs:
            i = next(i for i in range(len(mine)) if mine[i] != theirs[i])
            raise ValueError(
                f"the data must have the inputs that the model was trained on; got {theirs[i]!r} "
                f"for {mine[i]!r}"
            )

    # ------------------------------------------------------------------------------------ files

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a ``.safetensors`` file, atomically."""
        tensors, network = network_to_tensors(self.network)
        if self.standardizer is not None:
            arrays = self.standardizer.to_arrays()
            tensors |= {f"standardizer.{name}": array for name, array in arrays.items()}
        if self.target_mean is not None and self.target_scale is not None:
            tensors |= {"target.mean": self.target_mean, "target.scale": self.target_scale}
        header = {
            "network": network,
            "task": self.task,
            "classes": list(self.classes),
            "feature_names": self.feature_names and list(self.feature_names),
            "image_shape": self.image_shape and list(self.image_shape),
            "loss": self.loss,
        }
        write_tensors(path, tensors, header, kind=KIND)

    @classmethod
    def load(cls, path: str | os.PathLike[str], activations: Sequence[Any] = ()) -> Predictor:
        """Read a file that :meth:`save` wrote; damaged, foreign and newer files are refused."""
        tensors, header = read_tensors(path, kind=KIND)
        with reading(path):
            standardizer = None
            if "standardizer.mean" in tensors:
                start = "standardizer."
                arrays = {k.removeprefix(start): v for k, v in tensors.items() if start in k}
                standardizer = Standardizer.from_arrays(arrays)
            return cls(
                network_from_tensors(tensors, header["network"], activations),
                header["task"],
                tuple(header["classes"]),
                header["feature_names"] and tuple(header["feature_names"]),
                header["image_shape"] and tuple(header["image_shape"]),
                standardizer,
                tensors.get("target.mean"),
                tensors.get("target.scale"),
                header["loss"],
            )
