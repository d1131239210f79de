"""Answers of a trained network in a file, for ``rewire predict``."""

from __future__ import annotations

import csv
import gzip
import io
import math
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np
from rich.markup import escape

from rewire.data.inputs import check_finite
from rewire.data.npz import input_pieces
from rewire.experiment import Predictor
from rewire.experiment.reading import read_pieces, rows_at_a_time, schema_of, unreadable
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
# Columns of which is said where they cannot be read.
SHOWN = 5

Columns = dict[str, Sequence[Any]]


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
    unanswered = Unanswered()
    answers = (
        _kept(model, one, keep) | _answers(model, one.X, unanswered.note(model, one), probabilities)
        for one in _pieces(model, samples, encoding)
    )
    with _printed() if out is None else atomic_write(out) as temporary:
        source = "standard input" if str(samples) == "-" else samples.name
        with waiting(f"reading {source}"):
            _write(temporary, answers, "answers.csv" if out is None else out.name.lower())
        unanswered.tell(strict)


@contextmanager
def _printed() -> Iterator[Path]:
    """Yield a file to write that goes to standard output once it is whole."""
    with tempfile.TemporaryDirectory() as folder:
        yield (path := Path(folder) / "answers.csv")
        with path.open(newline="", encoding="utf-8") as file:
            shutil.copyfileobj(file, sys.stdout)


class Piece(NamedTuple):
    """Samples that are in memory at a time.

    Attributes
    ----------
    X : array or SciPy CSR, shape (samples, inputs)
    answerable : ndarray of bool, shape (samples,)
    raw : RawTable or None
        Where they come from a table.
    """

    X: Any
    answerable: np.ndarray
    raw: RawTable | None = None


def _pieces(model: Predictor, samples: Path, encoding: str | None) -> Iterator[Piece]:
    if samples.suffix.lower() not in (".npz", ".npy"):
        source = "-" if str(samples) == "-" else samples
        for raw in read_pieces(model, source, encoding):
            yield Piece(*model.inputs(parse(raw, schema_of(model, raw))), raw)
        return
    first, rows = 0, rows_at_a_time(model)
    for X in input_pieces(samples, np.dtype(np.float64), model.network.ranks[0], rows):
        check_finite("X", X, model.feature_names, first=first)
        yield Piece(X, np.ones(X.shape[0], bool))
        first += X.shape[0]


class Unanswered:
    """Counts rows without an answer, and remembers where the first of them are."""

    def __init__(self) -> None:
        self.count, self.total = 0, 0
        self.places: dict[str, str] = {}

    def note(self, model: Predictor, piece: Piece) -> np.ndarray:
        """Count the samples of a piece; return which of them have an answer."""
        known = piece.answerable & np.isfinite(model.outputs(piece.X)).all(axis=1)
        if piece.raw is not None and not known.all():
            self.places = unreadable(model, piece.raw, self.total) | self.places
        self.count += int((~known).sum())
        self.total += len(known)
        return known

    def tell(self, strict: bool) -> None:
        """Say which rows have no answer, or refuse them."""
        if not self.count:
            return
        where = "; ".join(list(self.places.values())[:SHOWN]) or "numbers too large for it"
        more = "; ..." if len(self.places) > SHOWN else ""
        text = (
            f"{self.count:,} of {self.total:,} rows have no answer, as they have values that the "
            f"model cannot read: {where}{more}"
        )
        if strict:
            raise ValueError(text)
        print_line(escape(text), stderr=True)


def _kept(model: Predictor, piece: Piece, keep: Sequence[str]) -> Columns:
    """Return the columns that are carried over, as they are in the file."""
    found = {} if piece.raw is None else dict(piece.raw.columns)
    if absent := [name for name in keep if name not in found]:
        raise ValueError(
            f"keep must name columns of the samples, which are {', '.join(found) or 'none'}; got "
            f"{absent[0]!r}"
        )
    if not keep and model.encoder is not None:
        keep = [c.name for c in model.encoder.schema.columns if c.kind == "id" and c.name in found]
    return {name: found[name].cells().tolist() for name in keep}


# ----------------------------------------------------------------------------------- answers


def _answers(model: Predictor, X: Any, answerable: np.ndarray, probabilities: bool) -> Columns:
    answers = np.asarray(model.predict(X)).reshape(X.shape[0], -1)
    columns: Columns = {}
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


def _write(path: Path, pieces: Iterable[Columns], name: str) -> None:
    """Write columns, piece below piece, in the format of a name."""
    if name.endswith(".parquet"):
        _write_parquet(path, pieces)
    elif name.endswith(".gz"):
        # Without the time, so that the same answers make the same file.
        with (
            path.open("wb") as raw,
            gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as file,
        ):
            _write_lines(file, pieces)
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            _write_lines(file, pieces, "\t" if name.endswith(".tsv") else ",")


def _write_parquet(path: Path, pieces: Iterable[Columns]) -> None:
    """Write a file of all pieces, each of which may lack values that tell a column's type."""
    pyarrow, pandas = import_optional("pyarrow", "data"), import_optional("pandas", "data")
    parquet = import_optional("pyarrow.parquet", "data")
    frames = map(pandas.DataFrame, pieces)
    tables = [pyarrow.Table.from_pandas(one, preserve_index=False) for one in frames]
    parquet.write_table(pyarrow.concat_tables(tables, promote_options="permissive"), path)


def _write_lines(file: TextIO, pieces: Iterable[Columns], delimiter: str = ",") -> None:
    """Write lines of text, none of them a formula to a spreadsheet; what is missing is empty."""
    writer = csv.writer(file, lineterminator="\n", delimiter=delimiter)
    for number, columns in enumerate(pieces):
        if number == 0:
            writer.writerow(map(as_cell, columns))
        rows = zip(*columns.values(), strict=True)
        writer.writerows(map(as_cell, row) for row in rows)
