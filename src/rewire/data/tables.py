"""A person's own table, CSV, TSV or Parquet, read by pandas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .dataset import Dataset

__all__ = ["TABLES", "import_pandas", "read_features", "read_table"]

# What pandas calls the reader of each kind of file.
TABLES = {".csv": "read_csv", ".tsv": "read_table", ".parquet": "read_parquet"}

# A text column of more values than this is rather a name, or numbers that were misread.
MOST_CATEGORIES = 100


def import_pandas(purpose: str) -> ModuleType:
    """Return pandas, or say which extra brings it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(f"{purpose} needs pandas: pip install 'rewire[data]'") from error
    return pandas


def read_table(
    path: Path, *, target: Any, task: Any, dtype: np.dtype, reader: str, **options: Any
) -> Dataset:
    """Read a table of inputs and targets.

    Numbers and truth values are inputs as they are; a text column becomes one input per value, in
    sorted order, 1 where the row has it and 0 elsewhere, named ``column=value``.

    Parameters
    ----------
    path : Path
    target : str, int, or list of them
        The column to predict, by name or by number, or the columns of a regression.
    task, dtype
        As in :func:`rewire.data.load`.
    reader : str
        Name of pandas' function.
    **options
        Its further arguments.
    """
    pandas, frame = _read(path, reader, **options)
    _check(frame)
    names = list(frame.columns)
    wanted = target if isinstance(target, (list, tuple)) else [target]
    targets = [_find(one, names) for one in wanted]
    values = {name: _values(pandas, frame[name]) for name in names}
    y = [values[name] for name in targets]
    X, features = _inputs({name: values[name] for name in names if name not in targets})
    return Dataset.from_arrays(
        X,
        y[0] if len(y) == 1 else np.column_stack(y),
        task=task,
        dtype=dtype,
        feature_names=features,
        name=path.stem,
    )


def read_features(path: Path, names: Sequence[str] | None, inputs: int) -> np.ndarray:
    r"""Read a table of samples to predict, as the inputs that a model was trained on.

    Parameters
    ----------
    path : Path
        Columns in any order; further ones, such as the answers, do no harm where ``names`` are
        known.
    names : sequence of str, optional
        The model's ``feature_names``; without them all columns are taken as they stand.
    inputs : int
        How many inputs the model has.

    Returns
    -------
    ndarray of float64, shape (samples, inputs)

    Raises
    ------
    ValueError
        If a column or a value is missing, if a text stands where numbers should, or if it is one
        that the model has never seen.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "new.csv"
    >>> _ = path.write_text("garden,area\nTrue,70\nFalse,95\n")
    >>> read_features(path, ["area", "garden"], inputs=2)
    array([[70.,  1.],
           [95.,  0.]])
    """
    if path.suffix.lower() not in TABLES:
        raise ValueError(f"{path.name} must end in {', '.join(TABLES)}; got {path.suffix!r}")
    pandas, frame = _read(path, TABLES[path.suffix.lower()])
    frame.columns = frame.columns.map(str)
    if names is None:
        if frame.shape[1] != inputs:
            raise ValueError(
                f"{path.name} must have {inputs} columns, one per input of the model; got "
                f"{frame.shape[1]}"
            )
        names = list(frame.columns)
    sources = [_source(path, name, list(frame.columns)) for name in names]
    used = list(dict.fromkeys(column for column, _ in sources))
    _check(frame[used])
    values = {column: _values(pandas, frame[column]) for column in used}
    for column in used:
        _check_kind(column, values[column], {text for other, text in sources if other == column})
    columns = [
        values[column] if text is None else values[column].astype(str) == text
        for column, text in sources
    ]
    return np.column_stack(columns).astype(np.float64)


def _source(path: Path, name: str, columns: Sequence[str]) -> tuple[str, str | None]:
    """Return the column that an input comes from, and the text that it stands for, if any."""
    if name in columns:
        return name, None
    for column in columns:
        if name.startswith(f"{column}="):
            return column, name.removeprefix(f"{column}=")
    raise ValueError(
        f"{path.name} must have the columns that the model was trained on; "
        f"{name.partition('=')[0]!r} is missing"
    )


def _check_kind(column: str, values: np.ndarray, texts: set[str | None]) -> None:
    """Refuse a text where the model knows numbers, and texts that it has never seen."""
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


def _read(path: Path, reader: str, **options: Any) -> tuple[ModuleType, Any]:
    """Return pandas and a file's DataFrame."""
    pandas = import_pandas(f"reading {path.name}")
    try:
        return pandas, getattr(pandas, reader)(path, **options)
    except ImportError as error:
        raise ImportError(
            f"reading {path.name} needs pyarrow: pip install 'rewire[data]'"
        ) from error
    except TypeError as error:
        raise ValueError(f"pandas.{reader} does not take these options: {error}") from error


def _check(frame: Any) -> None:
    """Refuse missing values, columns that cannot be told apart, and no rows at all."""
    if len(frame) == 0:
        raise ValueError("a table must have at least one row; got none")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"columns must have different names; got {twice!r} twice")
    missing = np.argwhere(frame.isna().to_numpy())
    if len(missing):
        row, column = missing[0]
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ValueError(
            f"no value may be missing; got none in row {row} (counted from 0), column "
            f"{str(frame.columns[column])!r}{more}: fill in what is missing, or leave the row out; "
            f"where NA and the like are text, read with keep_default_na=False"
        )


def _find(target: Any, names: list[Any]) -> Any:
    """Return the column that a name or a number means."""
    if target in names:
        return target
    try:
        return names[int(str(target))]
    except (ValueError, IndexError):
        shown = ", ".join(map(str, names[:20])) + (", ..." if len(names) > 20 else "")
        raise ValueError(
            f"target must be the column to predict, by name or by number in "
            f"[-{len(names)}, {len(names)}); got {target!r}, and the columns are {shown}"
        ) from None


def _values(pandas: ModuleType, column: Any) -> np.ndarray:
    """Return a column as numbers, truth values or text."""
    values = column.to_numpy()
    if values.dtype.kind in "biuf":
        return values
    if pandas.api.types.infer_dtype(values, skipna=False) != "string":
        raise ValueError(
            f"column {str(column.name)!r} must hold numbers, truth values or text; got "
            f"{column.dtype}: turn it into numbers, or leave the column out"
        )
    return values.astype(str)


def _inputs(columns: dict[Any, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Return the inputs, text as one column per value, and their names."""
    if not columns:
        raise ValueError("at least one column must be left besides target; got none")
    blocks, names = [], []
    for name, values in columns.items():
        if values.dtype.kind != "U":
            blocks.append(values[:, None])
            names.append(str(name))
            continue
        categories = np.unique(values)
        if len(categories) > MOST_CATEGORIES:
            raise ValueError(
                f"column {str(name)!r} must have at most {MOST_CATEGORIES} different texts, each "
                f"of which becomes an input; got {len(categories)}: leave the column out, or turn "
                f"it into numbers"
            )
        blocks.append(values[:, None] == categories)
        names += [f"{name}={category}" for category in categories]
    return np.hstack(blocks), names
