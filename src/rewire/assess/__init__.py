"""How wrong a model is, how surely that is known, and which inputs its answers rest on.

:func:`assess` takes a function that answers and samples whose answers are known: scores beside
those of simpler models, intervals, tables of classes or residuals, and the inputs that matter.
"""

from typing import TYPE_CHECKING

from rewire.io import lazy_face

if TYPE_CHECKING:
    from .assessment import Assessment as Assessment
    from .assessment import assess as assess
    from .inputs import input_strengths as input_strengths
    from .inputs import permutation_importance as permutation_importance
    from .scores import score as score

# Imported when first asked for, as scikit-learn takes a while.
_HOMES = {
    "Assessment": "assessment",
    "assess": "assessment",
    "input_strengths": "inputs",
    "permutation_importance": "inputs",
    "score": "scores",
}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_face(__name__, _HOMES)
