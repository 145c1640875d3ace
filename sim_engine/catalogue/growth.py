"""The parameters of kinds that may be several equal instances: how many, how long one takes to come and to go."""

from typing import Final

from sim_engine.catalogue.parameter import Parameter, boolean, integer, number
from sim_engine.texts import _

MOST_INSTANCES: Final = 200
SPREAD: Final = "spread_over_zones"


def growth_parameters(boot_s: float, boot_source: str, instances: int = 1) -> tuple[Parameter, ...]:
    """boot_s: default of the start-up time, with its source."""
    return (
        integer("instances", _("Instances"), instances, "", 1, MOST_INSTANCES,
                _("Equal machines behind this one card, each with its own queues; whoever is linked to it chooses among them.")),
        boolean(SPREAD, _("Spread over the zones"), False,
                _("Drawn in a region and in none of its zones: its instances stand in these zones, as many in each, and a zone that is "
                  "lost takes only its share with it."), advanced=True),
        number("boot_s", _("Start-up time"), boot_s, "s", 0.0, 3_600.0,
               _("How long a new instance takes until it is sent requests. All are up when a run begins."),
               advanced=True, source=boot_source),
        number("drain_s", _("Drain time"), 30.0, "s", 0.0, 3_600.0,
               _("How long an instance that shall go may finish what it has; it gets nothing new."),
               advanced=True, source=_("Kubernetes: terminationGracePeriodSeconds = 30.")),
    )  # fmt: skip
