"""Experiments for instances that are spread over the zones of their region: of each kind that grows."""

from typing import Final

from sim_engine.catalogue.component import Component
from sim_engine.catalogue.growth import SPREAD
from sim_engine.components import KINDS
from sim_engine.components.server import Server
from sim_engine.design.ports import port_for
from sim_engine.experiments.designs import pair
from sim_engine.experiments.drawing import inside, kill, link, part
from sim_engine.experiments.experiment import UP, Experiment
from sim_engine.experiments.figures import Figure
from sim_engine.texts import _

touched: Final = Figure(
    _("Components that lose instances with a zone"),
    lambda summary: sum(event["arguments"]["count"] for event in summary["events"] if event["kind"] == "place_lost"),
)


def spread(kind: type[Component]) -> Experiment:
    """Four instances in a region, one of whose two zones is lost."""
    document = pair(10.0)
    document["components"] |= {
        "home": part("region"), "one": inside("home", part("zone")), "two": inside("home", part("zone")),
        "group": inside("home", part(kind.kind, instances=4)),
    }  # fmt: skip
    if port_for(kind, Server) is not None:
        document["links"]["group-server"] = link("group", "server")
    document["scenarios"]["only"]["faults"] = [kill("one", 2.0)]
    return Experiment(kind.kind, SPREAD, False, True, touched, UP, document, "group")


EXPERIMENTS: Final = [spread(kind) for kind in KINDS.values() if kind.grows]
