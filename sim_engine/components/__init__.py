"""All kinds of component, in the order of the palette. A new kind is a new file here; it is found by itself."""

import importlib
import pkgutil
from typing import Final

from sim_engine.catalogue.component import Component

GROUPS: Final = ("traffic", "edge", "compute", "data", "messaging", "deliver", "places", "annotate")


def _find() -> dict[str, type[Component]]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    found: list[type[Component]] = []
    waiting = [Component]
    while waiting:
        parent = waiting.pop()
        waiting.extend(parent.__subclasses__())
        if "kind" in vars(parent):
            found.append(parent)
    found.sort(key=lambda c: (GROUPS.index(c.group), c.order, c.kind))
    return {component.kind: component for component in found}


KINDS: Final[dict[str, type[Component]]] = _find()
