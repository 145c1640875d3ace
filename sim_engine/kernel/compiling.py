"""How the kernel's functions are compiled: without reference counting, since they allocate nothing.

Numba counts references of every array that it takes out of the State tuple; with thirty arrays and small functions that costs
many times more than the work itself. Functions compiled without its runtime cannot allocate, which the kernel never does.
"""

from typing import Any, Final

from numba import njit

_WITHOUT_RUNTIME: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy"}

function: Any = njit(**_WITHOUT_RUNTIME)
inlined: Any = njit(inline="always", **_WITHOUT_RUNTIME)
entry_point: Any = njit(nogil=True, cache=True, **_WITHOUT_RUNTIME)
