"""Zone: one data centre, or a few that fail together. Its region says how far it is from the others.

A zone that is in no region is a thing that fails as a whole, and nothing more: it has no distance.
Left out: racks, power, the zone's own network.
"""

from sim_engine.catalogue.prices import price_per_gb_to_others
from sim_engine.components.region import Place
from sim_engine.texts import _


class Zone(Place):
    kind = "zone"
    title = _("Zone")
    order = 1
    icon = "building-2"
    summary = _("A data centre with power and network of its own: what is inside fails together.")
    left_out = _("Racks, power, the network of a zone by itself.")
    place_rank = 1
    parameters = (
        price_per_gb_to_others(0.02, _("Paid by whoever sends a GB from here to another zone."),
                               _("AWS 2025: $0.01 a GB at each of the two ends.")),
    )  # fmt: skip
