"""The order by source, and values of connections between it and the table's order, compiled."""

import numpy as np

from .compiling import inlined, part
from .intrinsics import prefetch
from .simd import zeros

# Tables longer than this are permuted out of L3 and memory; prefetching 256 positions ahead takes
# 1.5 ns per connection instead of 2.7 (but 0.8 instead of 0.6 below it), and back 64 ahead 2.0
# instead of 2.5.
LARGE_TABLE, AHEAD, AHEAD_BACK = 700_000, 256, 64


@part
def sort_by_source(indptr, source, place, target, csc_position):
    """Sort connections by source; place[s] is where those of source s begin, and then end.

    Each goes to the next place of its source: targets that rise stay in order.
    """
    for t in range(indptr.size - 1):
        for i in range(indptr[t], indptr[t + 1]):
            s = np.uintp(source[i])
            here = place[s]
            place[s] = here + 1
            target[np.uintp(here)] = t
            csc_position[i] = here


@inlined
def prefetch_position(values, csc_position, i, last):
    """Prefetch what will be needed some connections later."""
    prefetch(values, np.intp(csc_position[min(i, last - 1)]), zeros(values, 0))


@part
def to_csc_order(values, csc_position, out, first, last):
    """out[csc_position[i]] = values[i]: weights, for the backward pass."""
    if csc_position.size > LARGE_TABLE:
        for i in range(first, last):
            prefetch_position(out, csc_position, i + AHEAD, last)
            out[np.uintp(csc_position[i])] = values[i]
    else:
        for i in range(first, last):
            out[np.uintp(csc_position[i])] = values[i]


@part
def to_table_order(gradient, csc_position, out, first, last):
    """out[i] = gradient[csc_position[i]]."""
    if csc_position.size > LARGE_TABLE:
        for i in range(first, last):
            prefetch_position(gradient, csc_position, i + AHEAD_BACK, last)
            out[i] = gradient[np.uintp(csc_position[i])]
    else:
        for i in range(first, last):
            out[i] = gradient[np.uintp(csc_position[i])]
