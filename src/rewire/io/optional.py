"""Packages that only some features need."""

from __future__ import annotations

import sys
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
        found = import_module(module)
    except ModuleNotFoundError as error:
        raise _missing(module, extra) from error
    if getattr(found, "__file__", None) is None:
        # Any folder of that name in the working directory, such as the runs that wandb keeps.
        del sys.modules[module]
        raise _missing(module, extra)
    return found


def _missing(module: str, extra: str) -> ImportError:
    return ImportError(
        f"{module} is needed for this and is not installed: pip install 'rewire-nn[{extra}]'"
    )
