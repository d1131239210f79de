"""A linear layer for one row in plain NumPy."""


def forward_one_row(indptr, index, weight, bias, x, out, progress):
    """out[t] = bias[t] + sum of weight[k] * x[index[k]]; an empty ``bias`` is zero."""
    for t in range(len(out)):
        k = slice(indptr[t], indptr[t + 1])
        out[t] = weight[k] @ x[index[k]] + (bias[t] if len(bias) else 0)
