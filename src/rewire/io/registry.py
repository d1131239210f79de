"""Parts by name, for the library, the command line and the documentation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Generic, TypeVar

__all__ = ["Decorated", "Registry"]

Part = TypeVar("Part")


class Registry(Generic[Part]):
    """Parts of one kind by name.

    Parameters
    ----------
    kind : str
        What the parts are, for error messages: ``"drop criterion"``.
    home : str, optional
        Module that registers the library's own parts; imported on the first look-up.

    Examples
    --------
    >>> shapes = Registry("shape")
    >>> @shapes.register("square")
    ... def square(side):
    ...     return side * side
    >>> list(shapes), shapes["square"](3)
    (['square'], 9)
    >>> shapes["sqare"]
    Traceback (most recent call last):
    ValueError: shape must be one of square; got 'sqare'; did you mean 'square'?
    """

    def __init__(self, kind: str, home: str | None = None):
        self.kind, self._home = kind, home
        self._parts: dict[str, Part] = {}

    def _load(self) -> dict[str, Part]:
        """Return the parts, the library's own included."""
        home, self._home = self._home, None
        if home is not None:
            import_module(home)
        return self._parts

    def add(self, name: str, part: Part) -> Part:
        """Register a part under a name and return it.

        Raises
        ------
        ValueError
            If another part has that name. The same function, defined again, replaces itself, so
            that a notebook cell can be run twice.
        """
        if name in self._parts and _origin(self._parts[name]) != _origin(part):
            raise ValueError(f"{self.kind} {name!r} exists already; choose another name")
        self._parts[name] = part
        return part

    def register(self, name: str) -> Callable[[Part], Part]:
        """Return a decorator that adds a function or class under a name."""
        return lambda part: self.add(name, part)

    def remove(self, name: str) -> None:
        """Remove a part; its name is free again."""
        del self._load()[name]

    def __getitem__(self, name: str) -> Part:
        if not isinstance(name, str) or name not in self._load():
            raise ValueError(
                f"{self.kind} must be one of {', '.join(sorted(self._load()))}; "
                f"got {name!r}{self.hint(name)}"
            )
        return self._load()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __contains__(self, name: str) -> bool:
        return name in self._load()

    def __len__(self) -> int:
        return len(self._load())

    def __repr__(self) -> str:
        return f"<Registry of {self.kind}: {', '.join(self._load())}>"

    def items(self) -> list[tuple[str, Part]]:
        """Return names and parts, in the order of registration."""
        return list(self._load().items())

    def hint(self, name: Any) -> str:
        """Return ``"; did you mean 'NAME'?"`` for the closest name, or an empty string."""
        close = get_close_matches(str(name), self._load(), n=1)
        return f"; did you mean {close[0]!r}?" if close else ""

    def find(self, part: Any, type_: type) -> Any:
        """Return the part of that name; a part of the right type is returned as it is."""
        return self[part] if isinstance(part, str) else self._checked(part, type_)

    def create(self, part: Any, type_: Any, **options: Any) -> Any:
        """Call the part of that name with options; a finished object is returned as it is.

        For registries of classes and functions that make an object of type ``type_``.

        Raises
        ------
        ValueError
            For an unknown name, and for options beside a finished object.
        TypeError
            For an option that the part does not take, and for an object of another type.
        """
        if isinstance(part, str):
            factory: Any = self[part]
            return factory(**options)
        if options:
            raise ValueError(
                f"options must go with a name; got {sorted(options)} with "
                f"{part!r}: set them on the object itself"
            )
        return self._checked(part, type_)

    def _checked(self, part: Any, type_: type) -> Any:
        if not isinstance(part, type_):
            raise TypeError(
                f"{self.kind} must be a name ({', '.join(sorted(self._load()))}) or "
                f"an object of type {type_.__name__}; got {part!r}"
            )
        return part


def _origin(part: Any) -> Any:
    """Return where a function was defined, or the object itself where that says nothing."""
    function = getattr(part, "function", part)
    name = getattr(function, "__qualname__", "<lambda>")
    return part if "<lambda>" in name else (type(part), function.__module__, name)


class Decorated:
    """A part that a decorator made of a function; pickle finds it by the function's name.

    The function's name now refers to the part, so pickle would not find the function under it.
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
