"""What is written and stays on a disk: a parameter and a metric of whatever keeps data."""

from typing import Final

from sim_engine.catalogue.component import Metric
from sim_engine.catalogue.parameter import Parameter, number
from sim_engine.texts import _

USED_DISK: Final = Metric("disk_used_gb", _("Used disk"), "GB", "gauge", _("What is stored there, of all instances together."))


def written_share(section: str | None = None) -> Parameter:
    return number("written_share", _("What stays of a write"), 1.0, "ratio", 0.0, 100.0,
                  _("How much the disk fills, as a share of what a write carries: 1 when all of it is new, 0 when it takes the place of "
                    "something else, above 1 with indexes and logs."), section=section)  # fmt: skip
