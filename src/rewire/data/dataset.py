"""A data set: arrays of inputs and targets that a network takes as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from rewire.tables import Table, TableEncoder
from rewire.validation import float_dtype, plain_array, real_array, several, whole_number

from .form import check_part
from .inputs import as_inputs, check_finite, is_sparse
from .labels import as_targets, task_of
from .splitting import random_state, split_rows
from .standardizer import Standardizer

__all__ = ["Dataset", "Task"]

Task = Literal["classification", "regression"]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Inputs and targets for training and, if the source has a test part, for testing.

    :meth:`from_arrays` converts arrays of any kind; the constructor takes only arrays that already
    have the form below.

    Parameters
    ----------
    X : ndarray of float32 or float64, or SciPy CSR, shape (samples, inputs)
        All numbers finite.
    y : ndarray
        In classification, class numbers from 0 of shape (samples,); in regression, float64 of shape
        (samples,) or (samples, outputs), so that targets of any size keep their digits.
    X_test, y_test : optional
        The source's own test part, of the same form.
    task : {"classification", "regression"}
    classes : tuple
        The classes' names; empty in regression.
    feature_names : tuple of str, optional
        One per input.
    image_shape : (int, int), optional
        Rows and columns, if a sample is an image, as in MNIST.
    name : str, default "data"
        Name of the data set, for messages and ``repr``.
    table : rewire.tables.Table, optional
        The columns that X was made of, a row for each sample.
    encoder : rewire.tables.TableEncoder, optional
        What made X of them, learnt from these samples; parts that are split off are encoded by
        what was learnt from the training part alone.
    notes : tuple of str
        What a person should know of how the source was read.

    Raises
    ------
    ValueError
        For arrays of another form; the message names the array and the place in it.

    Examples
    --------
    >>> data = Dataset.from_arrays([[0, 1], [2, 3], [4, 5]], ["no", "yes", "no"])
    >>> data
    <Dataset data: 3 samples, 2 inputs, 2 classes>
    >>> data.y.tolist(), data.classes, data.outputs
    ([0, 1, 0], ('no', 'yes'), 2)
    """

    X: Any
    y: np.ndarray
    X_test: Any = None
    y_test: np.ndarray | None = None
    task: Task = "classification"
    classes: tuple[Any, ...] = ()
    feature_names: tuple[str, ...] | None = None
    image_shape: tuple[int, int] | None = None
    name: str = "data"
    table: Table | None = None
    encoder: TableEncoder | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.task not in ("classification", "regression"):
            raise ValueError(f"task must be 'classification' or 'regression'; got {self.task!r}")
        check_part(self, "X", self.X, "y", self.y)
        if (self.X_test is None) != (self.y_test is None):
            raise ValueError("X_test and y_test must both be given, or neither; got one of them")
        if self.y_test is not None:
            check_part(self, "X_test", self.X_test, "y_test", self.y_test)
        names, image = self.feature_names, self.image_shape
        if names is not None and len(names) != self.inputs:
            raise ValueError(
                f"feature_names must have one name for each of {self.inputs} inputs; "
                f"got {len(names)}"
            )
        if image is not None:
            sides = [whole_number(n, "image_shape") for n in several(image, "image_shape", "sides")]
            if len(sides) != 2 or sides[0] * sides[1] != self.inputs:
                raise ValueError(f"image_shape must have {self.inputs} pixels; got {image}")
        for part in ("X", "X_test", "y", "y_test"):
            check_finite(part, getattr(self, part), names if part[0] == "X" else None)

    @classmethod
    def from_arrays(
        cls,
        X: Any,
        y: Any,
        X_test: Any = None,
        y_test: Any = None,
        *,
        task: Task | None = None,
        dtype: Any = None,
        feature_names: Sequence[str] | None = None,
        image_shape: tuple[int, int] | None = None,
        name: str = "data",
    ) -> Dataset:
        """Make a data set from numbers and labels of any kind.

        Parameters
        ----------
        X : array-like or any SciPy sparse matrix, shape (samples, inputs)
            A sparse matrix becomes CSR. Arrays of the right form are not copied.
        y : array-like, shape (samples,) or (samples, outputs)
            Labels (text, booleans or numbers), which are numbered in sorted order, or the targets
            of a regression.
        X_test, y_test : optional
            The test part; its labels must occur in ``y``.
        task : {"classification", "regression"}, optional
            By default it is inferred from ``y``. Text, booleans and integers are classes. Floats
            are a regression, unless they are whole numbers of at most 20 different values; several
            columns are a regression. Integers of more than 100 different values are refused, as
            they may be either.
        dtype : {"float32", "float64"}, optional
            By default that of ``X`` if it is one of them, otherwise float32.
        feature_names, image_shape, name
            As in :class:`Dataset`.

        Returns
        -------
        Dataset

        Raises
        ------
        ValueError
            For data that are no finite numbers or labels, and targets whose task is unclear.

        Examples
        --------
        >>> Dataset.from_arrays([[0.5, 1.0], [1.5, 2.0]], [0.1, 0.2])
        <Dataset data: 2 samples, 2 inputs, targets: 1>
        """
        X = X if is_sparse(X) else real_array(X, "X")
        y = plain_array(y, "y")
        if dtype is None:
            dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.float32
        dtype = float_dtype(dtype)
        task = task or task_of(y)
        if feature_names is not None:
            feature_names = list(map(str, several(feature_names, "feature_names", "names")))
        y, y_test, classes = as_targets(y, y_test, task)
        return cls(
            as_inputs("X", X, dtype),
            y,
            None if X_test is None else as_inputs("X_test", X_test, dtype),
            y_test,
            task=task,
            classes=classes,
            feature_names=None if feature_names is None else tuple(feature_names),
            image_shape=image_shape,
            name=name,
        )

    @property
    def inputs(self) -> int:
        """Number of inputs that a network needs."""
        return self.X.shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs that a network needs: one per class, or per column of the targets."""
        if self.task == "classification":
            return len(self.classes)
        return 1 if self.y.ndim == 1 else self.y.shape[1]

    def signed(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Return ``y`` and ``y_test`` of two classes as -1 and +1, the targets of the hinge loss.

        A network for the hinge loss needs one output.

        Examples
        --------
        >>> data = Dataset.from_arrays([[0.0], [1.0], [2.0]], ["no", "yes", "no"])
        >>> data.signed()[0].tolist()
        [-1, 1, -1]
        """
        if len(self.classes) != 2:
            found = self.task if self.task == "regression" else f"{len(self.classes)} classes"
            raise ValueError(
                f"signed labels need a data set of two classes; {self.name} has {found}"
            )
        return 2 * self.y - 1, None if self.y_test is None else 2 * self.y_test - 1

    def split(
        self, size: float = 0.1, *, seed: Any = None, stratify: bool = True
    ) -> tuple[Dataset, Dataset]:
        """Split validation samples off the training samples; the test part is left alone.

        Parameters
        ----------
        size : float or int, default 0.1
            Share of the training samples, or their number; 5000 is usual for MNIST.
        seed : int or numpy.random.Generator, optional
            Decides which samples are split off.
        stratify : bool, default True
            Give both parts the same share of each class; the only sample of a class stays in
            ``train``. Regressions are split at random.

        Returns
        -------
        train, validation : Dataset
            Samples keep their order. ``train`` keeps the test part, ``validation`` has none.

        Raises
        ------
        ValueError
            For a size that leaves either part empty, or a class too rare to be in both parts.

        Examples
        --------
        >>> from rewire.data import load
        >>> train, validation = load("iris").split(0.2, seed=0)
        >>> train, len(validation.y)
        (<Dataset iris: 120 samples, 4 inputs, 3 classes>, 30)
        """
        train, validation = split_rows(
            self.y,
            self.classes if stratify and self.task == "classification" else (),
            size,
            random_state(seed),
            self.name,
        )
        if self.table is None or self.encoder is None:
            parts = [replace(self, X=self.X[rows], y=self.y[rows]) for rows in (train, validation)]
        else:
            missing = self.encoder.missing
            encoder = TableEncoder.fit(self.table.take(train), self.y[train], missing=missing)
            parts = [self._encoded(self.table, rows, encoder) for rows in (train, validation)]
        return parts[0], replace(parts[1], X_test=None, y_test=None)

    def _encoded(self, table: Table, rows: np.ndarray, encoder: TableEncoder) -> Dataset:
        """Return some rows with the inputs that an encoder makes of them."""
        table = table.take(rows)
        return replace(
            self,
            X=encoder.transform(table).astype(self.X.dtype, copy=False),
            y=self.y[rows],
            feature_names=encoder.feature_names,
            table=table,
            encoder=encoder,
        )

    def astype(self, dtype: Any) -> Dataset:
        """Return the data set with inputs of another dtype."""
        dtype = float_dtype(dtype)
        if dtype == self.X.dtype:
            return self
        parts = {name: getattr(self, name) for name in ("X", "X_test")}
        return replace(self, **{k: v.astype(dtype) for k, v in parts.items() if v is not None})

    def standardized(self, standardizer: Standardizer) -> Dataset:
        """Return the data set with training and test inputs transformed by a standardizer.

        Examples
        --------
        >>> from rewire.data import Standardizer, load
        >>> train, validation = load("wine").split(0.2, seed=0)
        >>> standardizer = Standardizer.fit(train.X)
        >>> train, validation = (part.standardized(standardizer) for part in (train, validation))
        >>> bool(abs(train.X.mean(axis=0)).max() < 1e-6)
        True
        """
        test = None if self.X_test is None else standardizer.transform(self.X_test)
        X = standardizer.transform(self.X)
        return replace(self, X=X, X_test=test, table=None, encoder=None)

    def __repr__(self) -> str:
        kind = f"{len(self.classes)} classes" if self.classes else f"targets: {self.outputs}"
        sparse = ", sparse" if is_sparse(self.X) else ""
        test = "" if self.X_test is None else f", {self.X_test.shape[0]} test samples"
        return (
            f"<Dataset {self.name}: {self.X.shape[0]} samples, {self.inputs} "
            f"input{'s' * (self.inputs != 1)}{sparse}, {kind}{test}>"
        )
