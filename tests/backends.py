"""The kernels that there are to be tested: without Numba, NumPy's alone."""

from importlib.util import find_spec

import pytest

__all__ = ["BACKENDS", "needs_numba"]

_INSTALLED = find_spec("numba") is not None

BACKENDS = ("numba", "numpy") if _INSTALLED else ("numpy",)
needs_numba = pytest.mark.skipif(
    not _INSTALLED, reason="Numba, whose kernels are tested, is not installed"
)
