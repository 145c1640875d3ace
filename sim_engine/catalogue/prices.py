"""Prices: what the use of a component costs, in US dollars.

A kind declares which of these parameters it has; `Component.prices` reads them. Defaults are list prices of a large public cloud
(us-east-1, 2025). Left out: discounts for commitment and for large amounts, free allowances, taxes, licences, people.
"""

from dataclasses import dataclass
from typing import Final

from sim_engine.catalogue.parameter import Parameter, number
from sim_engine.texts import _

SECTION: Final = _("Price")
HOUR_S: Final = 3_600.0
MONTH_S: Final = 730.0 * HOUR_S  # as cloud providers reckon: 8,760 hours a year, a twelfth of that
KB_PER_GB: Final = 1e6
MILLION: Final = 1e6


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for an hour of one instance, a million requests, a GB kept for a month, a GB that leaves."""

    instance_hour: float = 0.0
    million_requests: float = 0.0
    stored_gb_month: float = 0.0
    gb_out: float = 0.0
    stored_gb: float = 0.0  # of each instance


def price_per_hour(default: float, source: str) -> Parameter:
    return number("price_per_hour", _("Price of an instance"), default, "USD/h", 0.0, 100_000.0,
                  _("Paid for each instance as long as it is there, whether it works or not."), section=SECTION, source=source)  # fmt: skip


def price_per_million_requests(default: float, source: str) -> Parameter:
    return number("price_per_million_requests", _("Price of requests"), default, "USD/million requests", 0.0, 100_000.0,
                  _("Paid for each million requests that arrive."), section=SECTION, source=source)  # fmt: skip


RENTED_DISK: Final = _("Disk that is rented for each instance. When what is written has filled it, writes fail. 0: as large as need be.")


def storage_prices(stored_gb: float, default: float, source: str, help: str = RENTED_DISK) -> tuple[Parameter, Parameter]:
    return (
        number("storage_gb", _("Storage"), stored_gb, "GB", 0.0, 1_000_000.0, help, section=SECTION),
        number("price_per_gb_stored", _("Price of storage"), default, "USD/GB/month", 0.0, 1_000.0, _("Paid for each GB of that disk."),
               section=SECTION, source=source),
    )  # fmt: skip


def price_per_gb_to_others(default: float, help: str, source: str) -> Parameter:
    """Of a place."""
    return number("price_per_gb_out", _("Price of traffic out"), default, "USD/GB", 0.0, 1_000.0, help, section=SECTION, source=source)


def price_per_gb_out(default: float = 0.09, source: str = _("AWS 2025: $0.09 a GB from a data centre to the internet.")) -> Parameter:
    return number("price_per_gb_out", _("Price of traffic out"), default, "USD/GB", 0.0, 1_000.0,
                  _("Paid for each GB of answers that go to clients. What comes in is free."), section=SECTION, source=source)  # fmt: skip
