"""BLAS on one thread for a while.

Its threads wait for each other after every product, so that products of a few milliseconds come to
a crawl where another process wants a processor too: RigL's growth on 3072-4096-4096-10 took 350 ms
with one thread and 1000 to 2600 ms with two, on two processors in demand. Bits do not depend on the
number of threads then, either.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]

_limiting = threading.Lock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread, in the whole process, and restore what was before.

    One at a time does so; who comes meanwhile computes with what there is.

    Examples
    --------
    >>> with one_blas_thread():
    ...     pass
    """
    if not _limiting.acquire(blocking=False):
        yield
        return
    try:
        with ThreadpoolController().limit(limits=1, user_api="blas"):
            yield
    finally:
        _limiting.release()
