"""The post's experiment, run again and compared with the figures that the post printed.

:func:`reproduce_post` trains, :func:`compare_with_post` compares, and :func:`write_results` writes
traces, pictures and a summary. ``rewire reproduce`` does all three from the command line.
"""

from .post import ENGINES, STEPS, MethodRun, Reproduction, fan_ins, layer_sizes, reproduce_post
from .published import POST_SEED, Comparison, compare_with_post
from .results import write_results

__all__ = [
    "ENGINES",
    "POST_SEED",
    "STEPS",
    "Comparison",
    "MethodRun",
    "Reproduction",
    "compare_with_post",
    "fan_ins",
    "layer_sizes",
    "reproduce_post",
    "write_results",
]
