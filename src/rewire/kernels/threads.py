"""One compiled call made by several threads at once.

Numba's default threading layer aborts the process when two Python threads use it
at once, and none of its layers survives a fork.  The kernels release the GIL, so
plain Python threads do.  The helpers are asked to join and nobody waits for them to
begin: whoever is there does the work (see ``numba_passes``).  Helpers belong to their
process; a forked child starts without any and makes its own.
"""

import os
import queue
import threading

_number = None
_lock = threading.Lock()
_calls = queue.SimpleQueue()
_helpers = 0


def _forget():
    global _lock, _calls, _helpers
    _lock, _calls, _helpers = threading.Lock(), queue.SimpleQueue(), 0


os.register_at_fork(after_in_child=_forget)


def set_num_threads(number):
    """Use at most ``number`` threads (1 or more) for one operation."""
    global _number
    if not isinstance(number, int) or number < 1:
        raise ValueError(f"number of threads must be a whole number from 1 on; got {number!r}")
    _number = number


def get_num_threads():
    """As set; else REWIRE_THREADS; else the processors this process may use."""
    if _number is not None:
        return _number
    return int(os.environ.get("REWIRE_THREADS") or len(os.sched_getaffinity(0)))


def _help(calls):
    while True:
        function, arguments = calls.get()
        try:
            function(*arguments)
        except BaseException:
            pass


def together(function, arguments, number):
    """Make one call on this thread and on ``number`` - 1 helpers.

    Safe from several Python threads: a helper that is busy elsewhere comes late or
    finds nothing left to do.  Compiled functions hold what they work on until they return.
    """
    global _helpers
    if number > 1:
        with _lock:
            while _helpers < number - 1:
                threading.Thread(target=_help, args=(_calls,), daemon=True, name="rewire").start()
                _helpers += 1
        for _ in range(number - 1):
            _calls.put((function, arguments))
    return function(*arguments)
