"""Calls of the kernel without Numba's look at the arguments, which costs some 4 µs: twenty times as much as the call itself.

A dispatcher finds out the types of its arguments at each call, for those that it does not know by a function in Python.
An entry point has one signature, so after the first call its compiled wrapper can be called as it is.
"""

from typing import Any


class Direct:
    """`call` is an entry point of the kernel."""

    __slots__ = ("_compiled", "call")

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self.call: Any = self._first

    def _first(self, *arguments: Any) -> Any:
        """Compiles it, or loads it from the cache."""
        found = self._compiled(*arguments)
        made = list(self._compiled.overloads.values())
        self.call = made[0].entry_point if len(made) == 1 else self._compiled
        return found
