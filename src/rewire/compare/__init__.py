"""Methods beside each other over many seeds: train, keep what is done, compare honestly.

:func:`setting_for` says what is trained on, :func:`study` trains every method with every seed, and
:func:`summarise`, :func:`pairwise` and :func:`rank_methods` compare. :func:`write_report` leaves it
all in a folder, also as a page for any browser. ``rewire compare`` is the same from the command
line.
"""

from .pairs import Pair, pairwise
from .ranking import Ranking, critical_difference, rank_methods
from .report import summary_of, write_report
from .run import Failure, Run, run_one
from .seeds import parse_seeds
from .setting import Setting, setting_for
from .statistics import Difference, Interval, Share, Statistics, summarise
from .study import Study, study

__all__ = [
    "Difference",
    "Failure",
    "Interval",
    "Pair",
    "Ranking",
    "Run",
    "Setting",
    "Share",
    "Statistics",
    "Study",
    "critical_difference",
    "pairwise",
    "parse_seeds",
    "rank_methods",
    "run_one",
    "setting_for",
    "study",
    "summarise",
    "summary_of",
    "write_report",
]
