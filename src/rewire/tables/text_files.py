"""Reads CSV and its kin: encoding, separator, header and lines; every value stays text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from rewire.io import advise

from .csv_columns import Lines, read_columns
from .headers import default_names, header_names, look_like_values
from .raw import RawColumn, RawTable

__all__ = ["read_text"]

# Separators that a file may have; the first of several that fit equally well is taken.
SEPARATORS = (",", ";", "\t", "|")
SNIFFED_RECORDS = 100
SNIFFED_BYTES = 2_000_000
LONGEST_VALUE = 2**31 - 1
# Bytes that are decoded at a time.
PIECE = 1 << 20
# A line of comment below another one.
COMMENTED = re.compile(rb"\s*#")
NOT_BLANK = re.compile(rb"\S")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Lines of another length that an error names; of those that all have the same, fewer.
SHOWN, SHOWN_ALIKE = 10, 2


def read_text(
    content: bytes,
    *,
    name: str,
    sep: str | None = None,
    encoding: str | None = None,
    comment: str | None = None,
    header: bool = True,
) -> RawTable:
    """Read the content of a file of text as a table; see :func:`rewire.tables.read_raw`."""
    content, notes = _as_utf8(content, encoding)
    content = _without_comments(content, comment)
    sep, content = _separator(content, sep)
    written, begin, first = _split_header(content, sep, header)
    names, renamed = header_names(written)
    columns, more = _columns(content, begin, names, sep, first)
    rows = len(next(iter(columns.values()), ()))
    if rows == 0:
        raise ValueError("a table must have at least one row below its header; got none")
    if header and look_like_values(written, [columns[name] for name in names]):
        renamed.append(_header_of_values(written))
    return RawTable(columns, rows, name, sep, (*notes, *renamed, *more), header, encoding)


# ------------------------------------------------------------------------------------ characters


def _as_utf8(content: bytes, encoding: str | None) -> tuple[bytes, list[str]]:
    """Return text as UTF-8 without a mark, and a note where the encoding had to be guessed.

    A large file in UTF-8, as most are, is not copied.
    """
    if encoding is not None:
        try:
            return content.decode(encoding).removeprefix("\ufeff").encode(), []
        except (UnicodeError, LookupError) as error:
            raise ValueError(f"encoding must be the file's; got {encoding!r}: {error}") from error
    found = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    if found == "utf-8":
        wrong = _first_wrong(content)
        return (content, []) if wrong is None else _as_cp1252(content, wrong)
    try:
        return content.decode(found).encode(), []
    except UnicodeDecodeError as error:
        raise ValueError(f"the file begins as {found} and does not go on so: {error}") from None


def _as_cp1252(content: bytes, wrong: int) -> tuple[bytes, list[str]]:
    text, line = content.decode("cp1252", errors="replace"), content.count(b"\n", 0, wrong)
    shown = text.splitlines()[line][:60]
    problem = f"read as cp1252, for it is not UTF-8 (line {line + 1}: {shown!r})"
    return text.encode(), [advise(problem, "if letters are wrong, name its encoding (encoding=)")]


def _first_wrong(content: bytes) -> int | None:
    """Return the place of the first byte that is not UTF-8; no copy of a large file is made."""
    first = 0
    while first < len(content):
        last = first + PIECE
        while last < len(content) and content[last] & 0b1100_0000 == 0b1000_0000:
            last += 1
        try:
            content[first:last].decode()
        except UnicodeDecodeError as error:
            return first + error.start
        first = last
    return None


def _without_comments(content: bytes, comment: str | None) -> bytes:
    """Leave out lines of comment: those before the header, or all with the mark that is given."""
    if comment is not None:
        mark = comment.encode()
        lines = content.splitlines(keepends=True)
        return b"".join(line for line in lines if not line.lstrip().startswith(mark))
    first = 0
    while content.startswith((b"#", b"\n", b"\r"), first):
        below = content.find(b"\n", first) + 1 or len(content)
        commented = content.startswith(b"#", first) and COMMENTED.match(content, below)
        if content.startswith(b"#", first) and not commented and _is_header(content, first, below):
            break
        first = below
    return content[first:]


def _is_header(content: bytes, first: int, below: int) -> bool:
    """Return whether a line that begins with # has as many values as the one below it."""
    line, next_line = content[first:below], content[below : content.find(b"\n", below) + 1 or None]
    marks = [one.encode() for one in SEPARATORS]
    return any(line.count(one) == next_line.count(one) > 0 for one in marks)


# ------------------------------------------------------------------------------------- separator


def _records(text: str, sep: str) -> Iterable[list[str]]:
    csv.field_size_limit(LONGEST_VALUE)  # a record may be longer than the module's usual limit
    return csv.reader(io.StringIO(text, newline=""), delimiter=sep)


def _separator(content: bytes, sep: str | None) -> tuple[str, bytes]:
    """Return the separator and the text below a line that only names it (as Excel writes)."""
    line = content[: content.find(b"\n") + 1 or None]
    if line.strip().lower().startswith(b"sep=") and len(line.strip().decode()) == 5:
        return sep or line.strip().decode()[-1], content[len(line) :]
    if line.rstrip(b"\r\n").lower() == b"sep=\t":
        return sep or "\t", content[len(line) :]
    if sep is None:
        sample = _head(content)
        sep = max(SEPARATORS, key=lambda one: _consistency(sample, one))
        # A blank may stand within a value: it is taken only where nothing else fits.
        if _consistency(sample, sep)[0] == 0 and _consistency(sample, " ")[0] == 1:
            sep = " "
    elif len(sep) != 1:
        raise ValueError(f"sep must be one character; got {sep!r}")
    return sep, content


def _head(content: bytes) -> str:
    return content[:SNIFFED_BYTES].decode(errors="ignore")


def _consistency(sample: str, sep: str) -> tuple[float, int]:
    """Return the share of records that have as many values as most, and how many these are."""
    lengths = []
    try:
        for record in _records(sample, sep):
            if record:
                lengths.append(len(record))
            if len(lengths) == SNIFFED_RECORDS:
                break
    except csv.Error:
        return 0.0, 0
    if not lengths:
        return 0.0, 0
    most, times = Counter(lengths).most_common(1)[0]
    return (times / len(lengths) if most > 1 else 0.0), most


# ---------------------------------------------------------------------------------------- values


def _split_header(content: bytes, sep: str, header: bool) -> tuple[list[str], int, int]:
    """Return names, where the text below them begins, and the number of its first line."""
    head = _head(content)
    if "\n" not in head:  # a header longer than that
        head = content.decode()
    reader: Any = _records(head, sep)
    for record in reader:
        if any(value.strip() for value in record):
            break
    else:
        raise ValueError(
            "a table must have a line with its columns' names, and rows below it; got an empty file"
        )
    if not header:
        return default_names(len(record)), 0, 1
    lines = io.StringIO(head, newline="")
    length = sum(len(lines.readline().encode()) for _ in range(reader.line_num))
    return record, length, reader.line_num + 1


def _header_of_values(names: list[str]) -> str:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    problem = f"the first line, {shown}, is taken as names, though it looks like the lines below it"
    return advise(problem, "if it holds values, say so (header=False)")


def _columns(
    content: bytes, begin: int, names: list[str], sep: str, first: int
) -> tuple[dict[str, RawColumn], list[str]]:
    """Return the columns of the lines below the header."""
    if NOT_BLANK.search(content, begin) is None:
        return {}, []
    lines = Lines(content, begin, len(names), sep)
    found = read_columns(lines)
    notes: list[str] = []
    if lines.wrong and (tight := _without_blanks(content, sep)) != content:
        lines = replace(lines, content=tight)
        found = read_columns(lines)
    if lines.wrong:  # one after the other, lines have numbers
        lines = replace(lines, threads=False)
        found = read_columns(lines)
        names, notes = _other_width(names, lines.wrong, len(found[0]), sep, first)
        lines = replace(lines, width=len(names))
        found = read_columns(lines)
        if lines.wrong:
            raise ValueError(_ragged(lines.wrong, len(names), first))
    return dict(zip(names, found, strict=True)), notes


def _without_blanks(content: bytes, sep: str) -> bytes:
    """Leave out blanks between a separator and a quoted value, which is none of it else."""
    return re.sub(rb"(?<=" + re.escape(sep.encode()) + rb') +(?=")', b"", content)


def _other_width(
    names: list[str], wrong: list[Any], rows: int, sep: str, first: int
) -> tuple[list[str], list[str]]:
    """Return names for lines that all have one value more than the header, or refuse them."""
    one_more = {row.actual_columns for row in wrong} == {len(names) + 1}
    if rows or not one_more:
        raise ValueError(_ragged(wrong, len(names), first))
    if all(row.text.rstrip("\r\n").endswith(sep) for row in wrong):
        added = default_names(len(names) + 1)[-1]
        return [*names, added], ["every line ends with a separator"]
    return ["row", *names], [
        "every line has one value more than the header: the first is taken as the row's name"
    ]


def _ragged(wrong: list[Any], width: int, first: int) -> str:
    alike = len({row.actual_columns for row in wrong}) == 1
    few = wrong[: SHOWN_ALIKE if alike else SHOWN]
    shown = [
        f"{row.actual_columns} in {row.text.strip()[:40]!r}"
        + ("" if row.number is None else f" (line {first + row.number - 1})")
        for row in few
    ]
    more = f", and {len(wrong) - len(few):,} more lines" if len(wrong) > len(few) else ""
    return f"every line must have {width} values, as the first has; got {', '.join(shown)}{more}"
