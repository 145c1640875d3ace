"""How the kernel's functions are compiled: without reference counting, since they allocate nothing, and each entry point whole.

Functions compiled without Numba's runtime cannot allocate, which the kernel never does; what they inline into each other
then costs no more than the work itself. Numba would leave every function that an entry point uses callable from outside; here
they are its own, so that LLVM may put one that is called once into its caller and pass arguments as it likes.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, get_type_hints

import numpy as np
from llvmlite.binding import Linkage
from numba import float64, int64, njit, typeof, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numpy.typing import NDArray

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
ENTRY_POINTS: Final[list[Any]] = []
_TYPES: Final[dict[Any, Any]] = {int: int64, float: float64, NDArray[np.int64]: int64[::1], NDArray[np.float64]: float64[::1]}
_APART: Final[list[str]] = []  # beginnings of the names that Numba gives to compiled functions
_WITHOUT_RUNTIME: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy"}


class _Closed(JITCodeLibrary):
    """The code of one entry point: what is linked into it belongs to it alone."""

    def _optimize_final_module(self) -> None:
        linked = [f for f in self._final_module.functions if not f.is_declaration and f.linkage is Linkage.linkonce_odr]
        for function in linked:
            function.linkage = Linkage.internal
            # the loader knows even internal symbols by name, across entry points
            if function.name.startswith(tuple(_APART)):
                function.add_function_attribute("noinline")
            function.name = f"{self.name}.{function.name}"
        super()._optimize_final_module()


class _WholeProgram(CompilerBase):
    """Numba's own way of compiling, but for the library that the code goes to."""

    def define_pipelines(self) -> list[Any]:
        library = _Closed(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        library.enable_object_caching()
        self.state.library = library
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


def _wide(kind: Any) -> Any:
    if kind in types.signed_domain:
        return int64
    return float64 if kind in types.real_domain else kind


def _one_version(made: Any) -> Any:
    """Numbers are handed to it as 64 bits: Numba would compile it once for each mixture of sizes that it is called with."""
    template = made.get_call_template
    made.get_call_template = lambda arguments, named: template([_wide(kind) for kind in arguments], {n: _wide(k) for n, k in named.items()})
    return made


def function(python: Compiled) -> Compiled:
    """A compiled function that other compiled functions call."""
    made: Compiled = _one_version(njit(**_WITHOUT_RUNTIME)(python))
    return made


def inlined(python: Compiled) -> Compiled:
    """A small one, put into its callers."""
    made: Compiled = njit(inline="always", **_WITHOUT_RUNTIME)(python)
    return made


def embedded(python: Compiled) -> Compiled:
    """One of each request's way that LLVM would not put into its callers by itself."""
    made: Compiled = _one_version(njit(forceinline=True, **_WITHOUT_RUNTIME)(python))
    return made


def apart(python: Compiled) -> Compiled:
    """One that its callers call, never put into them, though it has one caller only.

    LLVM loads the constants of all that stands in a loop before the loop. In the loop that runs a program, which is left again after two
    or three operations, all would pay for what one of them needs.
    """
    _APART.append("_ZN" + "".join(f"{len(part)}{part}" for part in f"{python.__module__}.{python.__name__}".split(".")) + "B")
    return function(python)


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
