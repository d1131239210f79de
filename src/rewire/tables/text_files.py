"""Reads CSV and its kin: encoding, separator, header and lines; every value stays text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from rewire.io import import_optional

from .headers import header_names, look_like_values
from .raw import RawTable, TextColumn
from .texts import texts_of_each

__all__ = ["read_text"]

# Separators that a file may have; the first of several that fit equally well is taken.
SEPARATORS = (",", ";", "\t", "|")
SNIFFED_RECORDS = 100
SNIFFED_CHARACTERS = 2_000_000
LONGEST_VALUE = 2**31 - 1
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Lines of another length that an error names; of those that all have the same, fewer.
SHOWN, SHOWN_ALIKE = 10, 2
# Bytes that are read at a time: at least so many, and so many for each column, since a block of a
# few rows only has thousands of small arrays.
BLOCK, OF_COLUMN = 1 << 22, 1000


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
    text, notes = _decode(content, encoding)
    text = _without_comments(text, comment)
    sep, text = _separator(text, sep)
    names, body, first = _split_header(text, sep, header)
    values = header and look_like_values(names)
    names, renamed = header_names(names)
    if values:
        renamed.append(
            f"the first line is taken as the columns' names ({', '.join(names[:5])}): if these are "
            "values, write a line of names above it"
        )
    lines = body.encode("utf-8", errors="replace")
    del text, body  # of a large file, copies that nothing needs any more
    columns, more = _columns(lines, names, sep, first)
    rows = len(next(iter(columns.values()), ()))
    if rows == 0:
        raise ValueError("a table must have at least one row below its header; got none")
    return RawTable(columns, rows, name, sep, (*notes, *renamed, *more))


def _text_columns(columns: list[Any]) -> list[TextColumn]:
    """Return columns of texts from Arrow's chunked arrays of strings, which are given up."""
    for i, one in enumerate(columns):  # each makes room for the next
        columns[i] = one.dictionary_encode().combine_chunks()
    codes = (np.asarray(one.indices) for one in columns)  # no value is null in a file of text
    texts = texts_of_each([one.dictionary for one in columns])
    return [TextColumn(*pair) for pair in zip(texts, codes, strict=True)]


# ------------------------------------------------------------------------------------ characters


def _decode(content: bytes, encoding: str | None) -> tuple[str, list[str]]:
    """Return text, and a note where the encoding had to be guessed."""
    if encoding is not None:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), []
        except (UnicodeDecodeError, LookupError) as error:
            raise ValueError(f"encoding must be the file's; got {encoding!r}: {error}") from error
    found = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(found), []
    except UnicodeDecodeError as error:
        if found != "utf-8":
            raise ValueError(f"the file begins as {found} and does not go on so: {error}") from None
        line = content.count(b"\n", 0, error.start) + 1
        text = content.decode("cp1252", errors="replace")
        shown = text.splitlines()[line - 1][:60]
        return text, [
            f"read as cp1252, for it is not UTF-8 (line {line}: {shown!r}): if letters are wrong, "
            "name its encoding"
        ]


def _without_comments(text: str, comment: str | None) -> str:
    """Leave out lines of comment: those before the header, or all with the mark that is given."""
    if comment is not None:
        lines = text.splitlines(keepends=True)
        return "".join(line for line in lines if not line.lstrip().startswith(comment))
    while text.startswith(("#", "\n", "\r")):
        line, _, rest = text.partition("\n")
        if line.startswith("#") and not rest.lstrip().startswith("#") and _is_header(line, rest):
            break
        text = rest
    return text


def _is_header(line: str, rest: str) -> bool:
    """Return whether a line that begins with # has as many values as the one below it."""
    below = rest.partition("\n")[0]
    return any(line.count(one) == below.count(one) > 0 for one in SEPARATORS)


# ------------------------------------------------------------------------------------- separator


def _records(text: str, sep: str) -> Iterable[list[str]]:
    csv.field_size_limit(LONGEST_VALUE)  # a record may be longer than the module's usual limit
    return csv.reader(io.StringIO(text, newline=""), delimiter=sep)


def _separator(text: str, sep: str | None) -> tuple[str, str]:
    """Return the separator and the text below a line that only names it (as Excel writes)."""
    line, _, rest = text.partition("\n")
    if line.strip().lower().startswith("sep=") and len(line.strip()) == 5:
        return sep or line.strip()[-1], rest
    if line.rstrip("\r").lower() == "sep=\t":
        return sep or "\t", rest
    if sep is None:
        sample = text[:SNIFFED_CHARACTERS]
        sep = max(SEPARATORS, key=lambda one: _consistency(sample, one))
        # A blank may stand within a value: it is taken only where nothing else fits.
        if _consistency(sample, sep)[0] == 0 and _consistency(sample, " ")[0] == 1:
            sep = " "
    elif len(sep) != 1:
        raise ValueError(f"sep must be one character; got {sep!r}")
    return sep, text


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


def _split_header(text: str, sep: str, header: bool) -> tuple[list[str], str, int]:
    """Return names, the text below them, and the number of its first line."""
    head = text[:SNIFFED_CHARACTERS]
    if "\n" not in head:  # a header longer than that
        head = text
    reader: Any = _records(head, sep)
    for record in reader:
        if any(value.strip() for value in record):
            break
    else:
        raise ValueError(
            "a table must have a line with its columns' names, and rows below it; got an empty file"
        )
    if not header:
        return [str(i) for i in range(len(record))], text, 1
    lines = io.StringIO(head, newline="")
    length = sum(len(lines.readline()) for _ in range(reader.line_num))
    return record, text[length:], reader.line_num + 1


def _columns(
    content: bytes, names: list[str], sep: str, first: int
) -> tuple[dict[str, TextColumn], list[str]]:
    """Return the columns of the lines below the header."""
    pyarrow = import_optional("pyarrow", "data")
    wrong: list[Any] = []
    if not content or content.isspace():
        return {}, []
    arrow = _arrow_table(pyarrow, content, names, sep, wrong)
    notes: list[str] = []
    if wrong and (tight := _without_blanks(content, sep)) != content:
        content = tight
        arrow = _arrow_table(pyarrow, content, names, sep, wrong)
    if wrong:  # one after the other, lines have numbers
        arrow = _arrow_table(pyarrow, content, names, sep, wrong, threads=False)
        names, notes = _other_width(names, wrong, len(arrow), sep, first)
        arrow = _arrow_table(pyarrow, content, names, sep, wrong, threads=False)
        if wrong:
            raise ValueError(_ragged(wrong, len(names), first))
    columns = list(arrow.itercolumns())
    del arrow
    return dict(zip(names, _text_columns(columns), strict=True)), notes


def _without_blanks(content: bytes, sep: str) -> bytes:
    """Leave out blanks between a separator and a quoted value, which is none of it else."""
    return re.sub(rb"(?<=" + re.escape(sep.encode()) + rb') +(?=")', b"", content)


def _arrow_table(
    pyarrow: Any, content: bytes, names: list[str], sep: str, wrong: list, threads: bool = True
) -> Any:
    """Read lines as columns of text, and collect those of another length."""
    reader = import_optional("pyarrow.csv", "data")

    def skip(row: Any) -> str:
        wrong.append(row)
        return "skip"

    numbers = [str(i) for i in range(len(names))]
    options = {
        "parse_options": reader.ParseOptions(
            delimiter=sep, newlines_in_values=True, invalid_row_handler=skip
        ),
        "convert_options": reader.ConvertOptions(
            column_types=dict.fromkeys(numbers, pyarrow.string()), strings_can_be_null=False
        ),
    }
    block = min(max(BLOCK, OF_COLUMN * len(names)), LONGEST_VALUE)
    for size in (block, min(len(content) + 1, LONGEST_VALUE)):
        reading = reader.ReadOptions(column_names=numbers, block_size=size, use_threads=threads)
        wrong.clear()
        try:
            return reader.read_csv(pyarrow.BufferReader(content), read_options=reading, **options)
        except pyarrow.ArrowInvalid as error:
            # A line longer than a block needs a larger one.
            if size != block or len(content) <= block:
                raise ValueError(f"it is no table of text: {error}") from error
    return None


def _other_width(
    names: list[str], wrong: list[Any], rows: int, sep: str, first: int
) -> tuple[list[str], list[str]]:
    """Return names for lines that all have one value more than the header, or refuse them."""
    one_more = {row.actual_columns for row in wrong} == {len(names) + 1}
    if rows or not one_more:
        raise ValueError(_ragged(wrong, len(names), first))
    if all(row.text.rstrip("\r\n").endswith(sep) for row in wrong):
        return [*names, f"column {len(names) + 1}"], ["every line ends with a separator"]
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
    return f"every line must have {width} values, as the header has; got {', '.join(shown)}{more}"
