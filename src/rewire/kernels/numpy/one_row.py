"""A linear layer for one row in plain NumPy."""


def forward_one_row(indptr, index, weight, bias, x, out, progress, team):
    """out[t] = bias[t] + sum of weight[k] * x[index[k]]; an empty ``bias`` is zero."""
    for t in range(len(out)):
        k = slice(indptr[t], indptr[t + 1])
        out[t] = weight[k] @ x[index[k]] + (bias[t] if len(bias) else 0)


def forward_one_row_small(indptr, index, weight, scale, bias, x, out, progress, team):
    """out[t] = bias[t] + scale[t] * sum of weight[k] * x[index[k]], with int8 weights."""
    for t in range(len(out)):
        k = slice(indptr[t], indptr[t + 1])
        sums = weight[k].astype(x.dtype) @ x[index[k]]
        out[t] = scale[t] * sums + (bias[t] if len(bias) else 0)
