"""A trained network with the scaling and names needed to predict from raw data."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np
from scipy.sparse import issparse
from scipy.special import softmax

from rewire.data import Dataset, Standardizer
from rewire.export import export
from rewire.export.tensors import network_from_tensors, network_to_tensors
from rewire.graph import Network
from rewire.io import check_ending, reading
from rewire.io.schemas import conform
from rewire.io.tensors import read_tensors, write_tensors
from rewire.tables import Table, TableEncoder, parse
from rewire.validation import real_matrix

from .reading import inputs_of, read_samples, schema_of

__all__ = ["Predictor"]

KIND = "model"
# Samples at a time, so that sparse inputs are never dense as a whole.
PIECE = 4096


class Header(TypedDict):
    """What a file holds besides arrays."""

    network: dict[str, Any]
    task: Literal["classification", "regression"]
    classes: list[str | int | float | bool]
    feature_names: list[str] | None
    image_shape: list[int] | None
    loss: str | None
    encoder: NotRequired[dict[str, Any] | None]


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
    target_mean, target_scale : ndarray of float64, shape (outputs,), optional
        Of a regression: predictions are outputs * scale + mean, computed in float64.
    loss : str, optional
        The loss that the network was trained with, which decides what its outputs mean.
    encoder : rewire.tables.TableEncoder, optional
        What makes inputs of a table's columns.
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
    encoder: TableEncoder | None = None

    def inputs(self, source: Any) -> tuple[Any, np.ndarray]:
        """Return the inputs of samples, and for each whether it can be answered.

        Parameters
        ----------
        source : array, SciPy sparse matrix or table
            An array of shape (samples, inputs); or a :class:`rewire.tables.Table`, or anything that
            :func:`rewire.tables.read_raw` takes, such as a DataFrame, with the columns that the
            model was trained on, in any order and with others beside them.

        Returns
        -------
        X : ndarray or SciPy CSR, shape (samples, inputs)
        answerable : ndarray of bool, shape (samples,)
            Not so are rows of a table with a value that cannot be read as in training.

        Raises
        ------
        ValueError
            For columns that are not there: all are named.
        """
        if issparse(source) or isinstance(source, (np.ndarray, list)):
            X = real_matrix(source, "X")
            if X.ndim != 2:
                raise ValueError(f"X must have shape (samples, inputs); got {X.shape}")
            return X, np.ones(X.shape[0], bool)
        if not isinstance(source, Table):
            raw = read_samples(self, source)
            source = parse(raw, schema_of(self, raw))
        return inputs_of(self, source)

    def network_inputs(self, X: Any) -> Any:
        """Return inputs as the network takes them: standardized, then of its own dtype."""
        if self.standardizer is not None:
            return self.standardizer.transform(X, self.network.dtype)
        return X.astype(self.network.dtype, copy=False)

    def outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs, shape (samples, outputs).

        Parameters
        ----------
        X : array-like, SciPy sparse matrix or table
            Raw samples, as :meth:`inputs` takes them; they are standardized here.

        Returns
        -------
        ndarray, shape (samples, outputs)
            NaN where a sample cannot be answered.
        """
        X, answerable = self.inputs(X)
        starts = range(0, max(X.shape[0], 1), PIECE)
        scores = np.concatenate([self._outputs(X[first : first + PIECE]) for first in starts])
        scores[~answerable] = np.nan
        return scores

    def _outputs(self, X: Any) -> np.ndarray:
        with np.errstate(over="ignore"):
            inputs = self.network_inputs(X)
        if issparse(X):
            X, inputs = X.toarray(), inputs.toarray()
        # Numbers beyond the network's own, such as 1e300, that a file has by mistake.
        finite = np.isfinite(inputs).all(axis=1)
        too_large = np.zeros(len(X), bool) if finite.all() else ~finite & np.isfinite(X).all(axis=1)
        if too_large.any():
            inputs = np.where(too_large[:, None], 0, inputs).astype(inputs.dtype)
        scores = self.network.predict(inputs)
        scores[too_large | ~np.isfinite(scores).all(axis=1)] = np.nan
        return scores

    def predict(self, X: Any) -> np.ndarray:
        """Return class names, or the values of a regression.

        For a sample that cannot be answered that is None, or NaN.
        """
        if self.task == "regression":
            values = self.answers(X)
            return values[:, 0] if values.shape[1] == 1 else values
        scores = self.outputs(X)
        answers = np.asarray(self.classes)[self.class_numbers(scores)]
        if (unanswered := np.isnan(scores).any(axis=1)).any():
            answers = answers.astype(object)
            answers[unanswered] = None
        return answers

    @property
    def probabilistic(self) -> bool:
        """Whether the outputs stand for probabilities; those of the hinge loss do not."""
        return self.task == "classification" and self.loss != "hinge"

    def answers(self, X: Any) -> np.ndarray:
        """Return what :func:`rewire.assess.score` measures, in float64.

        Parameters
        ----------
        X : array-like, SciPy sparse matrix or table
            Raw samples, as :meth:`inputs` takes them.

        Returns
        -------
        ndarray of float64, shape (samples, classes) or (samples, outputs)
            The probability of each class, or its score where there are none; or the values of a
            regression in the targets' own unit. NaN where a sample cannot be answered.
        """
        scores = self.outputs(X).astype(np.float64)
        if self.task == "regression":
            return scores if self.target_scale is None else self._rescaled(scores)
        if scores.shape[1] == 1:  # one output is the log odds of the second class
            scores = np.hstack([np.zeros_like(scores), scores])
        return softmax(scores, axis=1) if self.probabilistic else scores

    def _rescaled(self, scores: np.ndarray) -> np.ndarray:
        return scores * np.asarray(self.target_scale, np.float64) + self.target_mean

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
        if not self.probabilistic:
            raise ValueError(
                "probabilities need a network trained with cross_entropy or binary_cross_entropy; "
                "this one was trained with hinge"
            )
        return self.answers(X)

    def number_classes(self, data: Dataset, y: np.ndarray) -> np.ndarray:
        """Return the targets of another data set as this model's class indices."""
        if data.task != self.task:
            raise ValueError(
                f"the data must be a {self.task}, as the model was trained on; got a {data.task}"
            )
        if self.task != "classification":
            return y
        place = {str(name): number for number, name in enumerate(self.classes)}
        unknown = [name for name in data.classes if str(name) not in place]
        if unknown:
            shown = ", ".join(list(place)[:10]) + (", ..." if len(place) > 10 else "")
            raise ValueError(
                f"classes must be among {shown}, which the model was trained on; got {unknown[0]!r}"
            )
        return np.array([place[str(name)] for name in data.classes], np.int64)[y]

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

    def export(
        self, path: str | os.PathLike[str], format: str | None = None, **options: Any
    ) -> None:
        """Write it for another program, from raw rows to answers: ONNX, C or Python.

        The parameters are those of :func:`rewire.export.export`.
        """
        export(self, path, format, **options)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a ``.safetensors`` file, atomically; other endings are refused."""
        check_ending(
            path,
            [".safetensors"],
            "a model",
            remedy="export its network to write another format",
        )
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
            "encoder": self.encoder and self.encoder.to_dict(),
        }
        write_tensors(path, tensors, header, kind=KIND)

    @classmethod
    def load(cls, path: str | os.PathLike[str], activations: Sequence[Any] = ()) -> Predictor:
        """Read a file that :meth:`save` wrote; damaged, foreign and newer files are refused."""
        tensors, header = read_tensors(path, kind=KIND)
        with reading(path):
            conform(header, Header)
            standardizer = None
            if "standardizer.mean" in tensors:
                start = "standardizer."
                arrays = {k.removeprefix(start): v for k, v in tensors.items() if start in k}
                standardizer = Standardizer.from_arrays(arrays)
            model = cls(
                network_from_tensors(tensors, header["network"], activations),
                header["task"],
                tuple(header["classes"]),
                header["feature_names"] and tuple(header["feature_names"]),
                header["image_shape"] and tuple(header["image_shape"]),
                standardizer,
                tensors.get("target.mean"),
                tensors.get("target.scale"),
                header["loss"],
                header.get("encoder") and TableEncoder.from_dict(header["encoder"]),
            )
            _check_whole(model)
            return model


def _check_whole(model: Predictor) -> None:
    """Refuse parts that do not belong together, as a damaged file may have."""
    inputs, outputs = model.network.ranks[0], model.network.ranks[-1]
    counts = {
        "classes": (len(model.classes), max(outputs, 2) if model.task == "classification" else 0),
        "feature_names": (model.feature_names and len(model.feature_names), inputs),
        "image_shape": (model.image_shape and math.prod(model.image_shape), inputs),
        "encoder": (model.encoder and len(model.encoder.groups), inputs),
    }
    for name, (found, wanted) in counts.items():
        if found is not None and found != wanted:
            raise ValueError(f"{name} must fit the network, which has {wanted}; got {found}")
    scaling, mean, scale = model.standardizer, model.target_mean, model.target_scale
    arrays = {"target.mean": (mean, outputs), "target.scale": (scale, outputs)}
    if scaling is not None:
        arrays |= {"mean": (scaling.mean, inputs), "scale": (scaling.scale, inputs)}
    for name, (array, size) in arrays.items():
        if array is not None and (array.shape != (size,) or array.dtype.kind != "f"):
            raise ValueError(f"{name} must hold {size} numbers; got shape {array.shape}")
    if (mean is None) != (scale is None):
        raise ValueError("target.mean and target.scale must both be there, or neither")
