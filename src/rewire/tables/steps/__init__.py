"""How one column becomes inputs: a step for each kind of column, as plain numbers and words.

Steps are few and simple, so that every export can carry them: a C file or an ONNX model computes
the same from the raw row.
"""

from .categories import LeftOut, cross_fitted
from .date import Date
from .fitting import fit_step, missing_rows
from .lookup import Lookup
from .ngrams import Ngrams
from .number import Number
from .protocol import Step, step_from_dict

__all__ = [
    "Date",
    "LeftOut",
    "Lookup",
    "Ngrams",
    "Number",
    "Step",
    "cross_fitted",
    "fit_step",
    "missing_rows",
    "step_from_dict",
]
