"""Samples for a trained model: its inputs by name, and the targets if they are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .inputs import check_finite
from .npz import read_inputs
from .pandas_io import (
    TABLES,
    check_complete,
    check_size,
    find_column,
    loading,
    read_frame,
    values_of,
)

__all__ = ["read_features", "read_samples"]


def read_features(
    path: Path, names: Sequence[str] | None, inputs: int, dtype: Any = np.float64
) -> Any:
    r"""Read samples to predict, as inputs of a trained model.

    Parameters
    ----------
    path : Path
        A table (``.csv``, ``.tsv`` or ``.parquet``); with ``names``, its columns may be in any
        order and further columns are ignored. Or an NPZ file with the array ``X``, or as
        ``scipy.sparse.save_npz`` writes it.
    names : sequence of str, optional
        The model's ``feature_names``; without them, all columns are taken in their order.
    inputs : int
        Number of inputs of the model.
    dtype : {"float64", "float32"}, default "float64"

    Returns
    -------
    ndarray or SciPy CSR, shape (samples, inputs)
        CSR if the NPZ file holds a sparse matrix.

    Raises
    ------
    ValueError
        If a column or a value is missing, if a column holds text instead of numbers, or a text that
        the model was not trained on.
    OSError
        If there is no such file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "new.csv"
    >>> _ = path.write_text("note,heating,area\n-,gas,70\n-,wood,95.5\n")
    >>> read_features(path, ["area", "heating=gas", "heating=wood"], 3).tolist()
    [[70.0, 1.0, 0.0], [95.5, 0.0, 1.0]]
    """
    _check_file(path)
    with loading(path):
        if path.suffix.lower() in TABLES:
            return _features(read_frame(path), names, inputs, np.dtype(dtype))
        X = read_inputs(path, np.dtype(dtype))
        if X.ndim != 2 or X.shape[1] != inputs:
            raise ValueError(
                f"X must have shape (samples, {inputs}), one column per input of the model; got "
                f"{X.shape}"
            )
        check_finite("X", X, names)
        return X


def read_samples(
    path: Path,
    names: Sequence[str] | None,
    inputs: int,
    target: Any,
    dtype: Any = np.float64,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Read a table of samples with their targets.

    Parameters
    ----------
    path, names, inputs, dtype
        As in :func:`read_features`.
    target : str, int, or list of them
        The columns that hold the targets.

    Returns
    -------
    X : ndarray of the dtype, shape (samples, inputs)
    y : ndarray, shape (samples,) or (samples, outputs)
        As in the table.

    Raises
    ------
    ValueError, OSError
        As in :func:`read_features`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "new.csv"
    >>> _ = path.write_text("area,sold\n70,yes\n95.5,no\n")
    >>> X, y = read_samples(path, ["area"], 1, "sold")
    >>> X.tolist(), y.tolist()
    ([[70.0], [95.5]], ['yes', 'no'])
    """
    _check_file(path)
    with loading(path):
        frame = read_frame(path)
        wanted = target if isinstance(target, (list, tuple)) else [target]
        columns = [find_column(one, list(frame.columns)) for one in wanted]
        check_complete(frame[columns])
        y = [values_of(frame[column]) for column in columns]
        X = _features(frame.drop(columns=columns), names, inputs, np.dtype(dtype))
    return X, y[0] if len(y) == 1 else np.column_stack(y)


def _check_file(path: Path) -> None:
    endings = (*TABLES, ".npz")
    if path.suffix.lower() not in endings:
        raise ValueError(
            f"samples must be a file that ends in {', '.join(endings)}; got {str(path)!r}"
        )
    if not path.is_file():
        raise FileNotFoundError(f"samples must be an existing file; got {str(path)!r}")


def _features(frame: Any, names: Sequence[str] | None, inputs: int, dtype: np.dtype) -> np.ndarray:
    frame.columns = frame.columns.map(str)
    if names is None:
        if frame.shape[1] != inputs:
            raise ValueError(
                f"it must have {inputs} columns, one per input of the model; got {frame.shape[1]}"
            )
        names = list(frame.columns)
    sources = [_source(name, list(frame.columns)) for name in names]
    used = list(dict.fromkeys(column for column, _ in sources))
    check_complete(frame[used])
    values = {column: values_of(frame[column]) for column in used}
    texts: dict[str, set[str | None]] = {column: set() for column in used}
    for column, text in sources:
        texts[column].add(text)
    for column in used:
        _check_kind(column, values[column], texts[column])
        check_size(column, values[column], dtype)
    columns = [
        values[column] if text is None else values[column].astype(str) == text
        for column, text in sources
    ]
    X = np.column_stack(columns).astype(dtype)
    check_finite("X", X, names)
    return X


def _source(name: str, columns: Sequence[str]) -> tuple[str, str | None]:
    """Return the column of an input, and the text that the input is 1 for, if any."""
    if name in columns:
        return name, None
    for column in columns:
        if name.startswith(f"{column}="):
            return column, name.removeprefix(f"{column}=")
    raise ValueError(
        f"it must have the columns that the model was trained on; {name.partition('=')[0]!r} is "
        f"missing, and its columns are {', '.join(columns[:20])}{', ...' * (len(columns) > 20)}"
    )


def _check_kind(column: str, values: np.ndarray, texts: set[str | None]) -> None:
    """Refuse text in place of numbers, and texts that the model was not trained on."""
    if texts == {None}:
        if values.dtype.kind == "U":
            raise ValueError(
                f"column {column!r} must hold numbers, as the model was trained on; got text such "
                f"as {str(values[0])!r}"
            )
        return
    unseen = sorted(set(values.astype(str).tolist()) - texts)
    if unseen:
        known = sorted(text for text in texts if text is not None)
        raise ValueError(
            f"column {column!r} must hold texts that the model was trained on, "
            f"{', '.join(known[:10])}{', ...' if len(known) > 10 else ''}; got {unseen[0]!r}"
        )
