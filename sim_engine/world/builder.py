"""Puts a design into the kernel's arrays, and keeps them in step while the design changes under traffic.

Rows are only ever added: what is in flight goes on with the code that it began with, and what is deleted dies like a killed
component, with cause `removed`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.catalogue.component import Card, Duration, Pool, Port, Station
from sim_engine.catalogue.parameter import heavy_tail
from sim_engine.causes import CODE
from sim_engine.components.link import LINK
from sim_engine.design.document import LinkSpec
from sim_engine.kernel import control, layout, links, sources
from sim_engine.kernel.random import DISTRIBUTION_WORDS, distribution_row
from sim_engine.operations import codes
from sim_engine.operations.program import Program
from sim_engine.world.group import Group
from sim_engine.world.instance import Instance
from sim_engine.world.keys import Keys
from sim_engine.world.memory import Memory
from sim_engine.world.ring import numbered
from sim_engine.world.salts import salt

POLICIES = {
    "round_robin": codes.ROUND_ROBIN, "random": codes.RANDOM, "least_connections": codes.LEAST_CONNECTIONS,
    "power_of_two": codes.POWER_OF_TWO, "ip_hash": codes.ADDRESS_HASH, "weighted": codes.WEIGHTED,
    "least_response_time": codes.LEAST_RESPONSE_TIME, "consistent_hash": codes.CONSISTENT_HASH,
    "simple": codes.RANDOM, "weighted_random": codes.RANDOM_WEIGHTED, "latency": codes.NEAREST,
    "geographic": codes.CLOSEST, "failover": codes.RANDOM, "modulo": codes.MODULO, "range": codes.RANGE, "by_owner": codes.BY_OWNER,
}  # fmt: skip
FIXED_POLICIES = {"@random": codes.RANDOM, "@nearest": codes.NEAREST, "@by_key": codes.CONSISTENT_HASH, "@weighted": codes.WEIGHTED}
VIRTUAL_NODES = 100  # places of each member on the circle
STICKY_CELLS = 65_536  # sessions that a balancer remembers

KIND_OF_POOL = {Station: control.STATION, Pool: control.POOL, Card: control.CARD}


class Builder:
    """Allocates and updates rows; knows nothing of SimPy."""

    def __init__(self, memory: Memory, seed: int) -> None:
        self.memory = memory
        self.seed = seed
        self.link_rows: dict[str, int] = {}
        self.check_timers: dict[str, int] = {}
        self.member_of: dict[int, tuple[Instance, str, Instance]] = {}  # row -> whose, over which link, who it is
        self._route_room: dict[int, int] = {}
        self._ring_room: dict[int, int] = {}
        self._ring_places: dict[int, NDArray[np.uint64]] = {}
        self._weights: dict[int, float] = {}  # by row of the link
        self._members_over: dict[int, list[int]] = {}  # row of the link -> members
        self.nothing = memory.add("parameters")  # a parameter that is 0
        self.keys = Keys(memory, seed)
        self._members_at: dict[int, list[int]] = {}  # node -> rows of members that lead to it
        self._nodes_behind: dict[int, list[int]] = {}  # route -> nodes in rotation
        self._routes_to: dict[int, int] = {}  # node -> how many routes have it in rotation

    # -- components
    def add(self, group: Group, number: int) -> Instance:
        component = group.component
        identifier = group.id if number == 1 else f"{group.id}#{number}"
        me = Instance(identifier, group, number, component, group.values, self.memory, self.seed)
        me.node = self.memory.add_node()
        node = self.memory.state.nodes[me.node]
        node["alive"], node["store"], node["dataset"], node["room_kb"] = 1, -1, -1, np.inf
        first = self.memory.add("parameters", len(component.parameters))
        me.parameters = {p.name: first + place for place, p in enumerate(component.parameters)}
        for duration in component.durations:
            me.durations[duration.name] = self.memory.add("parameters", DISTRIBUTION_WORDS)
        for pool in component.pools:
            self._add_pool(me, pool)
        for port in component.ports:
            for verb in ("read", "write") if port.by_verb else (None,):
                me.routes[port.name, verb] = self._add_route(me, port)
        if component.is_source:
            self._add_source(me)
        if component.key_store is not None:
            me.cache = self.memory.add("caches")
        if component.queue_rows:
            self._add_queues(me)
        if component.limits:
            me.limiter = self.memory.add("limiters")
        if component.resolves is not None:
            me.resolver = self.memory.add("answers", int(component.parameter(component.resolves).maximum or 1))
        self._write_values(me, [parameter.name for parameter in component.parameters])
        if me.source >= 0:
            self._write_source(me)
            control.first_interval(self.memory.state, me.source)
        return me

    def _add_queues(self, me: Instance) -> None:
        """Rows for all queues that the component can ever have; how many are in use is up to it."""
        me.queues = self.memory.add("queues", me.component.queue_rows)
        for row in self.memory.state.queues[me.queues : me.queues + me.component.queue_rows]:
            row["head"] = row["tail"] = row["last_urgent"] = row["assigned"] = row["dead_letters"] = row["route"] = -1
            row["node"], row["prefetch"] = me.node, 1
            row["since_s"] = self.memory.state.clock[layout.NOW]

    def block(self, me: Instance, names: tuple[str, ...]) -> int:
        """A copy of these parameters side by side, for an operation that reads several."""
        if names not in me.blocks:
            me.blocks[names] = self.memory.add("parameters", len(names))
            self._write_block(me, names)
        return me.blocks[names]

    def _write_block(self, me: Instance, names: tuple[str, ...]) -> None:
        first = me.blocks[names]
        values = [me.kernel_value(name) if name else 0.0 for name in names]
        self.memory.state.parameters[first : first + len(names)] = values

    def set_number(self, me: Instance, name: str, value: float) -> None:
        """A number that operations read like a parameter, and that nobody sets by hand."""
        if name not in me.parameters:
            me.parameters[name] = self.memory.add("parameters")
        self.memory.state.parameters[me.parameters[name]] = value

    def set_delay(self, me: Instance, name: str, seconds: float) -> None:
        """A duration that nobody sets by hand, always the same until it is set again."""
        at = me.durations[name]
        self.memory.state.parameters[at : at + DISTRIBUTION_WORDS] = distribution_row(0.0, seconds, 1.0)

    def column(self, me: Instance, name: str) -> int:
        """A column of the component's own with a number for each key."""
        if name not in me.columns:
            me.columns[name] = self.keys.add_column()
        return me.columns[name]

    def _add_pool(self, me: Instance, pool: Pool | Station | Card) -> None:
        index = self.memory.add("pools")
        me.pools[pool.name] = index
        row = self.memory.state.pools[index]
        row["node"], row["kind"] = me.node, KIND_OF_POOL[type(pool)]
        row["head"] = row["tail"] = row["last_first"] = -1
        row["queue_limit"] = -1
        row["slowness"] = 1.0
        if isinstance(pool, Pool):
            row["cause"] = CODE[pool.full]
            if pool.never_waits:
                row["queue_limit"] = 0
            if pool.capacity_value is not None:
                row["capacity"] = pool.capacity_value
        if isinstance(pool, Station) and pool.servers_value is not None:
            row["capacity"] = pool.servers_value

    def _add_route(self, me: Instance, port: Port) -> int:
        index = self.memory.add("routes")
        row = self.memory.state.routes[index]
        # all who look for a key look in the same place; all instances of a component send an address to the same target
        by_key = port.by_key or port.policy == "@by_key"
        row["salt"] = salt(self.seed, "keys") if by_key else salt(self.seed, me.component_id, "route", port.name)
        row["policy"] = FIXED_POLICIES.get(port.policy or "", codes.ROUND_ROBIN)
        row["cause"] = CODE[port.empty_cause]
        row["choices"], row["by_key"] = 2, int(by_key)
        return index

    def links_route(self, me: Instance, port: str, link_ids: tuple[str, ...], verb: str | None) -> int:
        """The route over some of a port's links."""
        name = " ".join((port, *link_ids))
        if (name, verb) not in me.routes:
            me.parts[name] = port, link_ids
            me.routes[name, verb] = self._add_route(me, me.port(port))
            self.write_route(me, me.port(port))
        return me.routes[name, verb]

    def write_route(self, me: Instance, port: Port) -> None:
        """What a port's routes read of the component's parameters."""
        for (name, verb), index in me.routes.items():
            if me.parts.get(name, (name,))[0] != port.name:
                continue
            row = self.memory.state.routes[index]
            if port.policy in me.parameters:
                row["policy"] = POLICIES[str(me.values[port.policy])]
            if me.shards is not None:  # the table of owners knows better, once the keys have been dealt out
                row["policy"] = codes.BESIDE_OWNER if verb == "read" else codes.BY_OWNER
                row["owners"] = me.shards.column
            for field, parameter in port.settings:
                row[field] = me.kernel_value(parameter)
            if port.sticky is not None:
                self._make_sticky(index, bool(me.values[port.sticky]))
            self.write_ring(index)
            for member in self.members_of(index):
                self._watch_member(member)

    def _make_sticky(self, route: int, sticky: bool) -> None:
        row = self.memory.state.routes[route]
        if sticky == (row["sticky_cells"] > 0):
            return
        if sticky:
            first = self.memory.add("sticky", STICKY_CELLS)
            row = self.memory.state.routes[route]
            row["sticky"], row["sticky_cells"] = first, STICKY_CELLS
            self.memory.state.sticky[first : first + STICKY_CELLS] = -1
        else:
            row["sticky_cells"] = 0

    def members_of(self, route: int) -> list[int]:
        row = self.memory.state.routes[route]
        first = int(row["first"])
        return [int(m) for m in self.memory.state.targets[first : first + int(row["enabled"])]]

    def forgive(self, member: int) -> None:
        row = self.memory.state.members[member]
        row["failures"] = row["ejected"] = 0

    def everybody_of(self, route: int) -> list[int]:
        """Rows of all that ever were behind a route."""
        return [member for member in self.member_of if int(self.memory.state.members[member]["route"]) == route]

    def write_ring(self, route: int) -> None:
        """The places of a route's members on the circle of hashes, for consistent hashing."""
        row = self.memory.state.routes[route]
        if row["policy"] not in (codes.CONSISTENT_HASH, codes.BY_OWNER):
            return
        members = self.members_of(route)
        hashes = np.concatenate([self._places_on_ring(m) for m in members]) if members else np.zeros(0, np.uint64)
        owners = np.repeat(np.array(members, np.int64), VIRTUAL_NODES)
        order = np.argsort(hashes, kind="stable")
        if len(hashes) > self._ring_room.get(route, 0):
            self._ring_room[route] = 2 * len(hashes)
            first = self.memory.add("ring", 2 * len(hashes))
            self.memory.state.routes[route]["ring"] = first
        row = self.memory.state.routes[route]
        places = self.memory.state.ring[int(row["ring"]) : int(row["ring"]) + len(hashes)]
        places["hash"], places["member"] = hashes[order], owners[order]
        row["ring_places"] = len(hashes)

    def _places_on_ring(self, member: int) -> NDArray[np.uint64]:
        """By who the member is, not by where its row stands, so that it keeps its places when others come and go."""
        if member not in self._ring_places:
            _me, link_id, target = self.member_of[member]
            name = (salt(self.seed, link_id, target.id, "ring", number) for number in range(VIRTUAL_NODES))
            self._ring_places[member] = np.fromiter(name, np.uint64, VIRTUAL_NODES)
        return self._ring_places[member]

    def _add_source(self, me: Instance) -> None:
        me.source = self.memory.add("sources")
        row = self.memory.state.sources[me.source]
        row["node"], row["due"], row["dataset"] = me.node, -1, -1
        row["salt"] = salt(self.seed, me.id, "requests")
        row["parameter"] = self.memory.add("parameters", sources.SOURCE_PARAMETERS)
        row["first_class"] = self.memory.add("classes", codes.CLASSES)
        row["timeout_s"] = row["hedge_s"] = np.inf
        for number in range(codes.CLASSES):
            self.memory.state.classes[int(row["first_class"]) + number]["keys"] = 1
        row["since_s"] = self.memory.state.clock[0]
        row["interval"] = me.durations["arrival"]

    # -- parameters
    def write_parameter(self, me: Instance, name: str) -> None:
        """Brings everything in the kernel that depends on a parameter up to date."""
        self._write_values(me, [name])
        if me.source >= 0:
            self._write_source(me)

    def _write_values(self, me: Instance, names: list[str]) -> None:
        known = [name for name in names if me.component.parameter(name).in_kernel]
        for name in known:
            self.memory.state.parameters[me.parameters[name]] = me.kernel_value(name)
        if not known:
            return
        for block in me.blocks:
            self._write_block(me, block)
        for duration in me.component.durations:
            self.write_duration(me, duration)
        for pool in me.component.pools:
            self._write_pool(me, pool, known)
        for port in me.component.ports:
            if not {port.policy, port.sticky, *(parameter for _field, parameter in port.settings)}.isdisjoint(known):
                self.write_route(me, port)

    def write_duration(self, me: Instance, duration: Duration) -> None:
        """A kind without stations is slowed down here: its requests are delayed, not served."""
        at = me.durations[duration.name]
        kind = 0.0 if duration.kind is None else me.kernel_value(duration.kind)
        mean = duration.mean_s if duration.mean_s is not None else me.kernel_value(duration.mean)
        cv = 1.0 if duration.cv is None else me.kernel_value(duration.cv)
        mean *= me.slowness if duration.times is None else me.slowness * me.kernel_value(duration.times)
        heavy = heavy_tail(me.values, (duration.kind or "").removesuffix("_distribution"))
        self.memory.state.parameters[at : at + DISTRIBUTION_WORDS] = distribution_row(kind, mean, cv, heavy)

    def _write_pool(self, me: Instance, pool: Pool | Station | Card, names: list[str]) -> None:
        index = me.pools[pool.name]
        row = self.memory.state.pools[index]
        if isinstance(pool, Pool) and pool.queue_limit is not None and pool.queue_limit in names:
            row["queue_limit"] = int(me.actual(pool.queue_limit))
        if isinstance(pool, Station) and pool.discipline is not None and pool.discipline in names:
            row["discipline"] = int(me.kernel_value(pool.discipline))
        if not set(names).isdisjoint(_capacity_parameters(pool)):
            control.set_capacity(self.memory.state, index, me.capacity(pool.name))

    def _write_source(self, me: Instance) -> None:
        values, state = me.values, self.memory.state
        row = state.sources[me.source]
        if me.component.own_timeout is not None:
            row["timeout_s"] = me.kernel_value(me.component.own_timeout)
        if me.component.own_hedge is not None:
            row["hedge_s"] = me.kernel_value(me.component.own_hedge) or np.inf
        self._write_access(me)
        others = {name: float(me.read(f"{name}_share", 0.0)) for name in codes.CLASS_NAMES}
        settings = (
            values.get("read_ratio", 0.0), values.get("client_addresses", 1), values["request_kb"], min(1.0, sum(others.values())),
            float(values.get("propagate_deadline", False)), values.get("retry_budget", 0.0), values.get("stale_versions", 1),
        )  # fmt: skip
        first = int(row["parameter"])
        state.parameters[first : first + len(settings)] = settings
        upto = 0.0
        for number, name in enumerate(codes.CLASS_NAMES):
            upto += others[name]
            self._write_class(state.classes[int(row["first_class"]) + number], name, upto, values)

    def _write_access(self, me: Instance) -> None:
        """Clients' own way to the network: what it adds to each message."""
        bandwidth = float(me.values.get("access_mbit_s", 0.0))
        row = self.memory.state.nodes[me.node]
        row["access_s"] = me.values.get("access_latency_ms", 0.0) / 1000.0
        row["access_s_per_kb"] = 0.008 / bandwidth if bandwidth > 0.0 else 0.0
        self.memory.look_at_ways()

    @staticmethod
    def _write_class(row: Any, name: str, upto: float, values: dict[str, Any]) -> None:
        """What is special about a class of traffic; what the clients do not say is that of their reads."""
        cv = float(values.get(f"{name}_size_cv", 0.0))
        row["upto"] = upto
        row["request_kb"] = values.get(f"{name}_request_kb", values["request_kb"])
        row["object_kb"] = values.get(f"{name}_response_kb", 0.0)
        row["spread"] = np.sqrt(np.log1p(cv * cv))
        row["cost"] = values.get(f"{name}_cost", 1.0)
        row["deadline_s"] = values.get(f"{name}_deadline_ms", 0.0) / 1000.0
        row["change_s"] = values.get(f"{name}_change_s", 0.0)

    # -- links
    def add_link(self, link_id: str, spec: LinkSpec, ordered: bool) -> None:
        index = self.memory.add("links")
        self.link_rows[link_id] = index
        row = self.memory.state.links[index]
        row["salts"] = numbered(salt(self.seed, link_id, "link"), 2)
        row["parameter"] = self.memory.add("parameters", links.LINK_PARAMETERS)
        row["timer"] = self._add_timer(int(row["parameter"]) + links.EFFECTIVE_TIMEOUT_S)
        row["ordered"] = int(ordered)
        self.check_timers[link_id] = self._add_timer(0)
        self.write_link(link_id, spec)

    def _add_timer(self, parameter: int) -> int:
        index = self.memory.add("timers")
        row = self.memory.state.timers[index]
        row["due"] = row["head"] = row["tail"] = -1
        row["parameter"] = parameter
        return index

    def write_link(self, link_id: str, spec: LinkSpec) -> None:
        state = self.memory.state
        index = self.link_rows[link_id]
        first = int(state.links[index]["parameter"])
        kind, mean_s, cv = (LINK.kernel_value(name, spec.parameters) for name in LINK.latency)
        rest = [LINK.kernel_value(name, spec.parameters) for name in LINK.kernel_order]
        values = [*distribution_row(kind, mean_s, cv, heavy_tail(spec.parameters, "latency")), *rest]
        state.parameters[first : first + len(values)] = values
        state.parameters[first + links.EFFECTIVE_TIMEOUT_S] = values[links.TIMEOUT_S]
        self._weights[index] = float(spec.parameters["weight"])
        self.write_link_policy(link_id)
        for member in self._members_over.get(index, ()):
            self._watch_member(member)

    def write_link_policy(self, link_id: str) -> None:
        """Says which of a link's rarer parameters matter."""
        state = self.memory.state
        row = state.links[self.link_rows[link_id]]
        of = state.parameters[int(row["parameter"]) : int(row["parameter"]) + links.LINK_PARAMETERS]
        row["policy"] = (
            links.HAS_RETRIES * bool(of[links.RETRIES] > 0)
            | links.HAS_HEDGE * bool(of[links.HEDGE_S] > 0)
            | links.HAS_BULKHEAD * bool(of[links.BULKHEAD] > 0)
            | links.HAS_TCP * bool((of[[links.HANDSHAKES, links.FIRST_WINDOW_KB, links.WINDOW_KB]] > 0).any())
            | links.HAS_FAULT * bool((of[links.FAULT_DELAY_S : links.CUT_BACK + 1] != 0).any())
        )

    def _watch_member(self, index: int) -> None:
        """Brings a member's row up to date with its link and its route."""
        state = self.memory.state
        row = state.members[index]
        link = state.links[int(row["link"])]
        row["weight"] = self._weights[int(row["link"])]
        watched = layout.WATCH_BREAKER * bool(state.parameters[int(link["parameter"]) + links.BREAKER_FAILURES] > 0)
        if row["route"] >= 0:
            route = state.routes[int(row["route"])]
            watched |= layout.WATCH_FAILURES * bool(route["ejects_after"] > 0)
            watched |= layout.WATCH_RESPONSE * bool(route["policy"] == codes.LEAST_RESPONSE_TIME)
        row["watched"] = watched

    # -- routes
    def member(self, me: Instance, route: int, link_id: str, target: Instance) -> int:
        """The row of (route, link, target); it keeps its count of calls under way.

        By row, not by id: what was deleted and drawn again is another thing.
        """
        key = (route, self.link_rows[link_id], target.node)
        if key not in me.members:
            index = self.memory.add("members")
            me.members[key] = index
            row = self.memory.state.members[index]
            row["node"], row["link"], row["route"] = target.node, self.link_rows[link_id], route
            self.member_of[index] = (me, link_id, target)
            self._members_over.setdefault(self.link_rows[link_id], []).append(index)
            self._watch_member(index)
            self._members_at.setdefault(target.node, []).append(index)
        return me.members[key]

    def calls_under_way(self, target: Instance) -> int:
        """Calls to a node whose callers still wait for them."""
        return int(self.memory.state.members["in_flight"][self._members_at.get(target.node, [])].sum())

    def set_route(self, me: Instance, port: str, verb: str | None, behind: list[tuple[str, Instance]]) -> None:
        """Says who is in rotation behind a port, in this order."""
        route = me.routes[port, verb]
        members = [self.member(me, route, link_id, target) for link_id, target in behind]
        row = self.memory.state.routes[route]
        if len(members) > self._route_room.get(route, 0):
            room = max(4, 2 * len(members))
            first = self.memory.add("targets", room)
            self._route_room[route] = room
            row = self.memory.state.routes[route]
            row["first"] = first
        first = int(row["first"])
        for gone in set(self.members_of(route)) - set(members):
            self.memory.state.members[gone]["enabled"] = 0
        for index in members:
            member = self.memory.state.members[index]
            if member["enabled"] == 0:
                member["enabled"], member["since_s"] = 1, self.memory.state.clock[layout.NOW]
                member["failures"] = member["ejected"] = 0
        self.memory.state.targets[first : first + len(members)] = members
        row["enabled"], row["keys"] = len(members), self.keys.data_keys
        self.write_ring(route)
        self._note_rotation(route, [target.node for _link, target in behind])

    def leave_out(self, route: int, nodes: set[int]) -> None:
        """Says which members of a route are known to be down; they keep their places on its ring."""
        state = self.memory.state
        members = self.members_of(route)
        for member in members:
            state.members[member]["down"] = int(state.members[member]["node"]) in nodes
        state.routes[route]["down"] = int(state.members["down"][members].sum())

    def _note_rotation(self, route: int, nodes: list[int]) -> None:
        for node in self._nodes_behind.get(route, ()):
            self._routes_to[node] -= 1
        for node in nodes:
            self._routes_to[node] = self._routes_to.get(node, 0) + 1
        self._nodes_behind[route] = nodes

    def in_rotation(self, target: Instance) -> bool:
        """Whether any route leads to it."""
        return self._routes_to.get(target.node, 0) > 0

    def forget_routes(self, me: Instance) -> None:
        """Who is removed sends to nobody any more."""
        for route in me.routes.values():
            self._note_rotation(route, [])

    # -- code
    def write_program(self, me: Instance) -> None:
        """Writes the component's paths anew; what is under way keeps the old ones."""
        program = Program(_InstanceNames(me, self))
        me.component.program(program, me)
        program.finish()
        first = self.memory.add("code", len(program.rows))
        for place, row in enumerate(program.rows):
            jumps = row.op in codes.LABELLED
            target = self.memory.state.code[first + place]
            target["op"], target["b"], target["c"], target["salt"] = row.op, row.b, row.c, row.salt
            target["a"] = row.a + first if jumps else row.a
        entries = self.memory.state.entries[me.node]
        entries[:] = -1
        for verb, place in program.entries.items():
            entries[verb] = first + place


def _capacity_parameters(pool: Pool | Station | Card) -> tuple[str, ...]:
    if isinstance(pool, Station):
        return (pool.servers,)
    return (pool.bandwidth,) if isinstance(pool, Card) else (pool.capacity, *pool.less)


class _InstanceNames:
    """Where the names in a component's program are for one instance."""

    def __init__(self, me: Instance, builder: Builder) -> None:
        self._me = me
        self._builder = builder
        self._seed = builder.seed

    def pool(self, name: str) -> int:
        return self._me.pools[name]

    def parameter(self, name: str) -> int:
        if name in self._me.parameters:
            return self._me.parameters[name]
        lender = self._me.settings_from
        assert lender is not None, f"{self._me.component.kind} has no parameter {name}"
        return lender.parameters[name]

    def duration(self, name: str) -> int:
        return self._me.durations[name]

    def route(self, port: str, by_verb: str | None) -> int:
        return self._me.routes[port, by_verb]

    def port(self, link_id: str) -> str:
        return self._me.links[link_id]

    def links_route(self, port: str, link_ids: tuple[str, ...], by_verb: str | None) -> int:
        return self._builder.links_route(self._me, port, link_ids, by_verb)

    def target(self, link_id: str) -> str:
        return self._me.group.drawn[link_id].target

    def link_parameter(self, link_id: str, name: str) -> int:
        row = self._builder.memory.state.links[self._builder.link_rows[link_id]]
        return int(row["parameter"]) + links.BANDWIDTH + LINK.kernel_order.index(name)

    def cache(self) -> int:
        return self._me.cache

    def nothing(self) -> int:
        return self._builder.nothing

    def block(self, names: tuple[str, ...]) -> int:
        return self._builder.block(self._me, names)

    def column(self, name: str) -> int:
        return self._builder.column(self._me, name)

    def queues(self) -> tuple[int, int]:
        return self._me.queues, self._me.queue_count

    def limiter(self) -> int:
        return self._me.limiter

    def resolver(self) -> int:
        return self._me.resolver

    def salt(self, purpose: str, shared: bool) -> int:
        return salt(self._seed, purpose) if shared else salt(self._seed, self._me.id, purpose)
