"""Puts a design into the kernel's arrays, and keeps them in step while the design changes under traffic.

Rows are only ever added: what is in flight goes on with the code that it began with, and what is deleted dies like a killed
component, with cause `removed`.
"""

from typing import Any

import numpy as np

from sim_engine.catalogue.component import Card, Duration, Pool, Port, Station
from sim_engine.causes import CODE
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.document import ComponentSpec, LinkSpec
from sim_engine.kernel import calls, control
from sim_engine.kernel.random import DISTRIBUTION_WORDS, distribution_row
from sim_engine.operations import codes
from sim_engine.operations.program import Program
from sim_engine.world.instance import Instance
from sim_engine.world.memory import Memory
from sim_engine.world.popularity import guide_cells, key_mapping, popularity_table
from sim_engine.world.salts import salt

KIND_OF_POOL = {Station: control.STATION, Pool: control.POOL, Card: control.CARD}


class Builder:
    """Allocates and updates rows; knows nothing of SimPy."""

    def __init__(self, memory: Memory, seed: int) -> None:
        self.memory = memory
        self.seed = seed
        self.link_rows: dict[str, int] = {}
        self.check_timers: dict[str, int] = {}
        self._route_room: dict[int, int] = {}

    # -- components
    def add(self, component_id: str, spec: ComponentSpec) -> Instance:
        component = KINDS[spec.kind]
        me = Instance(component_id, spec.label, component, dict(spec.parameters), self.memory, self.seed)
        me.node = self.memory.add_node()
        node = self.memory.state.nodes[me.node]
        node["alive"], node["store"], node["dataset"] = 1, -1, -1
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
        for parameter in component.parameters:
            self.write_parameter(me, parameter.name)
        return me

    def _add_pool(self, me: Instance, pool: Pool | Station | Card) -> None:
        index = self.memory.add("pools")
        me.pools[pool.name] = index
        row = self.memory.state.pools[index]
        row["node"], row["kind"] = me.node, KIND_OF_POOL[type(pool)]
        row["head"] = row["tail"] = row["last_first"] = -1
        row["queue_limit"] = -1
        if isinstance(pool, Pool):
            row["cause"] = CODE[pool.full]
            if pool.never_waits:
                row["queue_limit"] = 0
            if pool.capacity_value is not None:
                row["capacity"] = pool.capacity_value

    def _add_route(self, me: Instance, port: Port) -> int:
        index = self.memory.add("routes")
        row = self.memory.state.routes[index]
        row["salt"] = salt(self.seed, me.id, "route", port.name)
        row["policy"] = codes.RANDOM if port.policy == "@random" else codes.ROUND_ROBIN
        row["cause"] = CODE[port.empty_cause]
        return index

    def _add_source(self, me: Instance) -> None:
        me.source = self.memory.add("sources")
        row = self.memory.state.sources[me.source]
        row["node"], row["due"], row["dataset"] = me.node, -1, -1
        row["salt"] = salt(self.seed, me.id, "requests")
        row["parameter"] = self.memory.add("parameters", 3)
        row["keys"] = 1
        row["since_s"] = self.memory.state.clock[0]
        control.first_hazard(self.memory.state, me.source)

    # -- parameters
    def write_parameter(self, me: Instance, name: str) -> None:
        """Brings everything in the kernel that depends on a parameter up to date."""
        parameter = me.component.parameter(name)
        if parameter.type == "text":
            return
        self.memory.state.parameters[me.parameters[name]] = parameter.kernel_value(me.values[name])
        for duration in me.component.durations:
            self._write_duration(me, duration)
        for pool in me.component.pools:
            self._write_pool(me, pool, name)
        for port in me.component.ports:
            if port.policy == name:
                self.memory.state.routes[me.routes[port.name, None]]["policy"] = int(parameter.kernel_value(me.values[name]))
        if me.source >= 0:
            self._write_source(me)
        if me.component.own_timeout == name:
            for link_id in me.links:
                self._write_timeout(me, link_id)

    def _kernel_value(self, me: Instance, name: str) -> float:
        return me.component.parameter(name).kernel_value(me.values[name])

    def _write_duration(self, me: Instance, duration: Duration) -> None:
        at = me.durations[duration.name]
        kind = 0.0 if duration.kind is None else self._kernel_value(me, duration.kind)
        mean = duration.mean_s if duration.mean_s is not None else self._kernel_value(me, duration.mean)
        cv = 1.0 if duration.cv is None else self._kernel_value(me, duration.cv)
        self.memory.state.parameters[at : at + DISTRIBUTION_WORDS] = distribution_row(kind, mean, cv)

    def _write_pool(self, me: Instance, pool: Pool | Station | Card, name: str) -> None:
        index = me.pools[pool.name]
        row = self.memory.state.pools[index]
        if isinstance(pool, Pool) and pool.queue_limit == name:
            row["queue_limit"] = int(me.values[name])
        if isinstance(pool, Station) and pool.discipline == name:
            row["discipline"] = int(self._kernel_value(me, name))
        if _capacity_parameter(pool) == name:
            control.set_capacity(self.memory.state, index, float(me.values[name]))

    def _write_source(self, me: Instance) -> None:
        row = self.memory.state.sources[me.source]
        first = int(row["parameter"])
        values = (me.values["read_ratio"], me.values["client_addresses"], me.values["request_kb"])
        self.memory.state.parameters[first : first + 3] = values

    # -- links
    def add_link(self, link_id: str, spec: LinkSpec, ordered: bool) -> None:
        index = self.memory.add("links")
        self.link_rows[link_id] = index
        row = self.memory.state.links[index]
        row["salt"] = salt(self.seed, link_id, "link")
        row["parameter"] = self.memory.add("parameters", calls.LINK_PARAMETERS)
        row["timer"] = self._add_timer(int(row["parameter"]) + calls.LINK_PARAMETERS - 1)
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
        first = int(self.memory.state.links[self.link_rows[link_id]]["parameter"])
        kind, mean_s, cv = (LINK.kernel_value(name, spec.parameters) for name in LINK.latency)
        rest = [LINK.kernel_value(name, spec.parameters) for name in LINK.kernel_order]
        values = [*distribution_row(kind, mean_s, cv), *rest]
        self.memory.state.parameters[first : first + len(values)] = values
        self.memory.state.parameters[first + calls.LINK_PARAMETERS - 1] = values[calls.TIMEOUT_S]

    def _write_timeout(self, me: Instance, link_id: str) -> None:
        """A caller with a timeout of its own waits no longer than that."""
        if me.component.own_timeout is None or link_id not in self.link_rows:
            return
        first = int(self.memory.state.links[self.link_rows[link_id]]["parameter"])
        own = self._kernel_value(me, me.component.own_timeout)
        parameters = self.memory.state.parameters
        parameters[first + calls.LINK_PARAMETERS - 1] = min(own, parameters[first + calls.TIMEOUT_S])

    def write_timeouts(self, me: Instance) -> None:
        for link_id in me.links:
            self._write_timeout(me, link_id)

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
            row["node"], row["link"] = target.node, self.link_rows[link_id]
        return me.members[key]

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
        self.memory.state.targets[first : first + len(members)] = members
        row["enabled"] = len(members)

    # -- code
    def write_program(self, me: Instance) -> None:
        """Writes the component's paths anew; what is under way keeps the old ones."""
        program = Program(_InstanceNames(me, self.seed))
        me.component.program(program, me)
        first = self.memory.add("code", len(program.rows))
        for place, row in enumerate(program.rows):
            jumps = codes.JUMP <= row.op <= codes.IF_FLAG or row.op == codes.RETRY
            target = self.memory.state.code[first + place]
            target["op"], target["b"], target["c"], target["salt"] = row.op, row.b, row.c, row.salt
            target["a"] = row.a + first if jumps else row.a
        entries = self.memory.state.entries[me.node]
        entries[:] = -1
        for verb, place in program.entries.items():
            entries[verb] = first + place

    # -- keys
    def size_stores(self, instances: dict[str, Instance]) -> None:
        """Makes room for the keys that the clients ask for, in every database and cache."""
        keys = max((int(i.values["keys"]) for i in instances.values() if i.source >= 0), default=1)
        self._grow_keyed(keys)
        keys = len(self.memory.state.keyed)
        for instance in instances.values():
            if instance.component.has_versions and instance.store < 0:
                instance.store = self._add_column()
                self.memory.state.nodes[instance.node]["store"] = instance.store
        for instance in instances.values():
            if instance.cache >= 0:
                self.size_cache(instance, keys)

    def add_dataset(self) -> int:
        """A column for the newest acknowledged versions of a database cluster."""
        return self._add_column()

    def _add_column(self) -> int:
        column = self.memory.used.get("keyed columns", 0)
        self.memory.used["keyed columns"] = column + 1
        if column >= self.memory.state.keyed.shape[1]:
            self._grow_keyed(len(self.memory.state.keyed), 2 * self.memory.state.keyed.shape[1])
        return column

    def _grow_keyed(self, keys: int, columns: int = 0) -> None:
        """Room for so many keys and columns; what is there stays."""
        had = self.memory.state.keyed
        shape = max(keys, had.shape[0]), max(columns, had.shape[1])
        if shape != had.shape:
            grown = np.zeros(shape, np.int32)
            grown[: had.shape[0], : had.shape[1]] = had
            self.memory.state.replace(keyed=grown)

    def size_cache(self, me: Instance, keys: int) -> None:
        """(Re)allocates a cache for its capacity and the number of keys; it keeps what was used last."""
        state = self.memory.state
        row = state.caches[me.cache]
        assert me.component.key_store is not None
        capacity = min(int(me.values[me.component.key_store.capacity]), keys)
        if row["keys"] == keys and row["capacity"] == capacity:
            return
        kept = _newest_entries(state, row)
        # rows that it has already are used again, so that changes do not pile up
        most_entries = int(me.memory.get("cache_room", 0))
        if capacity > most_entries:
            most_entries = min(keys, max(capacity, 2 * most_entries))
            row["base"] = self.memory.add("cache_entries", most_entries)
        if "cache_room" not in me.memory:
            row["column"] = self._add_column()
        me.memory["cache_room"] = most_entries
        row["capacity"], row["keys"] = capacity, keys
        state = self.memory.state
        control.empty_cache(state, me.cache)
        for key, version, expires_s in reversed(kept[:capacity]):
            control.put(state, me.cache, key, version, expires_s)

    def write_popularity(self, me: Instance) -> None:
        """The table from which the source's clients draw their keys."""
        keys = int(me.values["keys"])
        cumulative, guide = popularity_table(keys, float(me.values["zipf_exponent"]))
        row = self.memory.state.sources[me.source]
        first = int(row["table"])
        room = int(me.memory.get("table_room", 0))
        if keys > room:
            room = max(keys, 2 * room)
            first = self.memory.add("popularity", room)
            me.memory["guide_room"] = self.memory.add("guide", guide_cells(room) + 1)
            me.memory["table_room"] = room
        state = self.memory.state
        row = state.sources[me.source]
        state.popularity[first : first + keys] = cumulative
        row["guide"] = me.memory["guide_room"]
        row["guide_cells"] = len(guide) - 1
        state.guide[row["guide"] : row["guide"] + len(guide)] = guide
        row["key_factor"], row["key_shift"] = key_mapping(keys, self.seed)
        row["table"], row["keys"] = first, keys


def _newest_entries(state: Any, row: Any) -> list[tuple[int, int, float]]:
    """(key, version, expiry) of what a cache holds, the last used first."""
    found = []
    slot = int(row["head"]) if row["keys"] > 0 else -1
    while slot >= 0:
        entry = state.cache_entries[slot]
        found.append((int(entry["key"]), int(entry["version"]), float(entry["expires_s"])))
        slot = int(entry["next"])
    return found


def _capacity_parameter(pool: Pool | Station | Card) -> str:
    if isinstance(pool, Station):
        return pool.servers
    return pool.bandwidth if isinstance(pool, Card) else pool.capacity


class _InstanceNames:
    """Where the names in a component's program are for one instance."""

    def __init__(self, me: Instance, seed: int) -> None:
        self._me = me
        self._seed = seed

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

    def cache(self) -> int:
        return self._me.cache

    def salt(self, purpose: str, shared: bool) -> int:
        return salt(self._seed, purpose) if shared else salt(self._seed, self._me.id, purpose)
