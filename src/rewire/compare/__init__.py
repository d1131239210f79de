"""Methods beside each other over many seeds: train, keep what is done, compare honestly.

:func:`study_config` says what is trained on, :func:`run_study` trains every method with every seed,
and :func:`summarise`, :func:`pairwise` and :func:`rank_methods` compare. :func:`write_comparison`
leaves it all in a folder, also as a page for any browser. ``rewire compare`` is the same from the
command line.
"""

from typing import TYPE_CHECKING

from rewire.io import lazy_face

if TYPE_CHECKING:
    from .analysis.pairs import pairwise as pairwise
    from .analysis.ranking import rank_methods as rank_methods
    from .analysis.statistics import summarise as summarise
    from .config import StudyConfig as StudyConfig
    from .config import study_config as study_config
    from .merging import merge_studies as merge_studies
    from .report.writing import write_comparison as write_comparison
    from .running import run_study as run_study
    from .study import Study as Study
    from .trial import Failure as Failure
    from .trial import Trial as Trial

# Imported when first asked for: the command line needs the presets alone for its help.
_HOMES = {
    "Failure": "trial",
    "Study": "study",
    "StudyConfig": "config",
    "Trial": "trial",
    "merge_studies": "merging",
    "pairwise": "analysis.pairs",
    "rank_methods": "analysis.ranking",
    "run_study": "running",
    "study_config": "config",
    "summarise": "analysis.statistics",
    "write_comparison": "report.writing",
}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_face(__name__, _HOMES)
