"""What each column of a table is, as plain data that JSON can hold and that reads other files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from rewire.io.schemas import conform

__all__ = ["Column", "DateFormat", "Kind", "NumberFormat", "Role", "Schema"]

Kind = Literal["number", "boolean", "category", "date", "text", "id", "constant", "unknown"]
Role = Literal["input", "target", "ignored"]
KNOWN = {"kind": get_args(Kind), "role": get_args(Role)}


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written in a column of text.

    Parameters
    ----------
    decimal : {".", ","}, default "."
    thousands : str, default ""
        What separates groups of three digits; empty for nothing.
    prefix, suffix : str, default ""
        A currency or unit that stands at every number, such as ``"$"`` or ``"kg"``.
    factor : float, default 1
        What a number as written is multiplied by.
    censored : {"missing", "limit"}, default "missing"
        What ``"<1.0"`` is: a missing value, or its limit, 1.0, which a further column says.

    Examples
    --------
    >>> from rewire.tables import read_raw, understand
    >>> understand(read_raw({"price": ["1.200,50 €", "3,25 €"]})).columns[0].number
    NumberFormat(decimal=',', thousands='.', prefix='', suffix='€', factor=1.0, censored='missing')
    """

    decimal: str = "."
    thousands: str = ""
    prefix: str = ""
    suffix: str = ""
    factor: float = 1.0
    censored: str = "missing"


@dataclass(frozen=True)
class DateFormat:
    """How dates and times are written in a column of text.

    Parameters
    ----------
    pattern : str
        In the notation of ``strptime``, or ``"ISO8601"``; ``"s"``, ``"ms"``, ``"us"`` or
        ``"ns"`` for numbers that count from 1970-01-01.
    utc : bool, default False
        Whether the values have a time zone and are brought to UTC.

    Examples
    --------
    >>> from rewire.tables import read_raw, understand
    >>> understand(read_raw({"sold": ["03/25/2024", "04/01/2024"]})).columns[0].date
    DateFormat(pattern='%m/%d/%Y', utc=False)
    """

    pattern: str = "ISO8601"
    utc: bool = False


@dataclass(frozen=True)
class Column:
    """One column: its kind, how it is written, and what was found in it.

    Parameters
    ----------
    name : str
    kind : {"number", "boolean", "category", "date", "text", "id", "constant", "unknown"}
    role : {"input", "target", "ignored"}
        Only inputs are encoded.
    number : NumberFormat, optional
        Of a number that is written as text. Also of a category whose texts are numbers: "7.0" and
        "7" are the same one then.
    date : DateFormat, optional
        Of a date that is written as text.
    words : (tuple of str, tuple of str), optional
        Of a boolean that is written as text: what stands for false, and for true.
    na : tuple of str
        Texts in this column that mean a missing value, besides the empty one and the usual ones.
    usual_na : bool, default True
        Whether the usual words for a missing value, such as "NA" and "null", mean one here.
    rows, missing, different : int
        Rows seen, missing values among them (placeholders included), different values.
    odd : tuple of (str, int, str)
        Texts that do not fit the kind, how often each occurred, and what became of them.
    note : str
        Why it is what it is, for a person.
    of : str, default ""
        Of a column that no table has: the one that its values are read off. It tells which numbers
        are limits, such as ``"<1.0"``; ``words`` has the signs.

    Examples
    --------
    >>> from rewire.tables import read_raw, understand
    >>> raw = read_raw({"area": ["120", "?", "75.5"], "city": ["Bonn", "Ulm", "Ulm"]})
    >>> schema = understand(raw)
    >>> [(column.name, column.kind, column.missing) for column in schema.columns]
    [('area', 'number', 1), ('city', 'category', 0)]
    """

    name: str
    kind: Kind
    role: Role = "input"
    number: NumberFormat | None = None
    date: DateFormat | None = None
    words: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    na: tuple[str, ...] = ()
    usual_na: bool = True
    rows: int = 0
    missing: int = 0
    different: int = 0
    odd: tuple[tuple[str, int, str], ...] = ()
    note: str = ""
    of: str = ""

    def __post_init__(self) -> None:
        for name, known in KNOWN.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be one of {', '.join(known)}; "
                    f"got {getattr(self, name)!r} for column {self.name!r}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        formats = {"number": self.number, "date": self.date}
        return {**vars(self), **{name: one and asdict(one) for name, one in formats.items()}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Column:
        """Return the column that :meth:`to_dict` gave, also by way of JSON."""
        known = {one.name for one in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"a column has {', '.join(sorted(known))}; got {unknown[0]!r}")
        given = dict(values)
        if given.get("number") is not None:
            given["number"] = NumberFormat(**given["number"])
        if given.get("date") is not None:
            given["date"] = DateFormat(**given["date"])
        if given.get("words") is not None:
            given["words"] = tuple(map(tuple, given["words"]))
        given["na"] = tuple(given.get("na", ()))
        given["odd"] = tuple(map(tuple, given.get("odd", ())))
        return cls(**given)


@dataclass(frozen=True)
class Schema:
    """The columns of a table in their order.

    Parameters
    ----------
    columns : tuple of Column
    notes : tuple of str
        What was found in reading the table, for a person.
    header : bool, default True
        Whether a file has the columns' names in its first line; otherwise they are told apart by
        their order.
    encoding : str, optional
        Of a file of text, where one was named.

    Examples
    --------
    >>> schema = Schema((Column("area", "number"), Column("sold", "boolean", "target")))
    >>> [one.name for one in schema.inputs], [one.name for one in schema.targets]
    (['area'], ['sold'])
    >>> Schema.from_dict(schema.to_dict()) == schema
    True
    """

    columns: tuple[Column, ...] = field(default_factory=tuple)
    notes: tuple[str, ...] = ()
    header: bool = True
    encoding: str | None = None

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Columns that the network reads."""
        return tuple(one for one in self.columns if one.role == "input")

    @property
    def targets(self) -> tuple[Column, ...]:
        """Columns to predict."""
        return tuple(one for one in self.columns if one.role == "target")

    def __getitem__(self, name: str) -> Column:
        for one in self.columns:
            if one.name == name:
                return one
        raise KeyError(name)

    def __str__(self) -> str:
        from .showing import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from .showing import as_html

        return as_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {**vars(self), "columns": [one.to_dict() for one in self.columns]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Schema:
        """Return the schema that :meth:`to_dict` gave, also by way of JSON."""
        conform(values, cls)
        columns = tuple(Column.from_dict(one) for one in values["columns"])
        notes = tuple(values.get("notes", ()))
        return cls(columns, notes, values.get("header", True), values.get("encoding"))
