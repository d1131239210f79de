"""Inference on a few samples in plain NumPy."""

import numpy as np

from .losses import all_finite
from .passes import predict


def predict_one(layers, indptr, source, A, D, weight, bias, X, out):
    """As ``predict_few``, for one sample."""
    samples = np.zeros(1, np.intp)
    return predict_few(layers, indptr, source, A, D, weight, bias, X, samples, out)


def predict_few(layers, indptr, source, A, D, weight, bias, X, samples, out):
    """As ``predict``, for the whole of X; returns whether X is finite.

    ``layers`` has the three arrays of ``Ranks`` as its rows.
    """
    if not all_finite(X):
        return False
    start, activation, custom = layers
    ranks = start, activation[:-1], custom[:-1]
    predict(*ranks, indptr, source, A, D, weight, bias, X, samples[: len(X)], out, None)
    return True
