"""Inference on a few samples in plain NumPy: what ``numba_few`` computes."""

from .layout import Wiring
from .numpy_passes import predict


def predict_few(layers, row_pointer, source, weight, bias, X, samples, A, D, out):
    """As predict, for the whole of X.

    ``layers`` has rank_start, activation and custom as its rows.
    """
    rank_start, activation, custom = layers
    # What only the backward pass reads is left out.
    nothing = 3 * (source[:0],)
    wiring = Wiring(rank_start, activation[:-1], custom[:-1], row_pointer, source, *nothing)
    predict(wiring, weight, bias, X, samples[: len(X)], A, D, out, None)
