"""The forward pass over one layer of a front end, compiled: copies and products in one call.

Images are taken in groups, whose interleaved rows are the work space: ``A`` for sources (and then
their gradients), ``Z`` for targets (or their sensitivities). See ``geometry`` for how they lie.
An index of a connection is the number of a row where ``width`` is its length, and a flat position
where ``width`` is 1.

Connections may be ordered by blocks of the rows that they read, then by target: ``indptr`` counts
the targets of the first block, then those of the second. What a block reads in so few columns stays
in the L1 cache (see ``layer_table``), and a target's sums are fetched and written once for each
block.

Threads share either all groups, each with a ``part`` of the work space for itself, or every step of
one group after the other. In parts nothing goes from one core's cache to another's: 512 rows of
1024 numbers at density 0.02 took 0.8 ms instead of 1.1.
"""

import numpy as np

from ..layout import LINEAR
from .compiling import inlined, part
from .permutations import to_csc_order
from .placing import clear_gaps, place_in, place_out
from .rows import forward_row
from .sharing import chunk_length, copies_length, cut, own_part, share, share_apart

MANY = 65536  # numbers of which each takes little, for a thread at once
RESERVED = 2  # phases outside of groups
TILE_BYTES = 256  # of each row, while blocks take turns
BLOCK_ROWS = 128  # so many rows of results make it worth while to fetch a block into L1


@inlined
def copies_in(first, last, task):
    """Copy in some numbers of a group of images, and clear the same share of the gaps."""
    X, image, images, place, run, gaps, A = task
    place_in(X, image, images, place, run, A, first, last)
    size, number = max(place.size, 1), gaps.shape[0]
    clear_gaps(A, gaps, first * number // size, last * number // size)


@inlined
def copies_out(first, last, task):
    """Copy out some numbers of a group of images."""
    A, place, run, X, image, images = task
    place_out(A, place, run, X, image, images, first, last)


@inlined
def rows_length(rows, products, blocks):
    """Return how many rows of results make a chunk."""
    length = chunk_length(rows, products)
    return length if blocks == 1 else max(length, BLOCK_ROWS)


@inlined
def columns_at_once(A, columns, blocks):
    """Return how many columns to take before the next ones: all, or few where there are blocks."""
    return columns if blocks == 1 else TILE_BYTES // A.itemsize


@inlined
def order_weights(first, last, task):
    """Order weights as the kernels go through them."""
    weight, position, ordered = task
    to_csc_order(weight, position, ordered, first, last)


@inlined
def sums(first, last, task):
    """Weighted sums of some targets, in one tile of columns."""
    indptr, index, weight, bias, (blocks, far), A, Z, low, high = task
    step, targets = columns_at_once(A, high - low, blocks), Z.shape[0]
    for column in range(low, high, step):
        until = min(column + step, high)
        for block in range(blocks):
            for t in range(first, last):
                start = bias[t] if bias.size else A.dtype.type(0)
                k = block * targets + t
                row = indptr[k], indptr[k + 1], A, Z, t, start, column, until, block > 0
                forward_row(LINEAR, far, weight, index, *row)


@inlined
def forward_groups(first, last, task):
    """Some groups of images, one after the other: copy in, weighted sums of all targets, copy out.

    Threads that are ``within`` share each of these.
    """
    within, X, out, copies, tiles, table, sizes, (A, Z) = task
    images, input_place, input_run, input_gaps, output_place, output_run = copies
    index, (width, target_size, targets, blocks, far) = table[1], sizes
    phase, zero = np.intp(RESERVED), np.intp(0)
    inputs, outputs = input_place.size, output_place.size
    length_in, length_out = copies_length(inputs, images), copies_length(outputs, images)
    sources = A[: A.size // width * width].reshape((A.size // width, width))
    fixed = (
        *table,
        (blocks, far),
        sources,
        Z[: targets * target_size].reshape((targets, target_size)),
    )
    for image in range(first * images, last * images, images):
        task_in = X, image, images, input_place, input_run, input_gaps, A
        phase = share(copies_in, within, phase, zero, inputs, length_in, task_in)
        for i in range(tiles.shape[0]):
            task_sums = *fixed, tiles[i, 0], tiles[i, 1]
            length = rows_length(targets, index.size * (tiles[i, 1] - tiles[i, 0]), blocks)
            phase = share(sums, within, phase, zero, targets, length, task_sums)
        task_out = Z, output_place, output_run, out, image, images
        phase = share(copies_out, within, phase, zero, outputs, length_out, task_out)


@part
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
):
    """Out = weighted sums of X, plus ``bias`` (empty: zero), for whole groups of images.

    ``ordered``, ``A`` and ``Z`` are work space. Without blocks ``position`` is empty.
    """
    within = progress[:0] if parts > 1 else progress
    number, zero = own_part(parts, progress), np.intp(0)
    if position.size:
        task_order = weight, position, ordered
        share(order_weights, progress, zero, zero, weight.size, MANY, task_order)
    copies = images, input_place, input_run, input_gaps, output_place, output_run
    table = indptr, index, ordered if position.size else weight, bias
    sizes, space = (
        (width, target_size, targets, blocks, far),
        cut(A, number, parts) + cut(Z, number, parts),
    )
    task = within, X, out, copies, tiles, table, sizes, space
    share_apart(forward_groups, progress, np.intp(1), X.shape[0] // images, parts, task)
