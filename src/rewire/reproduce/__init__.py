"""The post's experiment, run again and compared with what the post printed."""

from rewire.io import prepare_folder

from .experiment import ENGINES, Experiment, Run, fan_ins, run_experiment
from .published import POST_SEED, Comparison, compare
from .report import shape, write_report

__all__ = [
    "ENGINES",
    "POST_SEED",
    "Comparison",
    "Experiment",
    "Run",
    "compare",
    "fan_ins",
    "prepare_folder",
    "run_experiment",
    "shape",
    "write_report",
]
