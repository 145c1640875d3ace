"""How the kernel's functions are compiled: without reference counting, since they allocate nothing, and each entry point whole.

Functions compiled without Numba's runtime cannot allocate, which the kernel never does; what they inline into each other
then costs no more than the work itself. Numba would leave every function that an entry point uses callable from outside; here
they are its own, so that LLVM may put one that is called once into its caller and pass arguments as it likes.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, get_type_hints

import numpy as np
from llvmlite.binding import Linkage
from numba import float64, int64, njit, typeof
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numpy.typing import NDArray

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
ENTRY_POINTS: Final[list[Any]] = []
_TYPES: Final[dict[Any, Any]] = {int: int64, float: float64, NDArray[np.int64]: int64[::1], NDArray[np.float64]: float64[::1]}
_WITHOUT_RUNTIME: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy"}


class _Closed(JITCodeLibrary):
    """The code of one entry point: what is linked into it belongs to it alone."""

    def _optimize_final_module(self) -> None:
        linked = [f for f in self._final_module.functions if not f.is_declaration and f.linkage is Linkage.linkonce_odr]
        for function in linked:
            function.linkage = Linkage.internal
            # the loader knows even internal symbols by name, across entry points
            function.name = f"{self.name}.{function.name}"
        super()._optimize_final_module()


class _WholeProgram(CompilerBase):
    """Numba's own way of compiling, but for the library that the code goes to."""

    def define_pipelines(self) -> list[Any]:
        library = _Closed(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        library.enable_object_caching()
        self.state.library = library
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


def function(python: Compiled) -> Compiled:
    """A compiled function that other compiled functions call."""
    made: Compiled = njit(**_WITHOUT_RUNTIME)(python)
    return made


def inlined(python: Compiled) -> Compiled:
    """A small one, put into its callers."""
    made: Compiled = njit(inline="always", **_WITHOUT_RUNTIME)(python)
    return made


def entry_point(python: Compiled) -> Compiled:
    """One that Python calls: cached on disk, runs without the interpreter's lock."""
    made: Compiled = njit(nogil=True, cache=True, pipeline_class=_WholeProgram, **_WITHOUT_RUNTIME)(python)
    ENTRY_POINTS.append(made)
    return made


def compile_for(state: object) -> None:
    """Compiles what Python may call, or loads it from the cache, for the types that its declarations name; nobody waits for it later."""
    known = {**_TYPES, type(state): typeof(state)}
    for entry in ENTRY_POINTS:
        hints = get_type_hints(entry.py_func)
        hints.pop("return")
        if all(hint in known for hint in hints.values()):
            entry.compile(tuple(known[hint] for hint in hints.values()))
