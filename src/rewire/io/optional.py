"""Packages that only some features need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["import_optional"]


def import_optional(module: str, extra: str) -> Any:
    """Import an optional dependency.

    Parameters
    ----------
    module : str
    extra : str
        The extra of this distribution that installs it.

    Raises
    ------
    ImportError
        Naming the extra, if the package is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{module} is needed for this and is not installed: pip install 'rewire-nn[{extra}]'"
        ) from error
