"""Answers of a trained network in a file, for ``rewire predict``."""

from __future__ import annotations

import csv
import gzip
import io
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from rich.markup import escape

from rewire.data.inputs import check_finite
from rewire.data.npz import read_inputs
from rewire.experiment import Predictor
from rewire.experiment.reading import read_samples, schema_of, unreadable
from rewire.export.python_runtime import as_cell
from rewire.io import atomic_write, import_optional
from rewire.tables import parse
from rewire.tables.raw import RawTable

from .common import print_line
from .spinner import waiting

__all__ = ["ENDINGS", "write_predictions"]

# What may be written: the ends of file names.
ENDINGS = (".csv", ".csv.gz", ".tsv", ".parquet")
DIGITS_OF_PROBABILITIES = 4
# Digits of a regression's answers below the deviation of its targets.
DIGITS_OF_NUMBERS = 6


def write_predictions(
    model: Predictor,
    samples: Path,
    out: Path | None,
    *,
    probabilities: bool = False,
    keep: Sequence[str] = (),
    strict: bool = False,
    encoding: str | None = None,
) -> None:
    """Write a table with a line for each sample, to a file or to standard output.

    Parameters
    ----------
    model : Predictor
    samples : Path
        A table, ``-`` for standard input, or an NPZ or NPY file.
    out : Path, optional
        Its ending, one of ``ENDINGS``, says the format.
    probabilities : bool, default False
        Whether there is a column for each class as well.
    keep : sequence of str
        Columns to carry over; by default those that the model took for the names of rows.
    strict : bool, default False
        Whether a row that cannot be answered is an error, instead of an empty answer.
    encoding : str, optional
        Of a file of text; by default as in training.
    """
    if out is not None and not out.name.lower().endswith(ENDINGS):
        raise ValueError(f"out must end in {', '.join(ENDINGS)}; got {str(out)!r}")
    arrays = samples.suffix.lower() in (".npz", ".npy")
    with waiting(f"reading {samples.name}"):
        source = "-" if str(samples) == "-" else samples
        raw = None if arrays else read_samples(model, source, encoding)
        X, answerable = _inputs(model, samples, raw)
        answerable = answerable & np.isfinite(model.outputs(X)).all(axis=1)
    if not answerable.all():
        _tell(model, raw, answerable, strict)
    columns = _kept(model, raw, keep) | _answers(model, X, answerable, probabilities)
    if out is None:
        _write_lines(sys.stdout, columns)
        return
    with atomic_write(out) as temporary:
        _write(temporary, columns, out.name.lower())


def _inputs(model: Predictor, samples: Path, raw: RawTable | None) -> tuple[Any, np.ndarray]:
    if raw is not None:
        return model.inputs(parse(raw, schema_of(model, raw)))
    X = read_inputs(samples, np.dtype(np.float64))
    if X.ndim != 2 or X.shape[1] != model.network.ranks[0]:
        raise ValueError(
            f"{samples} cannot be loaded: X must have shape (samples, "
            f"{model.network.ranks[0]}), one column per input of the model; got {X.shape}"
        )
    check_finite("X", X, model.feature_names)
    return X, np.ones(X.shape[0], bool)


def _tell(model: Predictor, raw: RawTable | None, answerable: np.ndarray, strict: bool) -> None:
    """Say which rows have no answer, or refuse them."""
    where = "; ".join(unreadable(model, raw)) if raw is not None else ""
    where = where or "numbers too large for it"
    text = (
        f"{(~answerable).sum():,} of {len(answerable):,} rows have no answer, as they have values "
        f"that the model cannot read: {where}"
    )
    if strict:
        raise ValueError(text)
    print_line(escape(text), stderr=True)


def _kept(model: Predictor, raw: RawTable | None, keep: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Return the columns that are carried over, as they are in the file."""
    found = {} if raw is None else dict(raw.columns)
    if absent := [name for name in keep if name not in found]:
        raise ValueError(
            f"keep must name columns of the samples, which are {', '.join(found) or 'none'}; got "
            f"{absent[0]!r}"
        )
    if not keep and model.encoder is not None:
        keep = [c.name for c in model.encoder.schema.columns if c.kind == "id" and c.name in found]
    return {name: found[name].cells().tolist() for name in keep}


# ----------------------------------------------------------------------------------- answers


def _answers(
    model: Predictor, X: Any, answerable: np.ndarray, probabilities: bool
) -> dict[str, Sequence[Any]]:
    answers = np.asarray(model.predict(X)).reshape(X.shape[0], -1)
    columns: dict[str, Sequence[Any]] = {}
    for i, column in enumerate(answers.T):
        name = "prediction" if answers.shape[1] == 1 else f"prediction {i}"
        columns[name] = (
            _rounded(model, column, i) if model.task == "regression" else column.tolist()
        )
    if probabilities:
        for name, column in zip(model.classes, model.probabilities(X).T, strict=True):
            columns[f"probability of {name}"] = [
                float(f"{value:.{DIGITS_OF_PROBABILITIES}g}") for value in column.tolist()
            ]
    return {name: _where(column, answerable) for name, column in columns.items()}


def _rounded(model: Predictor, values: np.ndarray, output: int) -> list[float]:
    """Return numbers with the digits that the network tells."""
    if model.target_scale is None:
        return values.tolist()
    scale = float(np.ravel(model.target_scale)[output])
    return np.round(values, DIGITS_OF_NUMBERS - math.floor(math.log10(scale))).tolist()


def _where(values: Sequence[Any], answerable: np.ndarray) -> list[Any]:
    return [value if known else None for value, known in zip(values, answerable, strict=True)]


# ------------------------------------------------------------------------------------- files


def _write(path: Path, columns: dict[str, Sequence[Any]], name: str) -> None:
    if name.endswith(".parquet"):
        import_optional("pyarrow", "data")
        import_optional("pandas", "data").DataFrame(columns).to_parquet(path, index=False)
    elif name.endswith(".gz"):
        # Without the time, so that the same answers make the same file.
        with (
            path.open("wb") as raw,
            gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as file,
        ):
            _write_lines(file, columns)
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            _write_lines(file, columns, "\t" if name.endswith(".tsv") else ",")


def _write_lines(file: TextIO, columns: dict[str, Sequence[Any]], delimiter: str = ",") -> None:
    """Write lines of text, none of them a formula to a spreadsheet; what is missing is empty."""
    writer = csv.writer(file, lineterminator="\n", delimiter=delimiter)
    writer.writerow(map(as_cell, columns))
    rows = zip(*columns.values(), strict=True)
    writer.writerows(map(as_cell, row) for row in rows)
