"""How the kernel's functions are compiled: without reference counting, since they allocate nothing.

Functions compiled without Numba's runtime cannot allocate, which the kernel never does; what they inline into each other
then costs no more than the work itself.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from numba import njit

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
_WITHOUT_RUNTIME: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy"}


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
    made: Compiled = njit(nogil=True, cache=True, **_WITHOUT_RUNTIME)(python)
    return made
