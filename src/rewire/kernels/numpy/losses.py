"""Losses, their slopes, and what is counted and checked beside them, in plain NumPy."""

import numpy as np

from ..layout import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, HINGE, HUBER


def _sample_weights(y, samples, targets):
    """Return what each sample counts: the number after its targets, or 1 where there is none."""
    return y[samples, targets] if y.shape[1] > targets else np.ones(1, y.dtype)


def _cross_entropy(scores, labels, counts, scale, output_grad):
    columns = np.arange(scores.shape[1])
    shifted = scores - scores.max(axis=0)
    output_grad[:] = np.exp(shifted)
    whole = output_grad.sum(axis=0)
    loss = (counts * (np.log(whole) - shifted[labels, columns])).sum()
    output_grad *= counts * scale / whole
    output_grad[labels, columns] -= counts * scale
    return float(loss)


def loss_and_slope(loss, scores, y, samples, scale, output_grad):
    """Return the summed loss of the samples; output_grad = scale * dloss/dscores; both weighted."""
    if loss == CROSS_ENTROPY:
        counts = _sample_weights(y, samples, 1)
        return _cross_entropy(scores, y[samples, 0].astype(np.intp), counts, scale, output_grad)
    wanted = y[samples, : len(scores)].T.astype(scores.dtype)
    counts = _sample_weights(y, samples, len(scores))
    slope = counts * scale
    if loss == HINGE:
        margin = 1 - wanted * scores
        output_grad[:] = np.where(margin > 0, -slope * wanted, 0)
        return float((counts * np.maximum(margin, 0)).sum())
    if loss == BINARY_CROSS_ENTROPY:
        small = np.exp(-np.abs(scores))
        chance = np.where(scores >= 0, 1, small) / (1 + small)
        output_grad[:] = slope * (chance - wanted)
        each = np.maximum(scores, 0) - scores * wanted + np.log1p(small)
        return float((counts * each).sum())
    apart = scores - wanted
    if loss == HUBER:
        inside = np.clip(apart, -1, 1)
        output_grad[:] = slope * inside
        return float((counts * inside * (apart - inside / 2)).sum())
    output_grad[:] = 2 * slope * apart
    return float((counts * apart**2).sum())


def count_correct(loss, scores, y, samples):
    """Count the samples that have their largest, or every, output on the right side."""
    if loss == CROSS_ENTROPY:
        return int((scores.argmax(axis=0) == y[samples, 0]).sum())
    middle = 0.5 if loss == BINARY_CROSS_ENTROPY else 0.0
    return int(((scores > 0) == (middle < y[samples, : len(scores)].T)).all(axis=0).sum())


def sum_of_squares(values):
    """Return the sum of the squares."""
    return float(values @ values)


def acceptable(X, y, loss, outputs):
    """Whether X and y are finite, all targets allowed by the loss, and no sample weight below 0."""
    targets = 1 if loss == CROSS_ENTROPY else outputs
    wanted = y[:, :targets]
    known = np.isfinite(wanted)
    if loss == CROSS_ENTROPY:
        known = (wanted >= 0) & (wanted < outputs) & (wanted == np.floor(wanted))
    elif loss == HINGE:
        known = np.abs(wanted) == 1
    elif loss == BINARY_CROSS_ENTROPY:
        known = (wanted >= 0) & (wanted <= 1)
    weights_known = (y[:, targets:] >= 0).all()
    return bool(known.all() and weights_known) and all_finite(y) and all_finite(X)


def all_finite(X):
    """Whether no number is infinite or NaN."""
    return bool(np.isfinite(X).all())
