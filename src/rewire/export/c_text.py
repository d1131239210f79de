"""Constants, names and comments as C99 writes them, in ASCII alone."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

import numpy as np

__all__ = ["comment", "identifiers", "number", "smallest", "string", "table"]

# Words of C and C++, and macros of the headers in use.
WORDS = """
    auto break case char const continue default do double else enum extern float for goto if
    inline int long register restrict return short signed sizeof static struct switch typedef
    union unsigned void volatile while _Bool _Complex _Imaginary alignas alignof and and_eq asm
    bitand bitor bool catch class compl concept const_cast constexpr consteval constinit
    co_await co_return co_yield decltype delete dynamic_cast explicit export false friend
    mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public
    reinterpret_cast requires static_assert static_cast template this thread_local throw true
    try typeid typename typeof typeof_unqual using virtual wchar_t xor xor_eq far near huge
    linux unix i386 errno stdin stdout stderr NULL NAN INFINITY EOF DOMAIN SING OVERFLOW
    UNDERFLOW PLOSS TLOSS BUFSIZ TMP_MAX
"""
RESERVED = frozenset(WORDS.split())
MACROS = re.compile(
    r"(U?INT[A-Z0-9]*|HUGE|FP|M|MATH|SIZE|PTRDIFF|SIG|WCHAR|WINT|SEEK|X|TMP)_[A-Z0-9_]+"
)
LONGEST = 60  # C99 tells names apart by their first 63 characters
LONGEST_STRING = 4000  # and need not take literals of more than 4095


def string(text: str) -> str:
    r"""Return a string constant of UTF-8 bytes.

    Examples
    --------
    >>> print(string('caf\u00e9 "a??/b" */'))
    "caf\303\251 \"a\?\?/b\" *\057"
    """
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > LONGEST_STRING:
        return f"(const char[]){{{', '.join(map(str, _signed(content)))}, 0}}"
    text = "".join(map(_escaped, content))
    # Constants stand in comments too, which they must not end.
    return '"' + text.replace("*/", "*\\057").replace("/*", "/\\052") + '"'


def _signed(content: bytes) -> list[int]:
    return np.frombuffer(content, np.int8).tolist()


def _escaped(byte: int) -> str:
    if chr(byte) in '"\\?':
        return f"\\{chr(byte)}"
    # Three octal digits end an escape, whatever follows.
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def comment(text: str) -> str:
    r"""Return text for the inside of a comment: ASCII, one line, ending nothing early.

    Examples
    --------
    >>> comment("area */ m²")
    'area * / m\\u00b2'
    """
    text = json.dumps(text)[1:-1].replace('\\"', '"')
    return re.sub(r"(?<=\*)(?=/)|(?<=/)(?=\*)|(?<=\?)(?=\?)", " ", text)


def identifiers(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return a different identifier for each name, like it where possible.

    Examples
    --------
    >>> identifiers(["area (m²)", "area m2", "double", "2nd", ""])
    ['area_m2', 'area_m2_2', 'double_', 'x2nd', 'column']
    """
    used, found = set(taken), []
    for name in names:
        plain = _plain(name)
        candidate, count = plain, 2
        while candidate in used:
            candidate, count = f"{plain}_{count}", count + 1
        used.add(candidate)
        found.append(candidate)
    return found


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:LONGEST] or "column"
    if plain[0].isdigit():
        plain = f"x{plain}"
    return f"{plain}_" if plain in RESERVED or MACROS.fullmatch(plain) else plain


def number(value: float | np.floating, suffix: str = "") -> str:
    """Return a finite number in hexadecimal, which is exact; ``NAN`` for one that is none."""
    if np.isnan(value):
        return "NAN"
    digits, exponent = float(value).hex().split("p")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}p{exponent}{suffix}"


def smallest(values: np.ndarray) -> str:
    """Return the smallest integer type that holds all values."""
    largest = int(values.max(initial=0))
    return next(f"uint{bits}_t" for bits in (8, 16, 32, 64) if largest < 2**bits)


def table(name: str, kind: str, entries: Iterable[str]) -> str:
    """Return the definition of a constant array, eight entries to a line."""
    entries = list(entries) or ["0"]  # C has no arrays of length zero
    lines = [", ".join(entries[i : i + 8]) for i in range(0, len(entries), 8)]
    body = ",\n    ".join(lines)
    return f"static const {kind} {name}[{len(entries)}] = {{\n    {body}\n}};"
