"""Limit BLAS to one thread for a while.

Its threads spin while they wait for each other, so products of a few milliseconds become slow where
another process competes for a processor: RigL's growth on 3072-4096-4096-10 took 350 ms with one
thread and 1000 to 2600 ms with two, on two busy processors. With one thread, results do not depend
on the number of threads either.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]

_lock = threading.Lock()
_entered: list[Any] = []  # one entry per caller inside; the first holds the former limits


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread in the whole process; the last one out restores what was before.

    Examples
    --------
    >>> with one_blas_thread():
    ...     pass
    """
    with _lock:
        _entered.append(None if _entered else _libraries().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            # The first entry stays until the last one leaves.
            left = _entered.pop(0 if len(_entered) == 1 else -1)
            if left is not None:
                left.restore_original_limits()


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()
