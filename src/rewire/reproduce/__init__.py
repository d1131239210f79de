"""The post's experiment, run again and compared with the figures that the post printed.

:func:`reproduce_post` trains, :func:`compare_with_post` compares, and :func:`write_results` writes
traces, pictures and a summary. ``rewire reproduce`` does all three from the command line.
"""

from .post import MethodRun, Reproduction, reproduce_post
from .published import Comparison, compare_with_post
from .results import write_results

__all__ = [
    "Comparison",
    "MethodRun",
    "Reproduction",
    "compare_with_post",
    "reproduce_post",
    "write_results",
]
