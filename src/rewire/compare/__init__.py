"""Methods beside each other over many seeds: train, keep what is done, compare honestly.

:func:`study_config` says what is trained on, :func:`study` trains every method with every seed, and
:func:`summarise`, :func:`pairwise` and :func:`rank_methods` compare. :func:`write_report` leaves it
all in a folder, also as a page for any browser. ``rewire compare`` is the same from the command
line.
"""

from .config import StudyConfig, study_config
from .pairs import Pair, pairwise
from .ranking import Ranking, critical_difference, rank_methods
from .report import summary_of, write_report
from .seeds import parse_seeds
from .statistics import Difference, Interval, Share, Statistics, summarise
from .study import Study, study
from .trial import Failure, Run, run_one

__all__ = [
    "Difference",
    "Failure",
    "Interval",
    "Pair",
    "Ranking",
    "Run",
    "Share",
    "Statistics",
    "Study",
    "StudyConfig",
    "critical_difference",
    "pairwise",
    "parse_seeds",
    "rank_methods",
    "run_one",
    "study",
    "study_config",
    "summarise",
    "summary_of",
    "write_report",
]
