"""Sizes of machines: a real family from small to its largest, with what each has and costs. Beyond the largest there is no bigger one.

A vCPU counts as a core (it is a thread of one). Network is what is sustained, not the burst. Left out: other families, and
other prices than those on demand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sim_engine.catalogue.parameter import Parameter, When, choice
from sim_engine.texts import _

CUSTOM: Final = "custom"
GB_MB: Final = 1_024.0
HOURS_A_MONTH: Final = 730.0
SOURCE: Final = _("AWS EC2, on demand, Linux, us-east-1, 2025. A vCPU counts as a core; network is what is sustained.")


@dataclass(frozen=True, slots=True)
class Machine:
    """A size that can be rented. baseline: share of its cores that it may use for ever; above, it spends credits."""

    name: str
    cores: int
    memory_gb: float
    network_mbit_s: float
    price_per_hour: float  # US dollars
    baseline: float = 1.0

    @property
    def title(self) -> str:
        network = f"{self.network_mbit_s / 1000.0:.3g}"
        month = f"{self.price_per_hour * HOURS_A_MONTH:,.0f}"
        return f"{self.name}: {self.cores} vCPU, {self.memory_gb:g} GB, {network} Gbit/s, ${month}/month"

    def decides(self) -> dict[str, Any]:
        return {
            "cores": self.cores, "memory_mb": self.memory_gb * GB_MB, "network_mbit_s": self.network_mbit_s,
            "price_per_hour": self.price_per_hour,
        }  # fmt: skip


MACHINES: Final = {
    machine.name: machine
    for machine in (
        Machine("t3.small", 2, 2.0, 128.0, 0.0208, baseline=0.2),
        Machine("m7i.large", 2, 8.0, 781.0, 0.1008),
        Machine("m7i.xlarge", 4, 16.0, 1_562.0, 0.2016),
        Machine("m7i.2xlarge", 8, 32.0, 3_125.0, 0.4032),
        Machine("m7i.4xlarge", 16, 64.0, 6_250.0, 0.8064),
        Machine("m7i.8xlarge", 32, 128.0, 12_500.0, 1.6128),
        Machine("m7i.12xlarge", 48, 192.0, 18_750.0, 2.4192),
        Machine("m7i.16xlarge", 64, 256.0, 25_000.0, 3.2256),
        Machine("m7i.24xlarge", 96, 384.0, 37_500.0, 4.8384),
        Machine("m7i.48xlarge", 192, 768.0, 50_000.0, 9.6768),
    )
}
BURSTABLE: Final = tuple(machine.name for machine in MACHINES.values() if machine.baseline < 1.0)
LARGEST: Final = list(MACHINES)[-1]
OWN_SIZE: Final = When("size", (CUSTOM,))
IS_BURSTABLE: Final = When("size", BURSTABLE)
DECIDED: Final = ("cores", "memory_mb", "network_mbit_s", "price_per_hour")


def size_parameter() -> Parameter:
    return choice(
        "size", _("Size"), CUSTOM, ((CUSTOM, _("Custom")), *((machine.name, machine.title) for machine in MACHINES.values())),
        _("A real machine brings its cores, memory, network and price. The last is the largest of its family: "
          "whoever has outgrown it needs more machines, not a bigger one."),
        source=SOURCE,
    )  # fmt: skip


def actual(values: Mapping[str, Any], name: str) -> Any:
    """What counts for a parameter of something that has a size."""
    machine = MACHINES.get(values.get("size", CUSTOM))
    return values[name] if machine is None or name not in DECIDED else machine.decides()[name]
