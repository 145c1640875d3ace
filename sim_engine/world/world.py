"""SimPy's world around the kernel: the clock, health checks, promotions, faults, and a design that changes under traffic.

Between two SimPy events the kernel moves requests up to (not including) the next one; SimPy's events at a time come first.
"""

from collections.abc import Callable, Generator, Iterator
from time import perf_counter
from typing import Any

import numpy as np
import simpy

from sim_engine.catalogue.growth import SPREAD
from sim_engine.causes import CODE
from sim_engine.components.link import LINK, SHAPES_CODE
from sim_engine.design.document import Design, LinkSpec, Scenario
from sim_engine.kernel import control, layout
from sim_engine.kernel.interpreter import NEEDS_HEAP, NEEDS_MESSAGES, NEEDS_TASKS, OUT_OF_BUDGET, SIGNALLED, advance
from sim_engine.kernel.policies import KINDS_OF_SIGNAL
from sim_engine.limits import LimitReached, limit
from sim_engine.operations.codes import CHECK, VERB_CODE
from sim_engine.world.builder import Builder
from sim_engine.world.condition import Condition
from sim_engine.world.cost import Bills
from sim_engine.world.data import Data
from sim_engine.world.direct import Direct
from sim_engine.world.disks import Disks
from sim_engine.world.faults import Faults
from sim_engine.world.group import Group
from sim_engine.world.health import HealthCheck, Judge, Notes, stop
from sim_engine.world.instance import DOWN, DRAINING, GONE, STARTING, UP, Instance
from sim_engine.world.latencies import Latencies
from sim_engine.world.losses import Losses
from sim_engine.world.memory import Memory
from sim_engine.world.places import Places
from sim_engine.world.queues import Queues
from sim_engine.world.redesign import Redesign
from sim_engine.world.salts import salt
from sim_engine.world.scenario import drive_fault, drive_traffic
from sim_engine.world.shards import Resharding
from sim_engine.world.sheet import Sheet
from sim_engine.world.story import Story
from sim_engine.world.traffic import Traffic

EVENTS_AT_ONCE = 1_000_000
LONGEST_WORK_S = 600.0  # that machinery waits for an answer to one message
ADVANCE, ACCRUE, SEND_CHECK = Direct(advance), Direct(control.accrue), Direct(control.send_check)


class World:
    def __init__(self, design: Design, scenario: Scenario, seed: int) -> None:
        self.env = simpy.Environment()
        self.memory = Memory()
        self.seed = seed
        self.groups: dict[str, Group] = {}  # by component id
        self.instances: dict[str, Instance] = {}  # by their own id, also those of a group that are gone
        self.links: dict[str, LinkSpec] = {}
        self.story = Story(self.env)
        self.traffic = Traffic(self)
        self.bills = Bills(self)
        self.places = Places(self)
        self.data = Data(self)
        self.queues = Queues(self)
        self.shards = Resharding(self)
        self.builder = Builder(self.memory, seed)
        self.condition = Condition(self.memory, self.builder, self.settle)
        self.design = design
        self.faults = Faults(self)
        self.losses = Losses(self)
        self.disks = Disks(self, scenario.duration_s)
        self.latencies = Latencies()
        self._at: dict[int, Instance] = {}  # by node
        self._waiting: dict[int, simpy.Event] = {}  # for messages of machinery
        self.notes = Notes(self.memory)  # of health checks
        self._waiters = 0  # messages of machinery so far, checks too
        self._wiring = 0  # grows with whatever may change the way of a health check
        self._stalled = 0
        self.changes = 0  # grows with everything that makes what was measured before tell nothing about what comes
        self._sheet = Sheet([], None)
        self.kernel_s = 0.0  # spent in the kernel, by the clock below
        self.kernel_clock: Callable[[], float] = perf_counter
        self.apply(design, tell=False)
        self.env.process(drive_traffic(self, scenario))
        self.env.process(self.traffic.follow_ramps())
        self.env.process(self.losses.follow())
        for fault in scenario.faults:
            self.env.process(drive_fault(self, fault))

    # -- time
    def run_until(self, until_s: float) -> None:
        """Simulates up to `until_s`; LimitReached when a limit ends the run."""
        env, clock = self.env, self.memory.state.clock
        while True:
            next_s = env.peek()
            if clock.item(layout.NOW) < min(next_s, until_s):
                self._advance(min(next_s, until_s))
            elif next_s < until_s:
                env.step()
            else:
                env.run(until=until_s)
                return

    def _advance(self, upto_s: float) -> None:
        """One run of the kernel, and what it asks for."""
        state = self.memory.state
        before_s = state.clock.item(layout.NOW)
        began = self.kernel_clock()
        why = ADVANCE.call(state, upto_s, EVENTS_AT_ONCE)
        self.kernel_s += self.kernel_clock() - began
        if why == SIGNALLED:
            self._hand_over_signals()
        elif why == NEEDS_TASKS:
            self.memory.more_tasks()
        elif why == NEEDS_HEAP:
            self.memory.more_heap()
        elif why == NEEDS_MESSAGES:
            self.memory.more_messages()
        elif why == OUT_OF_BUDGET:
            self._stalled = self._stalled + EVENTS_AT_ONCE if state.clock.item(layout.NOW) == before_s else 0
            if self._stalled >= limit("stalled_events"):
                raise LimitReached("stalled_events")
            self.pause_for_breath()

    def pause_for_breath(self) -> None:
        """Called now and then within a long tick; Run replaces it to watch the real clock."""

    def settle(self) -> None:
        """Lets those who are ready now go on, before something is done to them."""
        while self.memory.state.count[layout.READY_HEAD] >= 0:
            self._advance(float(self.memory.state.clock[layout.NOW]))

    def _hand_over_signals(self) -> None:
        state = self.memory.state
        for waiter, cause, at_s in state.signals[: int(state.count[layout.SIGNALS])].tolist():
            if waiter < 0:
                noticed = self.env.event()
                noticed._ok, noticed._value = True, divmod(-1 - waiter, KINDS_OF_SIGNAL)
                noticed.callbacks.append(self._member_changed)
                self.env.schedule(noticed, delay=max(0.0, at_s - self.env.now))
                continue
            answer = self.env.event() if waiter >= layout.CHECKS_FROM else self._waiting.pop(waiter)
            answer._ok, answer._value = True, cause
            if waiter >= layout.CHECKS_FROM:
                answer.callbacks.append(self.notes.judge_of(waiter).hear)
            self.env.schedule(answer, delay=max(0.0, at_s - self.env.now))
        state.count[layout.SIGNALS] = 0

    def _member_changed(self, noticed: simpy.Event) -> None:
        """What the kernel has noticed about somebody whom a component calls, at the time when it did."""
        found: tuple[int, int] = noticed.value  # type: ignore[assignment]
        member, what = found
        me, link_id, target = self.builder.member_of[member]
        if what == layout.MEMBER_FAILS:
            with self.losses.about(target, me):
                me.component.member_fails(self, me, link_id, target)
        elif what == layout.BREAKER_OPENED:
            with self.losses.about(target, me):
                self.tell("breaker_opened", me, "warning", marker=True, by=me.label, target=target.label)
            self.losses.noticed(target, me)
            count = self.links[link_id].parameters["breaker_failures"]
            self.losses.decided(target, "decided_breaker", me, ("breaker_failures",), me, link_id, count=count)
        else:
            with self.losses.about(target, me):
                self.tell("breaker_closed", me, "good", marker=True, by=me.label, target=target.label)

    # -- what components' lives use
    def start(self, me: Instance, process: Generator[simpy.Event, Any, None]) -> simpy.Process:
        """Runs a process that ends when the instance is removed or wired anew."""
        me.processes = [other for other in me.processes if other.is_alive]
        running = self.env.process(_until_interrupted(process))
        me.processes.append(running)
        return running

    def send_check(self, check: HealthCheck, watcher: Instance, judge: Judge, luck: int) -> None:
        """Sends a health check; `judge` hears how it ends. luck: below 2^64, from which its draws follow, when taken modulo that."""
        wiring = self._wiring, check.link_id()
        if check.wiring != wiring:
            self._find_way(check, *wiring)
        self._waiters += 1
        key, waiter = np.uint64(luck % 2**64), layout.CHECKS_FROM + judge.row
        SEND_CHECK.call(self.memory.state, watcher.node, check.member, CHECK, check.timer, check.timeout_s, waiter, key)

    def _find_way(self, check: HealthCheck, wiring: int, link_id: str) -> None:
        """What a check needs to know, until something is set or wired anew."""
        check.wiring = wiring, link_id
        check.member = self.builder.member(check.settings, -1, link_id, check.target)
        check.timer = self.builder.check_timers[link_id]
        check.timeout_s = min(check.settings.values["health_check_timeout_ms"], self.links[link_id].parameters["timeout_ms"]) / 1000.0

    def luck_of(self, me: Instance, purpose: str) -> int:
        """A number below 2^64 that depends on nothing but the seed and these names."""
        return salt(self.seed, me.id, purpose)

    def uniform(self, me: Instance, purpose: str, number: int) -> float:
        """A number in (0, 1) that depends on nothing but the seed and these names."""
        return ((salt(self.seed, me.id, purpose, number) >> 11) + 0.5) / 2.0**53

    def tell(self, code: str, me: Instance | Group, severity: str, marker: bool = False, **arguments: Any) -> None:
        """An event of the story; one that is marked changes what is being measured."""
        self.changes += int(marker)
        self.story.tell(code, me.component_id, me.label, severity, marker, arguments, self.losses.number_of(me))

    def link_row(self, link_id: str) -> int:
        return self.builder.link_rows[link_id]

    def link_rows(self) -> list[int]:
        """Where the links' counters are, in order of `links`."""
        return [self.builder.link_rows[link_id] for link_id in self.links]

    def group_behind(self, link_id: str) -> Group:
        return self.groups[self.links[link_id].target]

    def asker_of(self, link_id: str) -> Group:
        return self.groups[self.links[link_id].source]

    def target_of(self, link_id: str) -> Instance:
        """The instance behind a link, of kinds that have one only."""
        return self.group_behind(link_id).first

    def component_at(self, node: int) -> str | None:
        """The id of the component that a node belongs to, while there is one."""
        me = self._at.get(node)
        return None if me is None else me.component_id

    def links_to(self, component_id: str) -> list[str]:
        """Ids of the links over which a component is called."""
        return self.groups[component_id].callers if component_id in self.groups else []

    def waited_for(self, group: Group) -> float:
        """Seconds that messages have waited so far, added up, in the queues that a component takes from."""
        queues = self.memory.state.queues[: self.memory.used.get("queues", 0)]
        total = 0.0
        for link_id in self.links_to(group.id) if len(queues) else ():
            for me in self.groups[self.links[link_id].source].everyone if self._keeps_messages(link_id) else ():
                routes = [me.routes[me.links[link_id], None], self.link_route(me, link_id)]
                total += float(queues["area"][(queues["node"] == me.node) & np.isin(queues["route"], routes)].sum())
        return total

    def _keeps_messages(self, link_id: str) -> bool:
        return self.groups[self.links[link_id].source].component.queue_rows > 0

    def sources(self) -> Iterator[Instance]:
        return (instance for instance in self.instances.values() if instance.source >= 0)

    # -- routes
    def refresh_route(self, me: Instance, port_name: str) -> None:
        """Recomputes who is in rotation behind a port."""
        port = me.port(port_name)
        if port.managed:
            return
        for (name, verb), route in me.routes.items():
            of, links = me.parts.get(name, (name, ()))
            if of == port_name:
                over = [link_id for link_id in me.links_of(port_name) if name == port_name or link_id in links]
                self.builder.set_route(me, name, verb, self._behind(me, over, verb))
                if port.empty_cause == "no_route":
                    self.memory.state.routes[route]["cause"] = CODE["refused" if self._all_restart(over) else "no_route"]
        me.component.rotated(self, me, port_name)

    def _all_restart(self, links: list[str]) -> bool:
        """Whether there are machines behind these links, and none of them in service."""
        groups = [self.group_behind(link_id) for link_id in links]
        return any(group.members for group in groups) and not any(group.in_service for group in groups)

    def _behind(self, me: Instance, links: list[str], verb: str | None) -> list[tuple[str, Instance]]:
        """Who answers a verb over these links, as far as they are in rotation; first those with the best priority."""
        asks = me.port(me.links[links[0]]).asks if links else "read"
        ordered = sorted(links, key=lambda link_id: self.links[link_id].parameters["priority"])
        behind = [
            (link_id, answering)
            for link_id in ordered
            for answering in self.target_of(link_id).component.answers_to(self.target_of(link_id), verb or asks, me)
        ]
        return me.component.rotation(self, me, behind)

    def in_rotation(self, me: Instance, port: str) -> list[tuple[str, Instance]]:
        """(link, instance) of those whom calls over a port may go to now."""
        members = self.builder.members_of(me.routes[port, None])
        return [(link_id, target) for _me, link_id, target in map(self.builder.member_of.__getitem__, members)]

    def who_is(self, member: int) -> Instance:
        """Who is meant by a row of the kernel's members."""
        return self.builder.member_of[member][2]

    def forgive(self, me: Instance, port: str, link_id: str, target: Instance) -> None:
        """Counts the failures of a target from the beginning."""
        self.builder.forgive(self.builder.member(me, me.routes[port, None], link_id, target))

    def set_route(self, me: Instance, port: str, behind: list[tuple[str, Instance]]) -> None:
        self.builder.set_route(me, port, None, behind)

    def leave_out(self, me: Instance, port: str, down: list[Instance]) -> None:
        """Says which of those behind a port are known to be down, where calls go to several copies."""
        self.builder.leave_out(me.routes[port, None], {instance.node for instance in down})

    def inner_link(self, group: Group, name: str, **parameters: Any) -> str:
        """A link between instances of one component, that nobody has drawn, with these parameters; its id."""
        link_id = f"{group.id}#{name}"
        spec = LinkSpec(group.id, group.id, LINK.defaults() | parameters)
        if link_id not in self.builder.link_rows:
            self.builder.add_link(link_id, spec, ordered=False)
        elif parameters:
            self.builder.write_link(link_id, spec)
        return link_id

    def refresh_callers(self, callee: Instance | Group) -> None:
        for link_id in self.links_to(callee.component_id):
            for source in self.groups[self.links[link_id].source].everyone:
                self.refresh_route(source, source.links[link_id])

    def nobody_sends_to(self, me: Instance) -> bool:
        """Whether no route has this component in rotation."""
        return not any(self.builder.in_rotation(member) for member in me.group.members)

    def link_route(self, me: Instance, link_id: str) -> int:
        """The route of one link alone, with whoever is in rotation behind it."""
        port = me.links[link_id]
        before = len(me.routes)
        route = self.builder.links_route(me, port, (link_id,), None)
        if len(me.routes) > before:
            self.builder.set_route(me, f"{port} {link_id}", None, self._behind(me, [link_id], None))
        return route

    def members_of(self, route: int) -> list[int]:
        """Rows of those in rotation."""
        return self.builder.members_of(route)

    # -- databases
    def send_work(self, sender: Instance, link_id: str, target: Instance, verb: str, size_kb: float, cost: float) -> simpy.Event:
        """Sends a message of machinery; the event's value is the cause with which it ended."""
        event = self.env.event()
        self._waiters += 1
        self._waiting[self._waiters] = event
        member = self.builder.member(sender, -1, link_id, target)
        timer = self.builder.check_timers[link_id]
        key = salt(self.seed, link_id, "work", self._waiters)
        control.send_work(
            self.memory.state, sender.node, member, VERB_CODE[verb], timer, LONGEST_WORK_S, self._waiters, np.uint64(key), size_kb, cost
        )  # fmt: skip
        return event

    # -- faults
    def kill(self, me: Instance, silent: bool, cause: str = "crashed") -> None:
        """An instance dies; what it has fails with `cause`, or hears nothing more when it is silent. Faults tells people."""
        self._end(me, silent, cause)
        if me.stage == STARTING:
            me.stage = DOWN
            me.turn += 1
        me.component.killed(self, me)

    def _end(self, me: Instance, silent: bool, cause: str) -> None:
        self.settle()
        self.memory.room_for_events()
        pools = self.memory.used.get("pools", 0)
        control.kill(self.memory.state, me.node, int(silent), CODE[cause], pools)
        self.memory.lives.ends(me.node, self.env.now)
        self.settle()

    def restore(self, me: Instance) -> None:
        """An instance that is dead runs again."""
        if me.stage == DOWN:
            me.group.join(me)
        else:
            self._begin(me)
            me.component.started(self, me, anew=False)
        me.component.restored(self, me)
        self.losses.back(me)

    def _begin(self, me: Instance) -> None:
        control.restore(self.memory.state, me.node)
        self.memory.lives.begins(me.node, self.env.now)

    # -- instances come and go (see Group)
    def new_instance(self, group: Group, number: int, alive: bool) -> Instance:
        me = self.builder.add(group, number)
        self.memory.state.nodes[me.node]["alive"] = int(alive)
        if alive:
            self.memory.lives.begins(me.node, self.env.now)
        else:
            me.stage = GONE
        self.instances[me.id] = self._at[me.node] = me
        self.places.put(me)
        self.disks.put(me)
        return me

    def raise_up(self, me: Instance) -> None:
        """Whoever was not there lives from now on."""
        self._begin(me)
        self._live(me)
        self.faults.arrived(me)
        me.component.started(self, me, anew=True)

    def lay_down(self, me: Instance) -> None:
        """It ends, and nobody remembers anything bad of it."""
        _stop_processes(me)
        me.memory.pop("linked to", None)
        self._end(me, False, "removed")
        for link_id in self.links_to(me.component_id):
            for source in self.groups[self.links[link_id].source].everyone:
                source.out_of_rotation.discard((link_id, me.id))

    def forget(self, group: Group) -> None:
        """A component goes for good; what is in flight at it fails with cause `removed`."""
        for me in group.members:
            me.stage = GONE
            me.turn += 1
            _stop_processes(me)
            if me.source >= 0:
                control.change_users(self.memory.state, me.source, 0)
                control.change_rate(self.memory.state, me.source, 0.0, 0.0)
            else:
                self._end(me, False, "removed")
        for me in group.everyone:
            self.builder.forget_routes(me)
            del self.instances[me.id], self._at[me.node]
        del self.groups[group.id]

    def requests_at(self, me: Instance) -> int:
        return int(self.memory.state.nodes[me.node]["in_flight"])

    def busy(self, me: Instance) -> bool:
        """Whether anything is under way at an instance, to it or back."""
        return self.requests_at(me) > 0 or self.builder.calls_under_way(me) > 0

    # -- the design changes
    def apply(self, design: Design, tell: bool = True) -> None:
        """Makes the running system that of `design`, under traffic."""
        self.design = design
        Redesign(self, design, tell).make()
        self.bills.follow()
        self.faults.reconsider()

    def wire(self, instances: list[Instance]) -> None:
        """Gives instances the links of their component, their code and their routes."""
        self._wiring += 1
        for instance in instances:
            instance.group.shape += 1
            instance.links = instance.group.links
            instance.out_of_rotation = {out for out in instance.out_of_rotation if out[0] in instance.links}
        self.builder.keys.make_room(self.instances)
        for instance in instances:
            instance.component.wire(self, instance)
        for instance in instances:
            self.builder.write_program(instance)
            for port in instance.component.ports:
                self.refresh_route(instance, port.name)
        for instance in instances:
            instance.component.wired(self, instance)
            if instance.source >= 0:
                self._wire_source(instance)
            if instance.stage in (UP, DRAINING):
                self._live(instance)

    def _live(self, me: Instance) -> None:
        """Starts the life of an instance, anew when it is linked to other things than before."""
        linked_to = [(link_id, id(self.group_behind(link_id))) for link_id in me.links]
        if me.memory.get("linked to") == linked_to:
            return
        me.memory["linked to"] = linked_to
        _stop_processes(me)
        for process in me.component.life(self, me):
            self.start(me, process)

    def live_anew(self, me: Instance) -> None:
        """Starts the life of an instance from the beginning."""
        me.memory.pop("linked to", None)
        self._live(me)

    def _wire_source(self, me: Instance) -> None:
        """Popularity of keys, the dataset that its requests reach, and the traffic of a newcomer."""
        self.builder.keys.write_popularity(me)
        row = self.memory.state.sources[me.source]
        row["dataset"] = self._only_dataset(me)
        rate = me.component.demand(me.values).rate_per_s
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

    def set_parameter(self, group: Group, name: str, value: Any, tell: bool = True) -> None:
        """Changes a parameter in the running system; the bills follow when everything has been set."""
        self.settle()
        self.memory.room_for_events()
        self._wiring += 1
        parameter = group.component.parameter(name)
        before, group.values[name] = group.values[name], value
        group.shape += 1
        for me in group.everyone:
            self._write_parameter(me, name)
            self.disks.changed(me, name, before)
        if tell:
            unit = "" if parameter.unit == "ratio" else parameter.unit
            arguments = {"parameter": name, "title": parameter.title, "value": value, "unit": unit}
            self.tell("parameter_set", group, "info", marker=True, **arguments)
        if group.component.grows and name == "instances":
            group.resize(int(value))
        elif name == SPREAD:
            self.places.measure()
            self.faults.reconsider()

    def _write_parameter(self, me: Instance, name: str) -> None:
        for known in (name, *me.component.decides.get(name, ())):
            self.builder.write_parameter(me, known)
        if me.source >= 0 and (name in ("keys", "static_objects") or "zipf" in name):
            self.builder.keys.make_room(self.instances)
            self.builder.keys.write_popularity(me)
        if me.cache >= 0:
            self.builder.keys.make_room(self.instances)
        me.component.changed(self, me, name)
        if me.source >= 0:
            self.traffic.follow(me)

    def set_link(self, link_id: str, link: LinkSpec, tell: bool = True) -> None:
        self.settle()
        self._wiring += 1
        before = self.links[link_id].parameters
        self.links[link_id] = link
        self.builder.write_link(link_id, link)
        source, target = self.groups[link.source], self.groups[link.target]
        source.drawn[link_id] = link
        if any(before[name] != link.parameters[name] for name in (*SHAPES_CODE, "priority")):
            self.rewrite(source.everyone)
        self.changes += 1
        for name, value in link.parameters.items() if tell else ():
            if before[name] != value:
                label = f"{source.label} → {target.label}"
                self.story.tell_parameter(link_id, label, name, value)

    def rewrite(self, instances: list[Instance]) -> None:
        """Writes the code of instances anew, after a parameter that shapes it has changed."""
        for instance in instances:
            self.builder.write_program(instance)
            for port in instance.component.ports:
                self.refresh_route(instance, port.name)

    def sheet(self) -> Sheet:
        """The formulas of all components, as they are now."""
        groups = list(self.groups.values())
        if not self._sheet.is_of(groups):
            self._sheet = Sheet(groups, self._sheet)
        return self._sheet

    def accrue(self) -> None:
        """Brings all integrals up to now."""
        used = self.memory.used
        ACCRUE.call(self.memory.state, used.get("nodes", 0), used.get("pools", 0), used.get("queues", 0))


def _stop_processes(me: Instance) -> None:
    for process in me.processes:
        stop(process)
    me.processes.clear()


def _until_interrupted(process: Generator[simpy.Event, Any, None]) -> Generator[simpy.Event, Any, None]:
    try:
        yield from process
    except simpy.Interrupt:
        return
