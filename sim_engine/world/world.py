"""SimPy's world around the kernel: the clock, health checks, promotions, faults, and a design that changes under traffic.

Between two SimPy events the kernel moves requests up to (not including) the next one; SimPy's events at a time come first.
"""

from collections.abc import Generator, Iterator
from time import thread_time
from typing import Any

import numpy as np
import simpy

from sim_engine.causes import CODE
from sim_engine.components import KINDS
from sim_engine.design.check import port_for
from sim_engine.design.document import ComponentSpec, Design, LinkSpec, Scenario
from sim_engine.kernel import control, layout
from sim_engine.kernel.interpreter import NEEDS_HEAP, NEEDS_TASKS, OUT_OF_BUDGET, SIGNALLED, advance
from sim_engine.limits import LimitReached, limit
from sim_engine.operations.codes import APPLY_WRITE, CHECK
from sim_engine.world.builder import Builder
from sim_engine.world.health import HealthCheck
from sim_engine.world.instance import Instance
from sim_engine.world.memory import Memory
from sim_engine.world.salts import salt
from sim_engine.world.scenario import drive_fault, drive_traffic
from sim_engine.world.story import Story
from sim_engine.world.traffic import Traffic

EVENTS_AT_ONCE = 1_000_000


class World:
    def __init__(self, design: Design, scenario: Scenario, seed: int) -> None:
        self.env = simpy.Environment()
        self.memory = Memory()
        self.seed = seed
        self.instances: dict[str, Instance] = {}
        self.links: dict[str, LinkSpec] = {}
        self.story = Story(self.env)
        self.traffic = Traffic(self)
        self._builder = Builder(self.memory, seed)
        self._waiting: dict[int, simpy.Event] = {}
        self._waiters = 0
        self._stalled = 0
        self.changes = 0  # grows with everything that makes what was measured before tell nothing about what comes
        self.kernel_s = 0.0  # of processor time, which a busy machine does not stretch
        self.apply(design, tell=False)
        self.env.process(drive_traffic(self, scenario))
        self.env.process(self.traffic.follow_ramps())
        for fault in scenario.faults:
            self.env.process(drive_fault(self, fault))

    # -- time
    def run_until(self, until_s: float) -> None:
        """Simulates up to `until_s`; LimitReached when a limit ends the run."""
        while True:
            upto_s = min(self.env.peek(), until_s)
            if self.memory.state.clock[layout.NOW] < upto_s:
                self._advance(upto_s)
            elif self.env.peek() < until_s:
                self.env.step()
            else:
                self.env.run(until=until_s)
                return

    def _advance(self, upto_s: float) -> None:
        """One run of the kernel, and what it asks for."""
        state = self.memory.state
        before_s = state.clock[layout.NOW]
        began = thread_time()
        why = advance(state, upto_s, EVENTS_AT_ONCE)
        self.kernel_s += thread_time() - began
        if why == SIGNALLED:
            self._hand_over_signals()
        elif why == NEEDS_TASKS:
            self.memory.more_tasks()
        elif why == NEEDS_HEAP:
            self.memory.more_heap()
        elif why == OUT_OF_BUDGET:
            self._stalled = self._stalled + EVENTS_AT_ONCE if state.clock[layout.NOW] == before_s else 0
            if self._stalled >= limit("stalled_events"):
                raise LimitReached("stalled_events")
            self.pause_for_breath()

    def pause_for_breath(self) -> None:
        """Called now and then within a long tick; Run replaces it to watch the real clock."""

    def _settle(self) -> None:
        """Lets those who are ready now go on, before something is done to them."""
        while self.memory.state.count[layout.READY_HEAD] >= 0:
            self._advance(float(self.memory.state.clock[layout.NOW]))

    def _hand_over_signals(self) -> None:
        state = self.memory.state
        for waiter, cause, at_s in state.signals[: int(state.count[layout.SIGNALS])].tolist():
            event = self._waiting.pop(waiter)
            event._ok, event._value = True, cause
            self.env.schedule(event, delay=max(0.0, at_s - self.env.now))
        state.count[layout.SIGNALS] = 0

    # -- what components' lives use
    def start(self, me: Instance, process: Generator[simpy.Event, Any, None]) -> None:
        """Runs a process that ends when the instance is removed or wired anew."""
        me.processes.append(self.env.process(_until_interrupted(process)))

    def check(self, check: HealthCheck, number: int) -> simpy.Event:
        """Sends a health check; the event's value is its cause."""
        event = self.env.event()
        self._waiters += 1
        self._waiting[self._waiters] = event
        link_id = check.link_id()
        member = self._builder.member(check.settings, -1, link_id, check.target)
        timer = self._builder.check_timers[link_id]
        timeout_s = min(check.setting("health_check_timeout_ms"), self.links[link_id].parameters["timeout_ms"]) / 1000.0
        if check.salt is None:
            check.salt = salt(self.seed, check.settings.id, check.purpose)
        key = (check.salt + number) % 2**64  # the kernel mixes it
        control.send_check(self.memory.state, member, CHECK, timer, timeout_s, self._waiters, np.uint64(key))
        return event

    def uniform(self, me: Instance, purpose: str, number: int) -> float:
        """A number in (0, 1) that depends on nothing but the seed and these names."""
        return ((salt(self.seed, me.id, purpose, number) >> 11) + 0.5) / 2.0**53

    def tell(self, code: str, me: Instance, severity: str, marker: bool = False, **arguments: Any) -> None:
        """An event of the story; one that is marked changes what is being measured."""
        self.changes += int(marker)
        self.story.tell(code, me.id, me.label, severity, marker, arguments)

    def link_row(self, link_id: str) -> int:
        return self._builder.link_rows[link_id]

    def target_of(self, link_id: str) -> Instance:
        return self.instances[self.links[link_id].target]

    def sources(self) -> Iterator[Instance]:
        return (instance for instance in self.instances.values() if instance.source >= 0)

    # -- routes
    def refresh_route(self, me: Instance, port_name: str) -> None:
        """Recomputes who is in rotation behind a port."""
        port = me.port(port_name)
        if port.managed:
            return
        for verb in ("read", "write") if port.by_verb else (None,):
            behind = [
                (link_id, answering)
                for link_id in me.links_of(port_name)
                if link_id not in me.out_of_rotation
                for answering in self.target_of(link_id).component.answers(self.target_of(link_id), verb or "read")
            ]
            self._builder.set_route(me, port_name, verb, behind)

    def set_route(self, me: Instance, port: str, behind: list[tuple[str, Instance]]) -> None:
        self._builder.set_route(me, port, None, behind)

    def refresh_callers(self, callee: Instance) -> None:
        for link_id, link in self.links.items():
            if link.target == callee.id:
                source = self.instances[link.source]
                self.refresh_route(source, source.links[link_id])

    def nobody_sends_to(self, me: Instance) -> bool:
        """Whether no route has this node in rotation."""
        state = self.memory.state
        for instance in self.instances.values():
            for route in instance.routes.values():
                row = state.routes[route]
                targets = state.targets[row["first"] : row["first"] + row["enabled"]]
                if (state.members[targets]["node"] == me.node).any():
                    return False
        return True

    # -- databases
    def share_dataset(self, me: Instance, owner: Instance) -> None:
        """Says that two nodes hold the same data."""
        if owner.dataset < 0:
            owner.dataset = self._builder.add_dataset()
        me.dataset = owner.dataset
        self.memory.state.nodes[me.node]["dataset"] = owner.dataset

    def set_primary(self, me: Instance, primary: bool) -> None:
        self.memory.state.nodes[me.node]["primary"] = int(primary)

    def version_gap(self, newer: Instance, older: Instance) -> int:
        return int(control.max_version_gap(self.memory.state, newer.store, older.store))

    def versions_total(self, me: Instance) -> int:
        return int(self.memory.state.keyed[:, me.store].sum(dtype=np.int64))

    def copy_versions(self, source: Instance, target: Instance) -> None:
        control.copy_versions(self.memory.state, source.store, target.store)

    def received_not_applied(self, me: Instance) -> int:
        return int(control.received_not_applied(self.memory.state, me.node, APPLY_WRITE))

    def forget_lost_writes(self, me: Instance) -> int:
        return int(control.forget_lost_writes(self.memory.state, me.dataset, me.store))

    def empty_cache(self, me: Instance) -> None:
        keys = int(self.memory.state.caches[me.cache]["size"])
        control.empty_cache(self.memory.state, me.cache)
        self.tell("cache_emptied", me, "warning", keys=keys)

    # -- faults
    def kill(self, me: Instance, mode: str) -> bool:
        """The component dies as a `process` or a `machine`; False when it is dead already."""
        if not me.alive:
            return False
        self.tell("killed_machine" if mode == "machine" else "killed_process", me, "error", marker=True)
        self._end(me, mode == "machine", "crashed")
        me.component.killed(self, me)
        return True

    def _end(self, me: Instance, silent: bool, cause: str) -> None:
        self._settle()
        self.memory.room_for_events()
        pools = self.memory.used.get("pools", 0)
        control.kill(self.memory.state, me.node, int(silent), CODE[cause], pools)
        self._settle()

    def restore(self, me: Instance) -> bool:
        if me.alive:
            return False
        control.restore(self.memory.state, me.node)
        self.tell("restored", me, "good", marker=True)
        me.component.restored(self, me)
        return True

    # -- the design changes
    def apply(self, design: Design, tell: bool = True) -> None:
        """Makes the running system that of `design`: parts come, go and change under traffic."""
        runnable = {i: spec for i, spec in design.components.items() if _runs(spec)}
        links = {i: link for i, link in design.links.items() if link.source in runnable and link.target in runnable}
        gone = [i for i in self.instances if i not in runnable or self.instances[i].component.kind != runnable[i].kind]
        dropped = [i for i, link in self.links.items() if i in links and _ends(links[i]) != _ends(link)]
        removed = [*dropped, *(i for i in self.links if i not in links)]
        for link_id in removed:
            self._remove_link(link_id, tell and link_id not in dropped)
        for identifier in gone:
            self._remove(self.instances[identifier], tell)
        changed_wiring = not self.instances or bool(gone or removed) or links.keys() != self.links.keys()
        for identifier, spec in runnable.items():
            if identifier not in self.instances:
                changed_wiring = True
                self._add(identifier, spec, tell)
        self.instances = {i: self.instances[i] for i in sorted(self.instances)}
        if changed_wiring:
            self._rewire(links, runnable, tell)
        self._update_values(runnable, links, tell)

    def _add(self, identifier: str, spec: ComponentSpec, tell: bool) -> None:
        self.instances[identifier] = self._builder.add(identifier, spec)
        if tell:
            self.tell("component_added", self.instances[identifier], "info", marker=True)

    def _remove(self, me: Instance, tell: bool) -> None:
        if tell:
            self.tell("component_removed", me, "info", marker=True)
        _stop_processes(me)
        if me.source >= 0:
            control.change_users(self.memory.state, me.source, 0)
            control.change_rate(self.memory.state, me.source, 0.0, 0.0)
        else:
            self._end(me, False, "removed")
        del self.instances[me.id]

    def _remove_link(self, link_id: str, tell: bool) -> None:
        link = self.links.pop(link_id)
        if tell and link.source in self.instances and link.target in self.instances:
            source, target = self.instances[link.source], self.instances[link.target]
            self.tell("link_removed", source, "info", marker=True, target=target.label)

    def _rewire(self, links: dict[str, LinkSpec], runnable: dict[str, ComponentSpec], tell: bool) -> None:
        """Gives every instance its links, its code and its routes anew; lives go on where nothing changed for them."""
        for link_id in sorted(links):
            if link_id not in self.links:
                self._add_link(link_id, links[link_id], runnable, tell)
        self.links = {i: self.links[i] for i in sorted(self.links)}
        for instance in self.instances.values():
            instance.links = {i: self._port_of(link) for i, link in self.links.items() if link.source == instance.id}
            instance.out_of_rotation &= set(instance.links)
            self._builder.write_timeouts(instance)
        self._builder.size_stores(self.instances)
        for instance in self.instances.values():
            instance.component.wire(self, instance)
        for instance in self.instances.values():
            self._builder.write_program(instance)
            for port in instance.component.ports:
                self.refresh_route(instance, port.name)
        for instance in self.instances.values():
            instance.component.wired(self, instance)
            if instance.source >= 0:
                self._wire_source(instance)
            self._live(instance)

    def _live(self, me: Instance) -> None:
        """Starts the life of an instance, anew when it is linked to other things than before."""
        linked_to = [(link_id, id(self.target_of(link_id))) for link_id in me.links]
        if me.memory.get("linked to") == linked_to:
            return
        me.memory["linked to"] = linked_to
        _stop_processes(me)
        for process in me.component.life(self, me):
            self.start(me, process)

    def _add_link(self, link_id: str, link: LinkSpec, runnable: dict[str, ComponentSpec], tell: bool) -> None:
        self.links[link_id] = link
        source, target = self.instances[link.source], self.instances[link.target]
        port = port_for(source.component, target.component)
        self._builder.add_link(link_id, link, ordered=port is not None and port.style == "replication")
        if tell:
            self.tell("link_added", source, "info", marker=True, target=target.label)

    def _port_of(self, link: LinkSpec) -> str:
        port = port_for(self.instances[link.source].component, self.instances[link.target].component)
        assert port is not None, "checked before a run"
        return port.name

    def _wire_source(self, me: Instance) -> None:
        """Popularity of keys, the dataset that its requests reach, and the traffic of a newcomer."""
        self._builder.write_popularity(me)
        row = self.memory.state.sources[me.source]
        row["dataset"] = self._only_dataset(me)
        rate = float(me.values["arrival_rate_per_s"])
        row["trace_every"] = max(1, int(rate / 2.0))
        self.traffic.follow(me)

    def _only_dataset(self, me: Instance) -> int:
        """The dataset behind a source; -1 when there is none or several."""
        found: set[int] = set()
        seen = {me.id}
        waiting = [me.id]
        while waiting:
            here = waiting.pop()
            if self.instances[here].dataset >= 0:
                found.add(self.instances[here].dataset)
            for link in self.links.values():
                if link.source == here and link.target not in seen:
                    seen.add(link.target)
                    waiting.append(link.target)
        return found.pop() if len(found) == 1 else -1

    def _update_values(self, runnable: dict[str, ComponentSpec], links: dict[str, LinkSpec], tell: bool) -> None:
        for identifier, spec in runnable.items():
            me = self.instances[identifier]
            me.label = spec.label
            for name, value in spec.parameters.items():
                if me.values[name] != value:
                    self.set_parameter(me, name, value, tell)
        for link_id, link in links.items():
            if self.links[link_id].parameters != link.parameters:
                self.set_link(link_id, link, tell)

    def set_parameter(self, me: Instance, name: str, value: Any, tell: bool = True) -> None:
        """Changes a parameter in the running system."""
        self._settle()
        self.memory.room_for_events()
        parameter = me.component.parameter(name)
        me.values[name] = value
        self._builder.write_parameter(me, name)
        if me.source >= 0 and name in ("keys", "zipf_exponent"):
            self._builder.size_stores(self.instances)
            self._builder.write_popularity(me)
        if me.cache >= 0:
            self._builder.size_stores(self.instances)
        me.component.changed(self, me, name)
        if me.source >= 0:
            self.traffic.follow(me)
        if tell:
            unit = "" if parameter.unit == "ratio" else parameter.unit
            arguments = {"parameter": name, "title": parameter.title, "value": value, "unit": unit}
            self.tell("parameter_set", me, "info", marker=True, **arguments)

    def set_link(self, link_id: str, link: LinkSpec, tell: bool = True) -> None:
        self._settle()
        before = self.links[link_id].parameters
        self.links[link_id] = link
        self._builder.write_link(link_id, link)
        source, target = self.instances[link.source], self.instances[link.target]
        self._builder.write_timeouts(source)
        self.changes += 1
        for name, value in link.parameters.items() if tell else ():
            if before[name] != value:
                label = f"{source.label} → {target.label}"
                self.story.tell_parameter(link_id, label, name, value)

    def rewrite(self, instances: list[Instance]) -> None:
        """Writes the code of instances anew, after a parameter that shapes it has changed."""
        for instance in instances:
            self._builder.write_program(instance)

    def accrue(self) -> None:
        """Brings all integrals up to now."""
        control.accrue(self.memory.state, self.memory.used.get("nodes", 0), self.memory.used.get("pools", 0))


def _ends(link: LinkSpec) -> tuple[str, str]:
    return link.source, link.target


def _runs(spec: ComponentSpec) -> bool:
    return KINDS[spec.kind].runs


def _stop_processes(me: Instance) -> None:
    for process in me.processes:
        if process.is_alive:
            process.interrupt()
    me.processes.clear()


def _until_interrupted(process: Generator[simpy.Event, Any, None]) -> Generator[simpy.Event, Any, None]:
    try:
        yield from process
    except simpy.Interrupt:
        return
