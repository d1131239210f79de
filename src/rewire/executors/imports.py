"""Modules of the user's own, which every process imports first."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable

from rewire.io import as_path

__all__ = ["import_modules"]


def import_modules(names: Iterable[str]) -> None:
    """Import modules and ``.py`` files, each once."""
    for name in names:
        path = as_path(name, "imports").expanduser().resolve()
        if path.suffix != ".py":
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                raise ModuleNotFoundError(
                    f"imports must be modules or existing .py files; got {name!r} ({error})"
                ) from error
            continue
        if not path.is_file():
            raise FileNotFoundError(f"imports must be modules or existing .py files; got {name!r}")
        key = f"rewire.imported:{path}"
        if key not in sys.modules:
            spec = importlib.util.spec_from_file_location(key, path)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[key] = importlib.util.module_from_spec(spec)
            try:
                spec.loader.exec_module(sys.modules[key])
            except BaseException:
                del sys.modules[key]
                raise
