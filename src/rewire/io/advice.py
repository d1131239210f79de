"""Errors whose remedies can be followed where they are read, in Python or in a command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from .comma_lists import join_commas

__all__ = ["Advice", "AdviceList", "advise", "prefixed", "received", "together"]

# A parameter as Python writes it, with or without a value: ignore=, task='regression', sparse=True.
PARAMETER = re.compile(r"\b([a-z_]+)=('[^']*'|\"[^\"]*\"|\([^)]*\)|[A-Za-z0-9_.\[\]]*)")
# What only Python code can do: rewire.load.
PYTHON = re.compile(r"\brewire\.[a-z]")


class Advice(str):
    """The text of an error or a warning, and apart from it what can be done.

    :func:`advise` makes one.

    Attributes
    ----------
    problem : str
        What is wrong.
    remedies : tuple of str
        Each can be followed on its own. Parameters in them are written as in Python, ``ignore=``.
    """

    problem: str
    remedies: tuple[str, ...]

    def __new__(cls, problem: str, *remedies: str) -> Advice:
        """Make the text that Python shows."""
        made = super().__new__(cls, _sentence(problem, remedies))
        made.problem, made.remedies = problem, remedies
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Advice, (self.problem, *self.remedies)

    def for_options(self, options: Mapping[str, str]) -> str:
        """Return the text for a command: parameters by its options.

        Remedies with other parameters are left out, or said to be Python's if there are no others.

        Parameters
        ----------
        options : mapping of str to str
            From the names of parameters to the options of the command.

        Examples
        --------
        >>> text = advise("b must hold numbers; got 'x'", "correct it", "leave it out (ignore=)")
        >>> text.for_options({"ignore": "--ignore"})
        "b must hold numbers; got 'x': correct it, or leave it out (--ignore)"
        >>> text.for_options({})
        "b must hold numbers; got 'x': correct it"
        >>> advise("it is damaged", "look into it by rewire.load").for_options({})
        'it is damaged: in Python, look into it by rewire.load'
        """
        possible = [
            PARAMETER.sub(lambda found: _option(options[found[1]], found[2]), remedy)
            for remedy in self.remedies
            if not PYTHON.search(remedy)
            and all(found[1] in options for found in PARAMETER.finditer(remedy))
        ]
        if self.remedies and not possible:
            possible = [f"in Python, {self.remedies[0]}"]
        return _sentence(self.problem, possible)


class AdviceList(Advice):
    """The text of an error about several things, each with its own remedies.

    Parameters
    ----------
    problem : str
        What they have in common.
    *parts : str
        Of which some are :class:`Advice`.

    Examples
    --------
    >>> parts = advise("b is open", "give task=", "leave it out (ignore=)"), "c is empty"
    >>> text = AdviceList("the table has 2 problems", *parts)
    >>> print(text.for_options({"ignore": "--ignore"}))
    the table has 2 problems:
      - b is open: leave it out (--ignore)
      - c is empty
    """

    def __new__(cls, problem: str, *parts: str) -> AdviceList:
        """Make the text that Python shows."""
        made = str.__new__(cls, _list(problem, parts))
        made.problem, made.remedies = problem, parts
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return AdviceList, (self.problem, *self.remedies)

    def for_options(self, options: Mapping[str, str]) -> str:
        """Return the text for a command, each part by its options."""
        return _list(
            self.problem,
            [
                part.for_options(options) if isinstance(part, Advice) else part
                for part in self.remedies
            ],
        )


def advise(problem: str, *remedies: str) -> Advice:
    """Return the text of an error with its remedies.

    Parameters
    ----------
    problem : str
        The parameter, what is allowed, and what was given.
    *remedies : str
        Written as in Python: ``"leave the column out (ignore=)"``. A command shows those that it
        has an option for, with the option's name; those without a parameter are always shown. One
        that only Python code can follow names a function in full: ``"read it by rewire.load"``.

    Examples
    --------
    >>> print(advise("y may be classes or numbers", "give task='regression'"))
    y may be classes or numbers: give task='regression'
    """
    return Advice(problem, *remedies)


def prefixed(prefix: str, error: Exception, *remedies: str) -> Advice:
    """Return an error's text after a prefix, with further remedies; all are still apart.

    Examples
    --------
    >>> error = ValueError(advise("column 'b' is empty", "leave it out (ignore=)"))
    >>> prefixed("a.csv: ", error).for_options({})
    "a.csv: column 'b' is empty: in Python, leave it out (ignore=)"
    """
    text = error.args[0] if error.args else ""
    if isinstance(text, AdviceList):
        return AdviceList(prefix + text.problem, *text.remedies)
    if isinstance(text, Advice):
        return Advice(prefix + text.problem, *text.remedies, *remedies)
    return Advice(f"{prefix}{error}", *remedies)


def together(*texts: str) -> str:
    """Return texts as one, empty ones left out; remedies are still apart.

    Examples
    --------
    >>> text = together("it has 3 texts", "", advise("each row has its own", "drop it (ignore=)"))
    >>> print(text.for_options({"ignore": "--ignore"}))
    it has 3 texts; each row has its own: drop it (--ignore)
    """
    said = [text for text in texts if text]
    problem = "; ".join(one.problem if isinstance(one, Advice) else one for one in said)
    remedies = [what for one in said if isinstance(one, Advice) for what in one.remedies]
    return Advice(problem, *remedies) if remedies else problem


def received(value: Any) -> str:
    """Return what a parameter received, in a few words for an error.

    Examples
    --------
    >>> received(0.5), received([1, 2]), received(len), received({"a": 1})
    ('0.5', '[1, 2]', '<built-in function len>', 'an object of type dict')
    """
    if value is None or isinstance(value, (str, bytes, int, float, type)) or callable(value):
        return repr(value)
    simple = isinstance(value, (list, tuple)) and len(value) < 10
    if simple and all(isinstance(one, (int, float, str)) for one in value):
        return repr(value)
    return f"an object of type {type(value).__name__}"


def _sentence(problem: str, remedies: tuple[str, ...] | list[str]) -> str:
    if not remedies:
        return problem
    *most, last = remedies
    return f"{problem}: {', '.join(most)}{', or ' if most else ''}{last}"


def _list(problem: str, parts: tuple[str, ...] | list[str]) -> str:
    return f"{problem}:" + "".join(f"\n  - {part}" for part in parts)


def _option(option: str, value: str) -> str:
    """Return an option with its value, as it is typed."""
    plain = value[1:-1] if value[:1] in ("'", '"') else value
    if plain in ("", "True"):
        return option
    if plain == "False":
        return option.replace("--", "--no-", 1)
    if "," in plain and len(plain) > 1:  # a name, and not a separator
        plain = join_commas([plain])
    return f"{option} {shlex.quote(plain)}"
