"""Forks wait until a kernel is made.

A process forked amid compiling would have compilers half at work and locks that nobody lets go: it
would hang at its first kernel.
"""

import os
from contextlib import nullcontext

from llvmlite.binding import ffi
from numba.core.compiler_lock import global_compiler_lock

# LLVM's own, which is also taken outside of Numba's, where compiled code is let go.
_llvm_lock = getattr(ffi.lib, "_lock", nullcontext())


def _lock_compilers():
    global_compiler_lock.acquire()
    _llvm_lock.__enter__()


def _unlock_compilers():
    _llvm_lock.__exit__(None, None, None)
    global_compiler_lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock_compilers,
        after_in_parent=_unlock_compilers,
        after_in_child=_unlock_compilers,
    )
