"""The products of one block of connections in plain NumPy."""


def block_forward(indptr, source, weight, bias, A, Z, progress):
    """Z[t] = bias[t] + sum of weight[k] * A[source[k]]; an empty ``bias`` is zero."""
    for t in range(len(indptr) - 1):
        k = slice(indptr[t], indptr[t + 1])
        Z[t] = weight[k] @ A[source[k]] + (bias[t] if len(bias) else 0)


def block_weight_gradient(indptr, source, D, A, gradient, progress):
    """gradient[k] = D[t] . A[source[k]] for the connections k of each target t."""
    for t in range(len(indptr) - 1):
        k = slice(indptr[t], indptr[t + 1])
        gradient[k] = A[source[k]] @ D[t]
