"""Inference on a few samples in plain NumPy: what ``numba_few`` computes."""

import numpy as np

from .layout import Wiring
from .numpy_kernels import all_finite
from .numpy_passes import predict


def predict_one(layers, indptr, source, A, D, weight, bias, X, out):
    """As predict_few, for one sample."""
    samples = np.zeros(1, np.intp)
    return predict_few(layers, indptr, source, A, D, weight, bias, X, samples, out)


def predict_few(layers, indptr, source, A, D, weight, bias, X, samples, out):
    """As predict, for the whole of X; returns whether X is finite.

    ``layers`` has rank_start, activation and custom as its rows.
    """
    if not all_finite(X):
        return False
    rank_start, activation, custom = layers
    # What only the backward pass reads is left out.
    nothing = 3 * (source[:0],)
    wiring = Wiring(rank_start, activation[:-1], custom[:-1], indptr, source, *nothing)
    predict(wiring, weight, bias, X, samples[: len(X)], A, D, out, None)
    return True
