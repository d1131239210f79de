"""A recipe, which JSON can hold, the experiment made of it, and the folder that keeps one.

:class:`Recipe` has every setting of a training, :func:`prepare_experiment` loads the data and makes
an :class:`Experiment` of it, :class:`RunDirectory` keeps it in a folder, and :class:`Predictor` is
the trained network with what stands before and after it.
"""

from typing import TYPE_CHECKING

from rewire.io import lazy_face

if TYPE_CHECKING:
    from .experiment import Experiment as Experiment
    from .experiment import prepare_experiment as prepare_experiment
    from .parts import load_dataset as load_dataset
    from .predictor import Predictor as Predictor
    from .recipe import Recipe as Recipe
    from .run_directory import RunDirectory as RunDirectory
    from .settings import settings_table as settings_table

# Imported when first asked for: the command line builds its options of the recipe alone.
_HOMES = {
    "Experiment": "experiment",
    "Predictor": "predictor",
    "Recipe": "recipe",
    "RunDirectory": "run_directory",
    "load_dataset": "parts",
    "prepare_experiment": "experiment",
    "settings_table": "settings",
}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_face(__name__, _HOMES)
