"""Numba's kernels or NumPy's: the same operations under the same names."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import threading
import warnings
from types import SimpleNamespace

__all__ = ["load"]

BACKENDS = ("numba", "numpy")


def load(name: str | None = None) -> SimpleNamespace:
    """Return all operations of a backend.

    Parameters
    ----------
    name : {"numba", "numpy"}, optional
        By default what the environment variable ``REWIRE_KERNELS`` says, or else Numba where it is
        installed and NumPy where it is not.

    Raises
    ------
    ValueError
        For another name.
    """
    name = name or os.environ.get("REWIRE_KERNELS") or _default()
    if name not in BACKENDS:
        raise ValueError(f"kernels (or REWIRE_KERNELS) must be 'numba' or 'numpy'; got {name!r}")
    if name not in _loaded:
        operations: dict = {}
        for part in ("kernels", "updates", "passes", "few"):
            operations |= vars(importlib.import_module(f"{__package__}.{name}_{part}"))
        if name == "numba":
            _announce_compiling()
        _loaded[name] = SimpleNamespace(
            **{key: value for key, value in operations.items() if not key.startswith("__")}
        )
    return _loaded[name]


_loaded: dict[str, SimpleNamespace] = {}


@functools.cache
def _default() -> str:
    """Numba where it can be imported; where it is there but broken, say so, once."""
    if importlib.util.find_spec("numba") is None:
        return "numpy"
    try:
        load("numba")
    except (ImportError, OSError) as error:
        warnings.warn(
            "numba is installed but cannot be imported, so NumPy's kernels serve, which are many "
            f"times slower ({type(error).__name__}: {error}); install a numba that fits this "
            "Python and NumPy, or set REWIRE_KERNELS=numpy to be content with NumPy's",
            RuntimeWarning,
            stacklevel=3,
        )
        return "numpy"
    return "numba"


def _announce_compiling() -> None:
    """Say so on standard error when compiling keeps a person waiting for more than a second."""
    from numba.core import event  # only where Numba is used

    class Listener(event.Listener):
        def on_start(self, event):
            dispatcher = event.data["dispatcher"]
            if dispatcher.py_func.__module__.startswith(__package__ or "") and not timers:
                timer = threading.Timer(1.0, print, (_COMPILING,), {"file": sys.stderr})
                timer.daemon = True
                timers.append((event.data["dispatcher"], timer))
                timer.start()

        def on_end(self, event):
            if timers and timers[0][0] is event.data["dispatcher"]:
                timers.pop()[1].cancel()

    timers: list = []
    event.register("numba:compile", Listener())


_COMPILING = "rewire: compiling the kernels for this machine, once; later runs find them on disk."
