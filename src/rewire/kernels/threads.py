"""Make one compiled call from several threads at once.

Numba's default threading layer aborts the process when two Python threads use it at once, and none
of its layers survives a fork. The kernels release the GIL, so plain Python threads will do. Helpers
are asked to join, and nobody waits for them to begin: the threads that are there do the work (see
``numba.sharing``). Helpers belong to their process; a forked child starts its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["get_num_threads", "join_openmp", "openmp_team", "run_threaded", "set_num_threads"]

_number: int | None = None
_lock = threading.Lock()
_calls: queue.SimpleQueue = queue.SimpleQueue()
_helpers = 0
_openmp: int | None = None  # the address of GOMP_parallel


def _forget() -> None:
    global _lock, _calls, _helpers, _openmp
    _lock, _calls, _helpers, _openmp = threading.Lock(), queue.SimpleQueue(), 0, None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def set_num_threads(number: int) -> None:
    """Use at most so many threads for one operation; results are the same bits for any number.

    Parameters
    ----------
    number : int
        1 or more. Until this is called: the environment variable ``REWIRE_THREADS``, or as many as
        there are processors for this process. Small networks use one whatever is set.

    Examples
    --------
    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    global _number
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError(f"number must be a whole number of threads, at least 1; got {number!r}")
    _number = number


def get_num_threads() -> int:
    """Return how many threads an operation uses at most.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    if _number is not None:
        return _number
    given = os.environ.get("REWIRE_THREADS")
    if given:
        if not given.isdecimal() or int(given) < 1:
            raise ValueError(f"REWIRE_THREADS must be a whole number from 1 on; got {given!r}")
        return int(given)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _help(calls: queue.SimpleQueue) -> None:
    while True:
        function, arguments = calls.get()
        # The thread that asked makes the same call and meets the same error.
        with contextlib.suppress(BaseException):
            function(*arguments)
        del function, arguments  # or they would be kept until the next call


def run_threaded(function: Callable, arguments: tuple, number: int) -> Any:
    """Make one call on this thread and on ``number - 1`` helpers; return what it returns here.

    Safe from several Python threads: a helper that is busy elsewhere comes late or finds nothing
    left to do. Interrupted on the way, it still completes the call, as a helper may have begun and
    would otherwise write into the arrays after this has returned.
    """
    global _helpers
    if number == 1:
        return function(*arguments)
    with _lock:
        while _helpers < number - 1:
            threading.Thread(target=_help, args=(_calls,), daemon=True, name="rewire").start()
            _helpers += 1
    try:
        for _ in range(number - 1):
            _calls.put((function, arguments))
        return function(*arguments)
    except KeyboardInterrupt:
        function(*arguments)  # what is done already is not done again
        raise


def join_openmp() -> None:
    """From now on use the threads of the OpenMP runtime that the process has for everybody.

    For a front end whose own operations run on them, as PyTorch's do: they wait in a loop for some
    milliseconds after each operation, and other threads beside them would get half a processor.
    Without such a runtime, and in a forked child, whose OpenMP threads are gone, helpers are used.
    """
    global _openmp
    with contextlib.suppress(AttributeError, OSError, TypeError):
        function = ctypes.CDLL(None).GOMP_parallel
        _openmp = ctypes.cast(function, ctypes.c_void_p).value


def openmp_team(number: int) -> np.ndarray | None:
    """Return the ``team`` of so many threads of OpenMP that kernels take, or None without it."""
    return None if _openmp is None else np.array((_openmp, number), np.int64)
