"""What a run costs: prices times what was really used, for each component and for all together.

Instances are paid for while they are there, an integral over time: what an autoscaler adds for a minute costs a minute. Requests are
paid for as they arrive, health checks included, storage while its instance is there, traffic out as it is sent: answers to clients, and
what leaves a region or a zone for another one, at the price of the place that it leaves. Who sends it pays.
A price that changes in a run holds from then on.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sim_engine.catalogue.prices import HOUR_S, KB_PER_GB, MILLION, MONTH_S, Prices

if TYPE_CHECKING:
    from sim_engine.world.group import Group
    from sim_engine.world.world import World

REQUESTS, REPLIES, COLUMNS = 0, 1, 2  # of LINK.sent_kb and CROSSING.sent_kb


class Outlet(NamedTuple):
    """Where traffic leaves that is paid for."""

    crossing: bool  # which of Meters.sent_kb
    place: int
    kb: float  # US dollars


class Cost(NamedTuple):
    """US dollars by what they are paid for."""

    instances: float = 0.0
    requests: float = 0.0
    storage: float = 0.0
    traffic: float = 0.0

    @property
    def total(self) -> float:
        return sum(self)

    def times(self, factor: float) -> "Cost":
        return Cost(*(dollars * factor for dollars in self))

    def document(self) -> dict[str, float]:
        return {"per_month": round(self.total, 4), **{item: round(dollars, 4) for item, dollars in self._asdict().items()}}


class Usage(NamedTuple):
    """What a component has used since it was added; of what it sent what that costs at today's prices."""

    instance_s: float = 0.0
    requests: float = 0.0
    traffic: float = 0.0


class Account:
    """What one component has cost: what was billed when its prices last changed, and what it has used since."""

    def __init__(self, group: "Group", now_s: float) -> None:
        self.group = group
        self.prices = Prices()
        self.outlets: list[Outlet] = []  # where traffic leaves that is paid for
        self._instances = len(group.members) if group.component.rented else 0
        self._instance_s, self._since_s = 0.0, now_s
        self._billed, self._billed_for = Cost(), Usage()
        self._billed_dollars = 0.0
        self._per_instance_s = 0.0  # dollars for a second of one

    def change(self, by: int, now_s: float) -> None:
        """So many instances more are paid for from now on."""
        self._instance_s += self._instances * (now_s - self._since_s)
        self._instances, self._since_s = self._instances + by, now_s

    def settle(self, prices: Prices, outlets: list[Outlet], meters: "Meters") -> None:
        """Bills what was used so far; from now on these prices hold and traffic leaves over these outlets."""
        self._billed = self.cost(meters)
        self._billed_dollars = self._billed.total
        self.prices, self.outlets = prices, outlets
        self._billed_for = self._usage(meters)
        self._per_instance_s = prices.instance_hour / HOUR_S + prices.stored_gb_month * prices.stored_gb / MONTH_S

    def cost(self, meters: "Meters") -> Cost:
        """All so far."""
        prices, billed = self.prices, self._billed
        usage, before = self._usage(meters), self._billed_for
        instance_s = usage.instance_s - before.instance_s
        return Cost(
            billed.instances + prices.instance_hour * instance_s / HOUR_S,
            billed.requests + prices.million_requests * (usage.requests - before.requests) / MILLION,
            billed.storage + prices.stored_gb_month * prices.stored_gb * instance_s / MONTH_S,
            billed.traffic + usage.traffic - before.traffic,
        )

    def dollars(self, meters: "Meters") -> float:
        """The total of cost(), quicker, since every frame asks for it."""
        prices, before = self.prices, self._billed_for
        instance_s = self._instance_s + self._instances * (meters.now_s - self._since_s) - before.instance_s
        found = self._billed_dollars + instance_s * self._per_instance_s
        if prices.million_requests > 0.0:
            requests = sum([meters.arrived[me.node] for me in self.group.everyone])
            found += prices.million_requests * (requests - before.requests) / MILLION
        if self.outlets:
            found += meters.dollars_out(self.outlets) - before.traffic
        return found

    def _usage(self, meters: "Meters") -> Usage:
        return Usage(
            self._instance_s + self._instances * (meters.now_s - self._since_s),
            sum([meters.arrived[me.node] for me in self.group.everyone]),
            meters.dollars_out(self.outlets),
        )


class Meters:
    """What the kernel has counted so far, as plain lists by row, when somebody asks."""

    def __init__(self, world: "World") -> None:
        self._state = world.memory.state
        self.now_s = float(world.env.now)

    @cached_property
    def arrived(self) -> list[int]:
        found: list[int] = self._state.nodes["arrived"].tolist()
        return found

    @cached_property
    def sent_kb(self) -> tuple[list[float], list[float]]:
        """Over links, and over the crossings of links."""
        return self._state.links["sent_kb"].ravel().tolist(), self._state.crossings["sent_kb"].ravel().tolist()

    def dollars_out(self, outlets: list[Outlet]) -> float:
        return float(sum([self.sent_kb[crossing][place] * price for crossing, place, price in outlets]))


class Bills:
    """The accounts of all components; those of removed ones are kept for the total."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._accounts: dict[str, Account] = {}
        self._former = Cost()

    def follow(self) -> None:
        """To be called after anything in the design has changed."""
        outlets = self._outlets()
        meters = Meters(self._world)
        groups = self._world.groups
        for identifier, account in list(self._accounts.items()):
            if groups.get(identifier) is not account.group:
                self._former = sum_of([self._former, account.cost(meters)])
                del self._accounts[identifier]
        for identifier, group in groups.items():
            if identifier not in self._accounts:
                self._accounts[identifier] = Account(group, meters.now_s)
        for identifier, account in self._accounts.items():
            component, values = account.group.component, account.group.values
            account.settle(component.prices(values), outlets.get(identifier, []), meters)

    def _outlets(self) -> dict[str, list[Outlet]]:
        """By component, where traffic leaves it that is paid for."""
        found: dict[str, list[Outlet]] = {}
        for link_id, link in self._world.links.items():
            asking = self._world.groups[link.source].component
            for counter, one, other in self._world.places.crossings(link_id):
                if asking.outside or asking.names:
                    ways = [(link.target, REPLIES, self._gb_out(link.target))]
                else:
                    there, back = self._border_price(one, other), self._border_price(other, one)
                    ways = [(link.source, REQUESTS, there), (link.target, REPLIES, back)]
                for sender, column, price in ways:
                    if price > 0.0:
                        outlet = Outlet(counter.crossing, COLUMNS * counter.row + column, price / KB_PER_GB)
                        found.setdefault(sender, []).append(outlet)
        return found

    def _gb_out(self, identifier: str) -> float:
        group = self._world.groups[identifier]
        return group.component.prices(group.values).gb_out

    def _border_price(self, sender: str, receiver: str) -> float:
        """For a GB: that of the largest place that it leaves, when it gets to another one. Both are rows of the distances."""
        places = self._world.places
        around = set(places.around_key(receiver))
        left = [place for place in places.around_key(sender) if place not in around]
        return self._gb_out(left[-1]) if left and around else 0.0

    def change(self, group: "Group", by: int) -> None:
        """So many instances have come, or gone where negative."""
        account = self._accounts.get(group.id)
        if account is not None and account.group is group:
            account.change(by, self._world.env.now)

    def monthly(self) -> tuple[float, dict[str, float]]:
        """US dollars a month, going by the run so far: of all together, those that were removed included, and of each component."""
        meters = Meters(self._world)
        months = self._months(meters)
        parts = {identifier: account.dollars(meters) for identifier, account in self._accounts.items()}
        total = sum(self._former) + sum(parts.values())
        return round(total * months, 2), {identifier: round(dollars * months, 2) for identifier, dollars in parts.items()}

    def document(self) -> dict[str, Any]:
        """As it stands in the summary."""
        meters = Meters(self._world)
        months = self._months(meters)
        costs = {identifier: account.cost(meters).times(months) for identifier, account in self._accounts.items()}
        total = sum_of([self._former.times(months), *costs.values()])
        parts = {identifier: cost.document() for identifier, cost in costs.items() if cost.total > 0.0}
        return {"per_month": round(total.total, 4), "components": parts}

    @staticmethod
    def _months(meters: Meters) -> float:
        """How many times the run so far is in a month."""
        return MONTH_S / meters.now_s if meters.now_s > 0.0 else 0.0


def sum_of(costs: list[Cost]) -> Cost:
    return Cost(*(sum(items) for items in zip(*costs, strict=True)))
