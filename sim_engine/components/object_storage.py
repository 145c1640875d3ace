"""Object storage: files and pictures by name, as many as one likes, for a price by size and by request; not quick, but wide.

Left out: listing, versions of objects, copies in other regions, the limit on requests for one prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_engine.catalogue.component import Card, Component, Disk, Duration, Metric, Pool
from sim_engine.catalogue.parameter import distribution_parameters, integer, number
from sim_engine.catalogue.prices import price_per_million_requests, storage_prices
from sim_engine.catalogue.storage import USED_DISK
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance


class ObjectStorage(Component):
    kind = "object_storage"
    title = _("Object storage")
    group = "data"
    order = 8
    icon = "package"
    summary = _("Keeps files and pictures of any size and number; the usual origin behind a CDN.")
    left_out = _("Listing, versions of objects, copies in other regions, the limit on requests for one prefix.")
    provides = "object_storage"
    parameters = (
        number("first_byte_ms", _("Time to first byte"), 30.0, "ms", 0.0, 60_000.0, _("Mean time until an answer begins."),
               source=_("Amazon S3's guide: 100 to 200 ms for small objects at the tail; medians of 20 to 40 ms are published.")),
        *distribution_parameters("first_byte", _("Spread of this time"), "lognormal"),
        integer("max_connections", _("Connection limit"), 5_000, "connections", 1, 10_000_000,
                _("Requests under way at the same time; what is beyond is refused with the advice to slow down."),
                source=_("Amazon S3: 5,500 reads a second for one prefix.")),
        number("network_mbit_s", _("Network"), 100_000.0, "Mbit/s", 0.0, 10_000_000.0,
               _("What it sends to all together, and as much that it receives at the same time; 0 is without limit.")),
        number("object_kb", _("Object size"), 200.0, "kB", 0.0, 1_000_000.0,
               _("Size of an answer, where the clients' class of traffic does not say it."),),
        price_per_million_requests(0.40, _("AWS 2025: $0.40 for a million reads, $5 for a million writes.")),
        *storage_prices(1_000.0, 0.023, _("AWS 2025: $0.023 for a GB and month in standard storage."),
                        _("What is there when the run begins, and paid for. Uploads add to it; there is no end to the room.")),
    )  # fmt: skip
    pools = (
        Pool("connections", "max_connections", never_waits=True, full="connection_limit"),
        Card("network", "network_mbit_s"),
        Card("network_in", "network_mbit_s"),
    )
    durations = (Duration("first_byte", "first_byte_ms", "first_byte_distribution", "first_byte_cv"),)
    disk = Disk(holds="storage_gb")
    metrics = (
        Metric("requests_per_s", _("Requests"), "requests/s", "rate"),
        Metric("utilisation", _("Scarcest resource"), "ratio", "level"),
        Metric("latency_ms", _("Mean time here"), "ms", "level"),
        USED_DISK,
    )
    headline = "requests_per_s"
    bar = "utilisation"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("read", "write")
        on.take("connections")
        on.receive("network_in")
        on.delay("first_byte")
        with on.if_verb("read"):
            on.read_content()
            on.size("object_kb")
            on.transmit("network")
        with on.if_verb("write"):
            on.store()
        on.reply()

        on.path("check")
        on.reply()

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        resources = ("connections", "network", "network_in")
        return {
            "requests_per_s": window.rate("done"),
            "utilisation": window.highest(*[window.pool(name).utilisation for name in resources]),
            "latency_ms": window.mean_latency_ms,
            "disk_used_gb": window.disk_used_gb,
            "bottleneck": window.scarcest(*resources),
        }
