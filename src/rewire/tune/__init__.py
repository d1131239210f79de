"""Settings searched on a validation part of the training samples, by Optuna.

:func:`tune` tries settings and returns the best recipe with what was tried. It needs the extra
``tune``.
"""

from typing import TYPE_CHECKING

from rewire.io import lazy_face

if TYPE_CHECKING:
    from .search import tune as tune
    from .tuned import Tuned as Tuned

_HOMES = {"Tuned": "tuned", "tune": "search"}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_face(__name__, _HOMES)
