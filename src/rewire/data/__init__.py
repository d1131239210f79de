"""Data sets as arrays that a network takes: generated, stored, or from your own file.

:func:`load` loads a data set by name, ``load("mnist")``, or from a file, ``load("table.csv",
target="price")``, and returns a :class:`Dataset`. A :class:`Standardizer` brings inputs to mean 0
and standard deviation 1 and can be kept with a model. :func:`register` adds a data set by name.

scikit-learn, SciPy and pandas are imported when they are used, not by ``import rewire.data``.
"""

from . import madelon, mnist  # noqa: F401  they register what they load
from .dataset import Dataset
from .registry import available, load, register
from .sklearn_datasets import moons
from .standardizer import Standardizer
from .stream import Stream

__all__ = [
    "Dataset",
    "Standardizer",
    "Stream",
    "available",
    "load",
    "moons",
    "register",
]
