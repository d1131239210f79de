"""Parquet files, one or a folder of them, as one table that is read by row groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import advise, import_optional, reading
from rewire.io.unpacking import check_unpacked

from .headers import header_names
from .raw import RawTable
from .typed import from_frame, read_arrow

__all__ = ["RowGroups", "is_parquet", "parquet_files", "read_folder"]


def is_parquet(path: Path) -> bool:
    """Return whether a path is a Parquet file or a folder."""
    return path.suffix.lower() == ".parquet" or path.is_dir()


def parquet_files(path: Path) -> list[Path]:
    """Return a file, or the Parquet files in a folder and those below it, by their names.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        For a folder without Parquet files.
    """
    if not path.exists():
        raise FileNotFoundError(f"a table must be an existing file or folder; got {str(path)!r}")
    files = sorted(path.glob("**/*.parquet")) if path.is_dir() else [path]
    if not files:
        raise ValueError(f"a folder must hold .parquet files; got none in {str(path)!r}")
    return files


def read_folder(path: Path, max_bytes: int | None = None) -> RawTable:
    """Read all Parquet files in a folder, one below the other.

    Parameters
    ----------
    path : Path
    max_bytes : int, optional
        As of :func:`rewire.tables.read_raw`, for each file.
    """
    pyarrow = import_optional("pyarrow", "data")
    files = parquet_files(path)
    tables = [read_arrow(file, max_bytes) for file in files]
    _common_schema(files, [one.schema for one in tables])
    table = pyarrow.concat_tables(tables, promote_options="permissive")
    return _raw(table, path.name)


class RowGroups:
    """The row groups of a Parquet file, or of all files in a folder.

    Parameters
    ----------
    path : Path
    max_bytes : int, optional
        That a row group may have unpacked; see :func:`rewire.io.unpacking.unpacked_limit`.

    Attributes
    ----------
    name : str
        Of the file or folder, for a person.
    names : list of str
        Of the columns, without those that are a pandas index.
    bounds : ndarray of int64, shape (groups + 1,)
        First rows of the groups, and the number of rows.
    largest : int
        Bytes of the largest group, unpacked.

    Raises
    ------
    ValueError
        For files that cannot be read, and those of a folder whose columns differ.
    OSError
        If there is no such file.
    ImportError
        If pyarrow is not installed.
    """

    def __init__(self, path: Path, max_bytes: int | None = None):
        dataset = import_optional("pyarrow.dataset", "data")
        files = parquet_files(path)
        self.path, self.name = path, path.name
        with reading(path):
            schemas = [dataset.dataset(str(file), format="parquet").schema for file in files]
            self._schema = _common_schema(files, schemas)
            found = dataset.dataset([str(file) for file in files], self._schema, format="parquet")
            fragments = list(found.get_fragments())
            groups = [(file.path, one) for file in fragments for one in file.split_by_row_group()]
            groups = [(file, one) for file, one in groups if one.row_groups[0].num_rows]
            sizes = [one.row_groups[0].total_byte_size for _, one in groups]
            rows = [one.row_groups[0].num_rows for _, one in groups]
            for (file, _), size, count in zip(groups, sizes, rows, strict=True):
                # Equal values take no room there, and at least a byte here.
                check_unpacked(file, max(size, count * len(self._schema)), max_bytes)
        if not rows:
            raise ValueError(f"a table must have at least one row; got none in {str(path)!r}")
        self._groups = [one for _, one in groups]
        self._own = _columns(self._schema)
        self.names, self.notes = header_names(self._own)
        self.bounds = np.concatenate([[0], np.cumsum(rows)])
        self.largest = max(sizes)
        self._last: tuple[Any, Any] = (None, None)

    def __len__(self) -> int:
        return len(self._groups)

    def read(self, number: int, names: Sequence[str] | None = None) -> Any:
        """Return the Arrow table of a row group.

        The last one is kept, as it is asked for again where a buffer ends within it.

        Parameters
        ----------
        number : int
        names : sequence of str, optional
            Columns to read; by default all.
        """
        places = [self.names.index(one) for one in (self.names if names is None else names)]
        wanted = (number, tuple(places))
        if self._last[0] != wanted:
            self._last = (None, None)  # two of them would be twice the memory
            with reading(self.path):
                own = [self._own[place] for place in places]
                table = self._groups[number].to_table(columns=own, schema=self._schema)
                table.validate(full=True)  # offsets beyond a buffer's end would end the process
            renamed = table.rename_columns([self.names[place] for place in places])
            self._last = wanted, renamed.replace_schema_metadata(None)
        return self._last[1]

    def raw(self, parts: Sequence[Any]) -> RawTable:
        """Return Arrow tables, one below the other, as columns to be understood."""
        pyarrow = import_optional("pyarrow", "data")
        return _raw(pyarrow.concat_tables(parts), self.name)


def _raw(table: Any, name: str) -> RawTable:
    pandas = import_optional("pandas", "data")
    return from_frame(table.to_pandas(types_mapper=pandas.ArrowDtype), name=name)


def _columns(schema: Any) -> list[str]:
    """Return the names of the columns, without those that pandas wrote as an index."""
    index = (schema.pandas_metadata or {}).get("index_columns", ())
    return [name for name in schema.names if name not in index]


def _common_schema(files: Sequence[Path], schemas: Sequence[Any]) -> Any:
    """Return the schema of all files: their columns are the same, their types compatible."""
    pyarrow = import_optional("pyarrow", "data")
    first = schemas[0]
    for file, one in zip(files, schemas, strict=True):
        if differing := sorted(set(one.names) ^ set(first.names)):
            raise ValueError(
                advise(
                    f"all files must have the same columns; got {differing[0]!r} in one of "
                    f"{files[0].name!r} and {file.name!r} only",
                    "add it to the others",
                    "leave the file out of the folder",
                )
            )
    try:
        return pyarrow.unify_schemas(schemas, promote_options="permissive")
    except pyarrow.ArrowException as error:
        raise ValueError(f"all files must have columns of the same types: {error}") from error
