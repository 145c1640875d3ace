"""Steps from each version of the design document to the next. They take any JSON: what is malformed is left for the reader."""

from collections.abc import Callable
from typing import Any, Final

NEWEST: Final = 2


def _arguments_of_faults(raw: dict[str, Any]) -> dict[str, Any]:
    """Version 2: how something is killed stands in the fault's arguments; only what lasts has a length."""
    scenarios = raw.get("scenarios")
    if not isinstance(scenarios, dict):
        return raw
    return {**raw, "scenarios": {name: _scenario(scenario) for name, scenario in scenarios.items()}}


def _scenario(raw: Any) -> Any:
    if not isinstance(raw, dict) or not isinstance(raw.get("faults"), list):
        return raw
    return {**raw, "faults": [_fault(fault) if isinstance(fault, dict) else fault for fault in raw["faults"]]}


def _fault(raw: dict[str, Any]) -> dict[str, Any]:
    dropped = ("mode", "for_s") if raw.get("action") == "restore" else ("mode",)
    fault = {field: value for field, value in raw.items() if field not in dropped}
    if "mode" in raw and raw.get("action") != "restore":
        arguments = raw.get("arguments")
        fault["arguments"] = {"mode": raw["mode"], **(arguments if isinstance(arguments, dict) else {})}
    return fault


# version -> the step that makes the next version of it
STEPS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: _arguments_of_faults}


def is_known_version(version: Any) -> bool:
    return isinstance(version, int) and not isinstance(version, bool) and 1 <= version <= NEWEST


def upgrade(raw: dict[str, Any]) -> dict[str, Any]:
    """The same design as a document of the newest version. raw: a document of a known version."""
    while raw["version"] < NEWEST:
        raw = {**STEPS[raw["version"]](raw), "version": raw["version"] + 1}
    return raw


def upgraded(raw: Any) -> Any:
    """A stored document in the newest version; what is no document of a known version is returned as it is."""
    return upgrade(raw) if isinstance(raw, dict) and is_known_version(raw.get("version")) else raw
