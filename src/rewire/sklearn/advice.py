"""What errors about a table advise, in the words of who gives X to an estimator."""

from __future__ import annotations

import ast
import re

from rewire.io.advice import PARAMETER, Advice, AdviceList

__all__ = ["for_estimator"]

NAME = re.compile(r"""^column ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
KINDS = {"categorical": "category", "numeric": "number", "text": "text"}


def for_estimator(text: object) -> str:
    """Return a message about columns with the remedies that ``columns=`` of an estimator has.

    Examples
    --------
    >>> from rewire.io import advise
    >>> said = advise("column 'a' is open", "leave it out (ignore='a')", "give task='regression'")
    >>> print(for_estimator(said))
    column 'a' is open: leave it out (columns={'a': {'role': 'ignored'}})
    """
    if isinstance(text, AdviceList):
        return AdviceList(text.problem, *map(for_estimator, text.remedies))
    if not isinstance(text, Advice):
        return str(text)
    found = NAME.match(text.problem)
    name = ast.literal_eval(found[1]) if found else None
    remedies = (_remedy(one, name) for one in text.remedies)
    return Advice(text.problem, *filter(None, remedies))


def _remedy(remedy: str, name: str | None) -> str | None:
    """Return a remedy whose parameters are said in ``columns=``; None where they cannot be."""
    said = [(found[0], _said(found[1], found[2], name)) for found in PARAMETER.finditer(remedy)]
    for written, columns in said:
        if columns is None:
            return None
        remedy = remedy.replace(written, f"columns={columns}")
    return remedy


def _said(parameter: str, value: str, name: str | None) -> str | dict | None:
    if parameter == "columns":
        return value
    if value[:1] not in ("'", '"'):
        return None
    try:
        given = ast.literal_eval(value)
    except (SyntaxError, ValueError):  # not a value, such as one cut short
        return None
    if parameter == "decimal" and name is not None:
        separators = {"decimal": given, "thousands": "." if given == "," else ","}
        return {name: {"number": separators}}
    if parameter == "date":
        column, _, pattern = given.rpartition("=")
        return {column: {"kind": "date", "date": pattern}}
    if parameter == "ignore":
        return {given: {"role": "ignored"}}
    return {given: KINDS[parameter]} if parameter in KINDS else None
