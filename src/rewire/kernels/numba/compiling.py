"""How functions are compiled: *kernels* for Python to call, *parts* that only kernels call.

Numba optimizes every function, turns it into machine code and writes two wrappers for callers from
Python, and then does the same to each function that calls it, with the first one inside. For the
training pass, which is made of some sixty functions, that is ten times the work of optimizing the
whole once. A part is therefore typed and lowered only; the kernel that it becomes part of is
optimized as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.registry import CPUDispatcher

from .disk import KernelCache

__all__ = ["Kernel", "Part", "inlined", "kernel", "optimized", "part"]

# Without Numba's memory management nothing compiled may make an array, but nothing counts
# references either: in the loops over neurons that took 20 ns for each of them wherever LLVM did
# not see that it was needless, and at a call 46 instead of 14 ns for every array.
OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}


class _PartLibrary(JITCodeLibrary):
    """Code that waits to be linked into a kernel and is not made executable."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0: there is no machine code."""
        self._ensure_finalized()
        return 0

    @property
    def codegen(self) -> Any:
        """The library itself, as Numba asks here for ``set_env`` alone."""
        return self

    def set_env(self, name: str, env: Any) -> None:
        """Do nothing: an environment belongs to machine code."""


class _RawPartLibrary(_PartLibrary):
    """The same without any optimization of its own."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        pass


class _PartCompiler(CompilerBase):
    """Numba's own passes, but into a library of another kind and without wrappers."""

    library: type[_PartLibrary] = _RawPartLibrary

    def define_pipelines(self) -> list:
        """Return the passes."""
        state = self.state
        state.flags.no_cpython_wrapper = state.flags.no_cfunc_wrapper = True
        state.library = self.library(state.targetctx.codegen(), state.func_id.func_qualname)
        return [DefaultPassBuilder.define_nopython_pipeline(state)]


class _OptimizedPartCompiler(_PartCompiler):
    library = _PartLibrary


class Part(CPUDispatcher):
    """A function for compiled code alone."""

    def __init__(self, function: Callable, compiler: type = _PartCompiler, **options: Any):
        options = {"nopython": True, "boundscheck": None, **OPTIONS, **options}
        super().__init__(function, targetoptions=options, pipeline_class=compiler)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: a part has no code of its own that Python could call."""
        raise TypeError(f"{self.__name__} is compiled into kernels only; kernel({self.__name__})")


def part(function: Callable) -> Part:
    """Compile a function into the kernels that call it; LLVM decides whether to inline it."""
    return Part(function)


def inlined(function: Callable) -> Part:
    """Compile a function into every place that calls it."""
    return Part(function, forceinline=True)


def optimized(function: Callable) -> Part:
    """As ``part``, but optimized by itself before it is put into anything.

    For loops around a choice that does not change: LLVM makes a loop for each outcome if the
    function is small, but not in the middle of a large kernel, which made small training steps 20%
    slower.
    """
    return Part(function, _OptimizedPartCompiler)


class Kernel(CPUDispatcher):
    """A function that Python calls; compiled code is kept on disk, for other processes as well.

    ``source`` is the function that names the files, where it is not the function itself.
    """

    def __init__(self, function: Callable, source: Callable | None = None, **options: Any):
        options = {"nopython": True, "boundscheck": None, **OPTIONS, **options}
        super().__init__(function, targetoptions=options)
        self._cache = KernelCache(source or function)

    def compile(self, sig: Any) -> Any:
        """Compile for types of arguments, or read from disk what another process has compiled."""
        try:
            return super().compile(sig)
        finally:
            self._cache.let_go()


def kernel(function: Callable, **options: Any) -> Kernel:
    """Compile a function, or a part, for Python to call; the result is kept on disk."""
    return Kernel(function.py_func if isinstance(function, Part) else function, **options)
