"""What to train on: which data, and how a table is read."""

from __future__ import annotations

from dataclasses import MISSING, dataclass

from ..settings import setting

__all__ = ["LOSSES", "DataSettings"]

# By task; the first is the default.
LOSSES = {
    "classification": ("cross_entropy", "hinge", "binary_cross_entropy"),
    "regression": ("mean_squared_error", "huber"),
}


@dataclass(frozen=True)
class DataSettings:
    """The data, and how a table is read."""

    data: str = setting(
        MISSING, str, "A data set by name, or a file.", group="Data", command_line=False
    )
    target: str | None = setting(
        None,
        str,
        "Column to predict, by name or number, of a file.",
        group="Data",
        default_text="y in NPZ files",
    )
    ignore: tuple[str, ...] = setting(
        (),
        str,
        "Columns of a table to leave out, commas between; double quotes enclose a name with a "
        "comma.",
        many=True,
        group="Data",
    )
    columns: str | None = setting(
        None,
        str,
        "File (JSON or TOML) that says what columns of a table are; see 'rewire inspect'.",
        group="Data",
    )
    numeric: tuple[str, ...] = setting(
        (), str, "Columns of a table to read as numbers.", many=True, group="Data"
    )
    categorical: tuple[str, ...] = setting(
        (), str, "Columns of a table to read as categories.", many=True, group="Data"
    )
    date: tuple[str, ...] = setting(
        (), str, "Columns of a table to read as dates or times.", many=True, group="Data"
    )
    text: tuple[str, ...] = setting(
        (),
        str,
        "Columns of a table to learn from as text, by the pieces of words in it; others of names "
        "and sentences are left out.",
        many=True,
        group="Data",
    )
    na: tuple[str, ...] = setting(
        (), str, "Texts in a table that mean a missing value.", many=True, group="Data"
    )
    thousands: str | None = setting(
        None,
        str,
        "What separates thousands in a table's numbers, such as a comma.",
        group="Data",
        default_text="as each column is written",
    )
    decimal: str | None = setting(
        None,
        str,
        "What stands before the decimals in a table's numbers: {choices}.",
        choices=(".", ","),
        group="Data",
        default_text="as each column is written",
    )
    censored: str | None = setting(
        None,
        str,
        "What becomes of values such as <1.0 in a column of numbers: {choices}.",
        choices=("missing", "limit"),
        group="Data",
        default_text="missing",
    )
    header: bool = setting(
        True,
        bool,
        "The first line of a table has the columns' names; without, they are column_1, column_2 "
        "and so on.",
        group="Data",
    )
    encoding: str | None = setting(
        None,
        str,
        "Encoding of a file of text, such as cp1252.",
        group="Data",
        default_text="UTF-8 or UTF-16, as its first bytes say",
    )
    missing: str = setting(
        "impute",
        str,
        "What becomes of missing values in a table: impute the median or the most frequent value, "
        "or none to refuse them.",
        choices=("impute", "none"),
        group="Data",
    )
    task: str | None = setting(
        None,
        str,
        "Task of a file: classification or regression.",
        choices=tuple(LOSSES),
        group="Data",
        default_text="as its targets are",
    )
    buffer: str | None = setting(
        None,
        str,
        "Leave the data on disk and read them piece by piece: memory for the training samples that "
        "are shuffled at a time, such as 500 MB. For Parquet files, folders of them, .npy files.",
        group="Data",
        default_text="load everything",
    )
    standardize: bool | None = setting(
        None,
        bool,
        "Bring inputs to mean 0 and standard deviation 1.",
        group="Data",
        default_text="files only",
    )
    validation: float = setting(
        0.1,
        float,
        "Share (or number) of the training samples to validate on; 0 for none.",
        low=0,
        group="Data",
    )
