"""The products of all rows of two arrays in plain NumPy."""


def all_products(D, A, low, out, progress):
    """out[t, s] = D[t] . A[s, low:] over the columns of D; added to what is there if low > 0."""
    product = D @ A[:, low : low + D.shape[1]].T
    out[:] = out + product if low else product
