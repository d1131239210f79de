"""What a person says about the columns of a table, by parameters or in a file."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, get_args

from rewire.io import reading
from rewire.validation import of_type, several

from .dates import as_pattern
from .schema import DateFormat, Kind, NumberFormat, Role

__all__ = [
    "Override",
    "Overrides",
    "collect_overrides",
    "find_column",
    "one_or_several",
    "read_specification",
]

SPECIFIED = ("kind", "role", "number", "date", "words", "na", "usual_na")
# What an inspected table says besides, for a person.
DESCRIPTIVE = ("rows", "missing", "different", "odd", "note", "name", "of")


@dataclass(frozen=True)
class Override:
    """What is said about one column; None for what is to be found."""

    kind: Kind | None = None
    role: Role | None = None
    number: NumberFormat | None = None
    date: DateFormat | None = None
    words: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    na: tuple[str, ...] = ()
    usual_na: bool | None = None


@dataclass(frozen=True)
class Overrides:
    """What is said about a table.

    Parameters
    ----------
    columns : mapping of str to Override
    targets : tuple of str
    na : tuple of str
        For every column.
    decimal, thousands, censored : str, optional
        For every column of numbers that are written as text.
    problems : tuple of str
        What cannot be followed.
    """

    columns: Mapping[str, Override] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    na: tuple[str, ...] = ()
    decimal: str | None = None
    thousands: str | None = None
    censored: str = "missing"
    problems: tuple[str, ...] = ()

    def of(self, name: str) -> Override:
        """Return what is said about a column."""
        return self.columns.get(name, Override())


def collect_overrides(
    names: Sequence[str],
    *,
    target: Any,
    kinds: Mapping[str, Any],
    ignore: Any,
    columns: Any,
    **whole_table: Any,
) -> Overrides:
    """Return what is said about the columns of these names.

    Parameters
    ----------
    names : sequence of str
    target : str, int, a sequence of them, or None
    kinds : mapping of str to str, int or an iterable of them
        For "numeric", "categorical", "date" and "text", the columns that are of this kind; a date
        may be given as "column=pattern".
    ignore : str, int or an iterable of them
    columns : path, mapping or None
        See :func:`read_specification`.
    **whole_table
        Further fields of :class:`Overrides`.
    """
    find = _Finder(names)
    said = {
        name: dict(values)
        for wanted, values in read_specification(columns).items()
        if (name := find("columns", wanted)) is not None
    }
    _say_kinds(said, kinds, find)
    for wanted in one_or_several("ignore", ignore):
        if (name := find("ignore", wanted)) is not None:
            said.setdefault(name, {})["role"] = "ignored"
    targets = _targets(target, said, find)
    return Overrides(
        {name: Override(**values) for name, values in said.items()},
        targets,
        problems=tuple(find.problems),
        **whole_table,
    )


class _Finder:
    """Finds columns, and collects what is wrong with their names."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.known = set(names)  # of thousands of columns, thousands may be named
        self.problems: list[str] = []

    def __call__(self, parameter: str, wanted: Any) -> str | None:
        if str(wanted) in self.known:
            return str(wanted)
        try:
            return find_column(wanted, self.names, parameter)
        except ValueError as error:
            self.problems.append(str(error))
            return None


def _say_kinds(said: dict[str, dict[str, Any]], kinds: Mapping[str, Any], find: _Finder) -> None:
    """Add the kinds of columns, and the patterns of dates, to what is said."""
    for parameter, listed in kinds.items():
        for wanted in one_or_several(parameter, listed):
            pattern = None
            if parameter == "date" and wanted not in find.known and "=" in str(wanted):
                wanted, _, pattern = str(wanted).rpartition("=")
            if (name := find(parameter, wanted)) is None:
                continue
            said.setdefault(name, {})["kind"] = KINDS[parameter]
            if pattern:
                said[name]["date"] = DateFormat(as_pattern(pattern), "%z" in pattern)


def _targets(target: Any, said: dict[str, dict[str, Any]], find: _Finder) -> tuple[str, ...]:
    """Return the targets that are given, or else those that the specification has."""
    given = () if target is None else one_or_several("target", target)
    targets = [name for one in given if (name := find("target", one)) is not None]
    specified = [name for name, one in said.items() if one.get("role") == "target"]
    if targets and (other := [name for name in specified if name not in targets]):
        find.problems.append(
            f"columns says that {other[0]!r} is the target, and target names {targets[0]!r}: give "
            "one of them"
        )
    targets = targets or specified
    find.problems += [
        f"column {name!r} is the target and must not be left out as well"
        for name in targets
        if said.get(name, {}).get("role") == "ignored"
    ]
    return tuple(dict.fromkeys(targets))


def one_or_several(parameter: str, given: Any) -> Iterable[Any]:
    """Return what may be one text or number as several; refuse what is neither."""
    if isinstance(given, (str, int)):
        return (given,)
    return several(given, parameter, "texts or numbers")


KINDS: dict[str, Kind] = {
    "numeric": "number",
    "categorical": "category",
    "date": "date",
    "text": "text",
}


def find_column(wanted: Any, names: Sequence[str], parameter: str = "target") -> str:
    """Return the name of a column that is given by name or by number.

    Parameters
    ----------
    wanted : str or int
    names : sequence of str
    parameter : str, default "target"
        Its name, for the error.

    Raises
    ------
    ValueError
        If there is no such column; with the names that come close.

    Examples
    --------
    >>> find_column("price", ["area", "price"]), find_column(-1, ["area", "price"])
    ('price', 'price')
    """
    if wanted in names or str(wanted) in names:
        return str(wanted)
    try:
        return names[int(str(wanted))]
    except (ValueError, IndexError):
        close = difflib.get_close_matches(str(wanted), names, n=1, cutoff=0.7)
        shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        raise ValueError(
            f"{parameter} must name a column, or give its number in [-{len(names)}, {len(names)}); "
            f"got {wanted!r}{f' (is {close[0]!r} meant?)' if close else ''}, and the columns are "
            f"{shown}"
        ) from None


def read_specification(columns: Any) -> dict[str, dict[str, Any]]:
    """Return what a file, or a mapping, says about columns by their names.

    Parameters
    ----------
    columns : path, mapping or None
        A JSON or TOML file, or its content: for each column its kind, or a mapping with some of
        kind, role, number, date, words, na and usual_na; or what ``rewire inspect --json``
        prints, with a list of columns.

    Raises
    ------
    ValueError
        If the file is neither JSON nor TOML, or says what a column has not.

    Examples
    --------
    >>> read_specification({"zip": "category", "price": {"number": {"decimal": ","}}})["zip"]
    {'kind': 'category'}
    """
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        path = Path(of_type(columns, "columns", str, PathLike, Mapping))
        with reading(path):
            return read_specification(_load(path))
    if isinstance(columns.get("columns"), (list, tuple)):
        # Those that are read off others come of themselves.
        columns = {one["name"]: one for one in columns["columns"] if not one.get("of")}
    return {str(name): _specified(str(name), said) for name, said in columns.items()}


def _load(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(f"columns must be an existing file; got {str(path)!r}")
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:  # of several kinds, all of them ValueErrors
        raise ValueError(
            f"columns must be a file of JSON or TOML; {str(path)!r} is not: {error}"
        ) from error
    if not isinstance(found, Mapping):
        raise ValueError(f"columns must be a mapping of names to kinds; got {type(found).__name__}")
    return found


def _specified(name: str, said: Any) -> dict[str, Any]:
    if not isinstance(said, (str, Mapping)):
        raise TypeError(
            f"columns must say of {name!r} its kind, or a mapping; got {type(said).__name__}"
        )
    values: dict[str, Any] = {"kind": said} if isinstance(said, str) else dict(said)
    values = {key: value for key, value in values.items() if key not in DESCRIPTIVE}
    if unknown := [key for key in values if key not in SPECIFIED]:
        raise ValueError(
            f"columns may say {', '.join(SPECIFIED)} of a column; got {unknown[0]!r} for {name!r}"
        )
    for key, known in (("kind", Kind), ("role", Role)):
        if values.get(key) is not None and values[key] not in get_args(known):
            raise ValueError(
                f"columns must give {key} as one of {', '.join(get_args(known))}; got "
                f"{values[key]!r} for {name!r}"
            )
    try:
        if values.get("number") is not None:
            values["number"] = NumberFormat(**values["number"])
        if isinstance(values.get("date"), str):
            values["date"] = {"pattern": values["date"]}
        if values.get("date") is not None:
            given = {**values["date"], "pattern": as_pattern(values["date"]["pattern"])}
            values["date"] = DateFormat(**given)
    except (TypeError, KeyError) as error:
        raise ValueError(f"columns has a format for {name!r} that is none: {error}") from error
    if values.get("words") is not None:
        values["words"] = tuple(map(tuple, values["words"]))
    if "na" in values:
        values["na"] = tuple(values["na"])
    return values
