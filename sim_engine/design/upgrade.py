"""Steps from each version of the design document to the next."""

from collections.abc import Callable
from typing import Any, Final

NEWEST: Final = 1
# version -> the step that makes the next version of it
STEPS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}


def upgrade(raw: dict[str, Any]) -> dict[str, Any]:
    """The same design as a document of the newest version. raw: a document of a known version."""
    while raw["version"] < NEWEST:
        raw = {**STEPS[raw["version"]](raw), "version": raw["version"] + 1}
    return raw
