"""Passes over one layer of a front end in plain NumPy."""

import numpy as np

from .permutations import to_csc_order, to_table_order


def _rows(flat, length):
    return flat[: flat.size // length * length].reshape(-1, length)


def _copy_in(X, place, gaps, A):
    """A[place[f] + c] = X[c, f]; what is in a gap becomes zero."""
    for begin, end in gaps:
        A[begin:end] = 0
    A[place[:, None] + np.arange(len(X))] = X.T


def _sums(indptr, index, weight, bias, A, width, Z, low, high):
    """Z[t, low:high] = bias[t] + sum of weight[k] * what connection k reads in those columns.

    ``indptr`` goes through all t once for each block of rows that are read.
    """
    columns = np.arange(low, high)
    Z[:, low:high] = bias[:, None] if len(bias) else 0
    for i in range(len(indptr) - 1):
        k = slice(indptr[i], indptr[i + 1])
        read = A[index[k].astype(np.intp)[:, None] * width + columns]
        Z[i % len(Z), low:high] += weight[k] @ read


def layer_forward(
    X,
    out,
    images,
    input_place,
    input_run,
    input_gaps,
    output_place,
    output_run,
    tiles,
    indptr,
    index,
    position,
    weight,
    bias,
    width,
    target_size,
    targets,
    blocks,
    far,
    parts,
    ordered,
    A,
    Z,
    progress,
    team,
):
    """Out = weighted sums of X, plus ``bias`` (empty: zero), for whole groups of images."""
    if len(position):
        to_csc_order(weight, position, ordered, 0, len(weight))
        weight = ordered
    sums = _rows(Z, target_size)[:targets]
    for image in range(0, len(X), images):
        group = slice(image, image + images)
        _copy_in(X[group], input_place, input_gaps, A)
        for low, high in tiles:
            _sums(indptr, index, weight, bias, A, width, sums, low, high)
        out[group] = Z[output_place[:, None] + np.arange(images)].T


def layer_backward(
    X,
    output_grad,
    input_grad,
    weight_grad,
    bias_grad,
    images,
    input_place,
    input_run,
    input_gaps,
    output_place,
    output_run,
    output_gaps,
    tiles,
    csc_indptr,
    index,
    csc_position,
    weight,
    csc_weight,
    gradients,
    width,
    planes,
    plane_size,
    target_size,
    blocks,
    far,
    parts,
    bias_sums,
    A,
    D,
    G,
    progress,
    team,
):
    """Gradients for whole groups of images; those whose array is empty are not wanted."""
    to_csc_order(weight, csc_position, csc_weight, 0, len(weight))
    gradient, unused, no_bias = gradients[0], planes * plane_size, np.zeros(0, weight.dtype)
    gradient[:] = 0
    sources = _rows(A[:unused], plane_size)
    for image in range(0, len(output_grad), images):
        group = slice(image, image + images)
        _copy_in(output_grad[group], output_place, output_gaps, D)
        if len(bias_grad):
            bias_grad += _rows(D, target_size).sum(axis=1)[: len(bias_grad)]
        if len(weight_grad):
            _copy_in(X[group], input_place, input_gaps, A)
            for i in range(len(csc_indptr) - 1):
                k = slice(csc_indptr[i], csc_indptr[i + 1])
                for low, high in tiles:
                    read = D[index[k].astype(np.intp)[:, None] * width + np.arange(low, high)]
                    gradient[k] += read @ sources[i % planes, low:high]
        if len(input_grad):
            for low, high in tiles:
                _sums(csc_indptr, index, csc_weight, no_bias, D, width, sources, low, high)
            A[unused : unused + images] = 0
            input_grad[group] = A[input_place[:, None] + np.arange(images)].T
    if len(weight_grad):
        to_table_order(gradient, csc_position, weight_grad, 0, len(weight))
