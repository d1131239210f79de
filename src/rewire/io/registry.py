"""Names for parts: what a decorator registers, the command line, the docs and the tests find."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Generic, TypeVar

__all__ = ["Decorated", "Registry"]

Part = TypeVar("Part")


class Registry(Generic[Part]):
    """Parts of one kind by their names.

    Parameters
    ----------
    kind : str
        What they are, for error messages: ``"drop criterion"``.
    home : str, optional
        The module that registers the library's own parts; imported when a part is first asked for.
    """

    def __init__(self, kind: str, home: str | None = None):
        self.kind, self.home = kind, home
        self._own: dict[str, Part] = {}

    @property
    def _parts(self) -> dict[str, Part]:
        home, self.home = self.home, None
        if home is not None:
            import_module(home)
        return self._own

    def add(self, name: str, part: Part) -> Part:
        """Register a part; a name that is taken already is refused."""
        if name in self._own:
            raise ValueError(f"{self.kind} {name!r} exists already; choose another name")
        self._own[name] = part
        return part

    def remove(self, name: str) -> None:
        """Forget a part, so that its name is free again."""
        del self._parts[name]

    def __getitem__(self, name: str) -> Part:
        if name not in self._parts:
            close = get_close_matches(str(name), self._parts, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"{self.kind} must be one of {', '.join(sorted(self._parts))}; got {name!r}{hint}"
            )
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def __len__(self) -> int:
        return len(self._parts)

    def items(self) -> list[tuple[str, Part]]:
        """Return names and parts, in the order of registration."""
        return list(self._parts.items())

    def find(self, part: str | Part, type_: type | tuple[type, ...] | Callable) -> Part:
        """Return the part of that name; one that is no name is checked and returned as it is."""
        if isinstance(part, str):
            return self[part]
        fits = isinstance(part, type_) if isinstance(type_, (type, tuple)) else type_(part)
        if not fits:
            raise TypeError(
                f"{self.kind} must be a name ({', '.join(sorted(self._parts))}) or a part made "
                f"with its decorator; got {part!r}"
            )
        return part


class Decorated:
    """A part that a decorator made of a function; a copy of it, also a pickled one, is itself.

    The function's name leads to the part, so pickle would not find the function under it.
    """

    function: Callable

    def __reduce_ex__(self, protocol: Any) -> Any:
        function = getattr(self.function, "func", self.function)
        home, name = function.__module__, function.__qualname__
        found = getattr(sys.modules.get(home), name, None)
        # Other processes have another __main__.
        if home == "__main__" or not isinstance(found, Decorated) or found.function != function:
            return super().__reduce_ex__(protocol)
        return _found, (home, name, getattr(self.function, "keywords", {}))


def _found(home: str, name: str, options: Mapping[str, Any]) -> Any:
    part = getattr(import_module(home), name)
    return part.using(**options) if options else part
