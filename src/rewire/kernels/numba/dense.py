"""The products of all rows of two arrays, compiled: what growth looks at.

Three rows of one array meet four of the other, and their twelve sums stay in registers while the
columns stream by. As many rows of ``D``, a tile of few columns, are taken at once as stay in the L1
cache while those of ``A`` come from further away.
"""

import numpy as np

from .compiling import inlined, part
from .sharing import share
from .shuffles import four_sums
from .simd import lanes, load, load_masked, multiply_add, store, store_masked, zeros

ROWS, MORE_ROWS = 3, 4
BLOCK_BYTES = 32768


@inlined
def rows_at_once(D):
    """Return how many rows of D a block has, a multiple of three."""
    return max(BLOCK_BYTES // (max(D.shape[1], 1) * D.itemsize * ROWS), 1) * ROWS


@inlined
def offsets(A, first, last):
    """Return where four rows begin; the last one stands in for those beyond it."""
    width = A.shape[1]
    return (
        first * width,
        min(first + 1, last) * width,
        min(first + 2, last) * width,
        min(first + 3, last) * width,
    )


@inlined
def load_four(A, rows, column, like):
    """Load a register of each of four rows."""
    return (
        load(A, rows[0] + column, like),
        load(A, rows[1] + column, like),
        load(A, rows[2] + column, like),
        load(A, rows[3] + column, like),
    )


@inlined
def load_rest(A, rows, column, count, like):
    """Load the last few numbers of each of four rows."""
    return (
        load_masked(A, rows[0] + column, count, like),
        load_masked(A, rows[1] + column, count, like),
        load_masked(A, rows[2] + column, count, like),
        load_masked(A, rows[3] + column, count, like),
    )


@inlined
def add_products(d, a, sums):
    """Add the products of one register with four to their sums."""
    return (
        multiply_add(d, a[0], sums[0]),
        multiply_add(d, a[1], sums[1]),
        multiply_add(d, a[2], sums[2]),
        multiply_add(d, a[3], sums[3]),
    )


@inlined
def store_products(out, t, s, sums, add):
    """Write, or add, four sums to row t from column s on, as far as there are columns."""
    four, offset = four_sums(sums[0], sums[1], sums[2], sums[3]), t * out.shape[1] + s
    count = min(out.shape[1] - s, MORE_ROWS)
    if count == MORE_ROWS:
        store(out, offset, four + load(out, offset, four) if add else four)
    else:
        before = load_masked(out, offset, count, four)
        store_masked(out, offset, count, four + before if add else four)


@inlined
def twelve_products(D, A, low, out, t, last, s):
    """out[t : t + 3, s : s + 4]; rows of D end at ``last``."""
    like, width, add = zeros(A, 1), D.shape[1], low > 0
    targets, sources = offsets(D, t, last - 1), offsets(A, s, A.shape[0] - 1)
    x = y = z = (like, like, like, like)
    column = np.intp(0)
    while column + lanes(like) <= width:
        a, d = load_four(A, sources, low + column, like), load_four(D, targets, column, like)
        x, y, z = add_products(d[0], a, x), add_products(d[1], a, y), add_products(d[2], a, z)
        column += lanes(like)
    if column < width:
        count = width - column
        a = load_rest(A, sources, low + column, count, like)
        d = load_rest(D, targets, column, count, like)
        x, y, z = add_products(d[0], a, x), add_products(d[1], a, y), add_products(d[2], a, z)
    store_products(out, t, s, x, add)
    if t + 1 < last:
        store_products(out, t + 1, s, y, add)
    if t + 2 < last:
        store_products(out, t + 2, s, z, add)


@inlined
def products_chunk(first, last, task):
    """Rows first to last of ``all_products``."""
    D, A, low, out = task
    block = rows_at_once(D)
    for begin in range(first, last, block):
        end = min(begin + block, last)
        for s in range(0, A.shape[0], MORE_ROWS):
            for t in range(begin, end, ROWS):
                twelve_products(D, A, low, out, t, end, s)


@part
def all_products(D, A, low, out, progress):
    """out[t, s] = D[t] . A[s, low:] over the columns of D; added to what is there if low > 0."""
    share(products_chunk, progress, 0, 0, D.shape[0], rows_at_once(D), (D, A, low, out))
