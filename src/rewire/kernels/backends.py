"""Choose between the compiled kernels and the plain ones."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import threading
import warnings
from types import ModuleType

__all__ = ["get_backend"]

BACKENDS = ("numba", "numpy")


def get_backend(name: str | None = None) -> ModuleType:
    """Return a backend: a package whose ``__all__`` are its operations.

    Parameters
    ----------
    name : {"numba", "numpy"}, optional
        By default what the environment variable ``REWIRE_KERNELS`` says, or else Numba where it is
        installed and NumPy where it is not.

    Raises
    ------
    ValueError
        For another name.

    Examples
    --------
    >>> import numpy as np
    >>> get_backend("numpy").all_finite(np.array([1.0, np.inf]))
    False
    """
    name = name or os.environ.get("REWIRE_KERNELS") or _default()
    if name not in BACKENDS:
        raise ValueError(f"backend (or REWIRE_KERNELS) must be 'numba' or 'numpy'; got {name!r}")
    if name not in _loaded:
        backend = importlib.import_module(f".{name}", __package__)
        if name == "numba":
            _announce_compiling()
        _loaded[name] = backend
    return _loaded[name]


_loaded: dict[str, ModuleType] = {}


@functools.cache
def _default() -> str:
    """Return "numba" if it can be imported; warn, once, if it is installed but broken."""
    if importlib.util.find_spec("numba") is None:
        return "numpy"
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        warnings.warn(
            "NUMBA_DISABLE_JIT is set, so the NumPy kernels are used, which are many times slower; "
            "unset it, or set REWIRE_KERNELS=numpy to choose the NumPy kernels",
            RuntimeWarning,
            stacklevel=3,
        )
        return "numpy"
    try:
        get_backend("numba")
    except (ImportError, OSError) as error:
        warnings.warn(
            "numba is installed but cannot be imported, so the NumPy kernels are used, which are "
            f"many times slower ({type(error).__name__}: {error}); install a numba that fits this "
            "Python and NumPy, or set REWIRE_KERNELS=numpy to choose the NumPy kernels",
            RuntimeWarning,
            stacklevel=3,
        )
        return "numpy"
    return "numba"


def _announce_compiling() -> None:
    """Say so on standard error, once, when compiling takes more than a second."""
    from numba.core import event  # only where Numba is used

    class Listener(event.Listener):
        def on_start(self, event):
            dispatcher = event.data["dispatcher"]
            if dispatcher.py_func.__module__.startswith(__package__ or "") and not timers:
                timer = threading.Timer(1.0, _announce)
                timer.daemon = True
                timers.append((event.data["dispatcher"], timer))
                timer.start()

        def on_end(self, event):
            if timers and timers[0][0] is event.data["dispatcher"]:
                timers.pop()[1].cancel()

    timers: list = []
    event.register("numba:compile", Listener())


@functools.cache
def _announce() -> None:
    print(_COMPILING, file=sys.stderr)


_COMPILING = "rewire: compiling kernels for this machine, once; later runs load them from disk."
