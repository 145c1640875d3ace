"""Classes of traffic: what kind of request it is. Paths, gateways, links and figures tell them apart by these names."""

from dataclasses import dataclass
from typing import Any, Final

from sim_engine.texts import _


@dataclass(frozen=True, slots=True)
class TrafficClass:
    name: str
    title: str

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title}


# in the order of their numbers in the kernel
CLASSES: Final = (
    TrafficClass("page", _("Pages")),
    TrafficClass("static", _("Scripts and images")),
    TrafficClass("read", _("Reads")),
    TrafficClass("write", _("Writes")),
    TrafficClass("upload", _("Uploads")),
    TrafficClass("expensive", _("Expensive queries")),
    TrafficClass("background", _("Background work")),
)
CLASS_NAMES: Final = tuple(known.name for known in CLASSES)
