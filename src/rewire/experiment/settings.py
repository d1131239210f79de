"""Settings as data: default, range, help text and error message of each in one place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from difflib import get_close_matches
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any

from rewire.io import split_commas

__all__ = ["Search", "Setting", "setting", "settings_of", "settings_table"]

Names = Iterable[str] | Callable[[], Iterable[str]]
METAVARS = {int: "<int>", float: "<float>", str: "<str>"}  # as Typer writes them


@dataclass(frozen=True)
class Search:
    """Where a search looks for a setting's best value.

    Parameters
    ----------
    low, high : float
        Both are tried.
    log : bool, default False
        Whether numbers are drawn by their logarithm.
    choices : tuple
        Instead of a range.
    """

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What is known of one setting besides its value.

    Parameters
    ----------
    help : str
        What it means, in a sentence; ``{choices}`` in it stands for the names of the choices.
    kind : {str, int, float, bool}
        Of its value, or of each of its values.
    name : str
        Of the dataclass field; filled in by :func:`settings_of`.
    default : object
        Of the dataclass field; filled in by :func:`settings_of`.
    group : str
        The heading that it stands under in help texts.
    many : bool, default False
        Whether it is a tuple of values. One value alone stands for a tuple of one.
    low, high : number, optional
        Ends of the range of numbers; infinite numbers are always refused.
    closed : {"left", "right", "both", "neither"}, default "left"
        Which ends belong to the range.
    words : tuple of str
        What may stand instead of a number.
    choices : iterable of str or callable, optional
        Names allowed; a callable is asked when they are needed, so that a registry need not be
        imported before.
    default_text : str, optional
        What a default of None stands for, where that depends on other settings or the data.
    effective_default : object, optional
        The value that a default of None stands for, where it is always the same.
    objects : str, optional
        What Python code may give instead of a name, such as ``"a Method"``.
    remedy : str, optional
        What to do, at the end of the error message.
    command_line : bool, default True
        Whether it is an option of the ``rewire`` command.
    search : Search, optional
        Where ``rewire tune`` looks for its best value; without one, it does not.
    """

    help: str
    kind: type
    name: str = ""
    default: Any = None
    group: str = ""
    many: bool = False
    low: float | None = None
    high: float | None = None
    closed: str = "left"
    words: tuple[str, ...] = ()
    choices: Names | None = None
    default_text: str | None = None
    effective_default: Any = None
    objects: str | None = None
    remedy: str = ""
    command_line: bool = True
    search: Search | None = None

    # ------------------------------------------------------------------------------- in words

    @property
    def option(self) -> str:
        """The option of the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def metavar(self) -> str:
        """What help texts show for the value."""
        single = METAVARS.get(self.kind, "")
        single = "|".join([single, *self.words])
        return f"{single},..." if self.many else single

    @property
    def help_text(self) -> str:
        """The help, with ``{choices}`` replaced by the names that may be chosen."""
        return self.help.replace("{choices}", ", ".join(self.choice_names()))

    def choice_names(self) -> tuple[str, ...]:
        """Return the names allowed; empty where there are no choices."""
        if self.choices is None:
            return ()
        return tuple(self.choices() if callable(self.choices) else self.choices)

    @property
    def allowed(self) -> str:
        """The range in words, such as ``"a number in [0, 1)"``."""
        if self.choices is not None:
            names = f"one of {', '.join(self.choice_names())}"
            return f"{names} or {self.objects}" if self.objects else names
        if self.kind is bool:
            return "true or false"
        if self.kind is str:
            return "names" if self.many else "a name"
        noun = "whole number" if self.kind is int else "number"
        text = f"{noun}s" if self.many else f"a {noun}"
        if self.range_text:
            text += ("" if self.range_text.startswith("in ") else ",") + f" {self.range_text}"
        return " or ".join([text, *(repr(word) for word in self.words)])

    @property
    def range_text(self) -> str:
        """The range of numbers in words, such as ``"in [0, 1)"``; empty where there is none."""
        left = "[" if self.closed in ("left", "both") else "("
        right = "]" if self.closed in ("right", "both") else ")"
        if self.low is not None and self.high is not None:
            return f"in {left}{self.low:g}, {self.high:g}{right}"
        if self.low is not None:
            return f"{'at least' if left == '[' else 'above'} {self.low:g}"
        return ""

    @property
    def shown_default(self) -> str | None:
        """The default as a person would type it, or in words; None where there is none."""
        value = self.effective_default if self.default is None else self.default
        if value is None:
            return self.default_text
        if isinstance(value, tuple):
            return ",".join(map(_short, value)) or self.default_text
        return _short(value)

    # ------------------------------------------------------------------------- checks, parsing

    def check(self, value: Any, name: str | None = None) -> None:
        """Refuse a value out of range.

        Raises
        ------
        ValueError
            Naming the setting (or what it is called here), the range, the value and the remedy.
        """
        if not self._accepts(value):
            raise ValueError(self._error(name or self.name, value, repr(_plain(value))))

    def _accepts(self, value: Any) -> bool:
        if value is None and self.default is None:
            return True
        if self.objects is not None and not isinstance(value, str):
            return True  # the part itself, which knows its own ranges
        values = value if self.many and isinstance(value, (tuple, list)) else (value,)
        return all(map(self._fits, values))

    def _error(self, name: str, value: Any, shown: str, how: str = "") -> str:
        close = get_close_matches(str(value), self.choice_names(), n=1)
        remedy = f": {self.remedy}" if self.remedy else ""
        if close:
            remedy = f"; did you mean {close[0]!r}?"
        return f"{name} must be {self.allowed}{how}; got {shown}{remedy}"

    def _fits(self, value: Any) -> bool:
        if self.choices is not None:
            return value in self.choice_names()
        if self.kind is bool:
            return isinstance(value, bool)
        if self.kind is str:
            return isinstance(value, str) and (value != "" or not self.many)
        if value in self.words:
            return True
        kind = Integral if self.kind is int else Real
        if isinstance(value, bool) or not isinstance(value, kind):
            return False
        return math.isfinite(value) and self._within(float(value))

    def _within(self, value: float) -> bool:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        above = value >= low if self.closed in ("left", "both") else value > low
        below = value <= high if self.closed in ("right", "both") else value < high
        return above and below

    def parse(self, text: Any) -> Any:
        """Return the value that stands on a command line, such as ``(0.99, 0.0)`` for "0.99,0".

        Names may be given in several texts, each with commas between.

        Raises
        ------
        ValueError
            As :meth:`check` does, naming the option.
        """
        if self.kind not in (int, float):
            value = self.plain(_listed(text) if self.many else text)
            if not self._accepts(value):  # objects cannot be typed
                raise ValueError(replace(self, objects=None)._error(self.option, value, repr(text)))
            return value
        parts = text.split(",") if self.many else [text]
        values = tuple(self._parse_one(part.strip()) for part in parts) if text else ()
        value = values if self.many else values[0] if values else text
        if not self._accepts(value):
            how = ", with commas between" if self.many else ""
            raise ValueError(self._error(self.option, text, text or "nothing", how))
        return value

    def _parse_one(self, text: str) -> Any:
        try:
            return self.kind(text)
        except ValueError:
            return text

    def plain(self, value: Any) -> Any:
        """Return a value in its usual form.

        Tuples for several values, Python's numbers for NumPy's, and names of choices as they are
        registered where hyphens stand for their spaces.
        """
        value = _plain(value)
        if isinstance(value, str) and self.choices is not None:
            names, name = self.choice_names(), value.strip()
            spaced = name.replace("-", " ")
            return spaced if name not in names and spaced in names else name
        if not self.many or value is None:
            return value
        return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else (value,)


def setting(default: Any, kind: type, help: str, **more: Any) -> Any:
    """Return a dataclass field with its :class:`Setting` in the metadata.

    A ``default`` of ``dataclasses.MISSING`` makes the field a required one.

    Examples
    --------
    >>> @dataclass
    ... class Recipe:
    ...     momentum: float = setting(0.9, float, "Momentum of sgd.", low=0, high=1)
    >>> settings_of(Recipe)["momentum"].allowed
    'a number in [0, 1)'
    >>> settings_of(Recipe)["momentum"].check(1.5)
    Traceback (most recent call last):
    ValueError: momentum must be a number in [0, 1); got 1.5
    """
    metadata = {"setting": Setting(help, kind, **more)}
    if default is MISSING:
        return field(metadata=metadata)
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def settings_of(recipe: type) -> Mapping[str, Setting]:
    """Return the settings of a dataclass by name, with names and defaults filled in."""
    if recipe not in _known:
        _known[recipe] = {
            one.name: replace(
                one.metadata["setting"],
                name=one.name,
                default=None if one.default is MISSING else one.default,
            )
            for one in fields(recipe)
            if "setting" in one.metadata
        }
    return MappingProxyType(_known[recipe])


_known: dict[type, dict[str, Setting]] = {}


def settings_table(recipe: Any) -> str:
    """Return all settings as Markdown, a table for each group, for the documentation.

    Examples
    --------
    >>> from rewire.experiment import Recipe
    >>> settings_table(Recipe).splitlines()[0]
    '### Data'
    """
    groups: dict[str, list[str]] = {}
    for name, one in settings_of(recipe).items():
        default = one.shown_default
        cells = (f"`{name}`", one.help_text, one.allowed, "" if default is None else default)
        row = " | ".join(cell.replace("|", "\\|") for cell in cells)
        groups.setdefault(one.group, []).append(f"| {row} |")
    heading = "| setting | what it means | allowed | default |\n| --- | --- | --- | --- |"
    return "\n\n".join(
        f"### {group}\n\n{heading}\n" + "\n".join(rows) for group, rows in groups.items()
    )


def _listed(given: Any) -> tuple[str, ...]:
    texts = [given] if isinstance(given, str) else given or ()
    return tuple(part for one in texts for part in split_commas(one))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """Return NumPy's numbers and arrays as Python's numbers and lists."""
    return value.tolist() if hasattr(value, "tolist") else value
