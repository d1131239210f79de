"""Work shared by threads that make the same compiled call.

A call is a row of phases, a phase a number of chunks. In each phase a thread takes the next chunk
until none is left, then waits until those that others took are finished. A thread that comes late
finds less to do, and nobody waits for it to come. Who does a chunk does not change how, so the bits
do not depend on the threads.

``progress`` holds for each phase how many chunks were taken and how many finished: zeros at the
beginning, or nothing at all for a thread that is alone. Its last entry counts threads that took a
part of the work space for themselves.
"""

import numpy as np

from .compiling import inlined
from .intrinsics import atomic_increment, atomic_load, cpu_pause, yield_thread

MAX_CHUNKS, SPIN = 64, 2000
SQUARE = 16  # numbers
CHUNK_OF_SUMS, CHUNK_OF_COPIES = 65536, 8192  # products, numbers: some microseconds each


@inlined
def chunk_length(rows, products):
    """Return how many rows make a chunk of some microseconds, with at most 64 chunks."""
    chunks = min(MAX_CHUNKS, products // CHUNK_OF_SUMS + 1)
    return max((rows + chunks - 1) // chunks, 1)


@inlined
def copies_length(size, images):
    """Return the same for copies of ``size`` numbers of each image: whole squares of them."""
    chunks = min(MAX_CHUNKS, size * images // CHUNK_OF_COPIES + 1)
    return max((size + chunks * SQUARE - 1) // (chunks * SQUARE), 1) * SQUARE


@inlined
def wait(progress, phase, chunks):
    """Wait until all chunks of a phase are finished; give way if that takes long."""
    turns = 0
    while atomic_load(progress, 2 * phase + 1) < chunks:
        turns += 1
        if turns > SPIN:
            yield_thread()
        else:
            cpu_pause()


@inlined
def share(work, progress, phase, low, high, length, task):
    """Call ``work(first, last, task)`` for chunks of low to high; return the next phase.

    A thread that is alone (``progress`` is empty) takes everything as one chunk. There is one call
    to ``work`` only, as the code of all that it does is inlined here.
    """
    chunk, chunks, alone = np.intp(0), np.intp(1), progress.size == 0
    if not alone:
        chunks = max((high - low + length - 1) // length, 1)
        chunk = atomic_increment(progress, 2 * phase)
    while chunk < chunks:
        first = low + chunk * length
        work(first, high if alone else min(high, first + length), task)
        if alone:
            return phase
        atomic_increment(progress, 2 * phase + 1)
        chunk = atomic_increment(progress, 2 * phase)
    wait(progress, phase, chunks)
    return phase + 1


@inlined
def share_apart(work, progress, phase, number, parts, task):
    """Call ``work(first, last, task)`` for 0 to ``number``; in parts, for each by itself.

    It is not made of ``share``, as Numba takes a call inside a call for a recursion.
    """
    first, last = np.intp(0), np.intp(number)
    if parts > 1:
        first = atomic_increment(progress, 2 * phase)
        last = first + 1
    while first < number:
        work(first, last, task)
        if parts == 1:
            return
        atomic_increment(progress, 2 * phase + 1)
        first = atomic_increment(progress, 2 * phase)
        last = first + 1
    if parts > 1:
        wait(progress, phase, number)


@inlined
def own_part(parts, progress):
    """Return the number of the part of the work spaces that this thread takes for itself."""
    number = np.intp(0)
    if parts > 1:
        number = atomic_increment(progress, progress.size - 1)
    return number


@inlined
def cut(space, number, parts):
    """Return one of some equal parts of a work space, in a tuple: Numba returns arrays only so."""
    size = space.size // parts
    return (space[number * size : (number + 1) * size],)
