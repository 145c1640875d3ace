"""The one seam between the web half and `sim_engine`.

Imports happen at first use: loading the engine takes half a second that a management command need not spend. Tests put
a small double in its place, with `replace` or, for a whole server, with SIM_ENGINE_MODULE.
"""

import os
from importlib import import_module, metadata
from typing import Any, Protocol


class EngineRun(Protocol):
    """What the web half needs of `sim_engine.Run` (docs/engine-api.md)."""

    t: float
    tick_s: float
    finished: bool
    duration_s: float
    seq: int

    @property
    def commands(self) -> list[dict[str, Any]]: ...
    def advance(self) -> dict[str, Any]: ...
    def command(self, command: dict[str, Any]) -> Any: ...


class Engine(Protocol):
    DesignError: type[Exception]

    def Run(self, design: Any, scenario: str | None, seed: int | None) -> EngineRun: ...  # noqa: N802
    def check(self, design: Any) -> list[Any]: ...
    def catalogue_document(self) -> dict[str, Any]: ...
    def wiring_rules(self, design: Any) -> dict[str, dict[str, Any]]: ...
    def modelled_document(self) -> dict[str, Any]: ...
    def upgraded(self, design: Any) -> Any: ...
    def warm(self, *arguments: Any) -> None: ...


_module_name = os.environ.get("SIM_ENGINE_MODULE", "sim_engine")


def replace(module_name: str) -> None:
    """For tests: another module with the same names."""
    global _module_name
    _module_name = module_name


def engine() -> Any:
    return import_module(_module_name)


def module_name() -> str:
    return _module_name


def version() -> str:
    """Changes when the engine's frames may: a stored run of another version cannot be replayed bit for bit."""
    parts = [str(getattr(engine(), "__version__", "0")), metadata.version("numba"), metadata.version("numpy")]
    return "/".join(parts)
