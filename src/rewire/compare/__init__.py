"""Methods beside each other over many seeds: train, keep what is done, compare honestly.

:func:`setting_for` says what is trained on, :func:`study` trains every method with every seed, and
:func:`summarise` compares. ``rewire compare`` is the same from the command line.
"""

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
    "Run",
    "Setting",
    "Share",
    "Statistics",
    "Study",
    "parse_seeds",
    "run_one",
    "setting_for",
    "study",
    "summarise",
    "summary_of",
    "write_report",
]
