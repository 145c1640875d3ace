"""Faults and operations of a run: what is on, since when and until when, and what follows from it.

A fault is a fact: slow by 4, since 30 s, until 50 s. What an instance, a link or the traffic is like follows from all the
facts that are on and is worked out anew when one begins or ends. So those that overlap compose (two slow-downs multiply,
of two kills the later end counts), and the end of one leaves the others.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sim_engine.catalogue.actions import ACTIONS, TRAFFIC_ACTIONS
from sim_engine.components import KINDS
from sim_engine.design.check import actions_of
from sim_engine.design.document import Fault as Planned
from sim_engine.limits import limit
from sim_engine.messages import DesignError, Problem
from sim_engine.world.condition import PARTITIONS_AT_ONCE
from sim_engine.world.instance import DOWN, DRAINING, STARTING, Instance
from sim_engine.world.leaks import Leaks

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.world import World

# what the log says when a fault begins
BEGINS: Final = {
    "slow": "slow_begins", "errors": "errors_begin", "memory_leak": "leak_begins", "delay": "delay_begins", "loss": "loss_begins",
    "cut": "cut_begins", "partition": "partition_begins", "isolate": "isolation_begins",
    "disk_full": "disk_full_begins", "pool_exhausted": "pool_leak_begins", "hot_key": "hot_key_begins",
}  # fmt: skip
CUTS: Final = {"both": "cut_begins", "there": "cut_there_begins", "back": "cut_back_begins"}


@dataclass(slots=True, eq=False)
class Fault:
    """One that is on. component, link: its target; neither: the traffic."""

    number: int
    action: str
    component: str | None
    link: str | None
    arguments: Mapping[str, Any]
    since_s: float
    until_s: float | None
    things: tuple[object, ...] = ()  # what these ids were when it began: drawn again, they are something else
    victims: dict[Instance, int] = field(default_factory=dict)  # of a kill: with their turn then

    def document(self) -> dict[str, Any]:
        """As it stands in a frame."""
        return {
            "number": self.number, "name": self.action, "component": self.component, "link": self.link,
            "since_s": round(self.since_s, 6), "until_s": None if self.until_s is None else round(self.until_s, 6),
            "arguments": dict(self.arguments),
        }  # fmt: skip


def product(factors: Iterable[float]) -> float:
    found = 1.0
    for factor in factors:
        found *= factor
    return found


def either(shares: Iterable[float]) -> float:
    """The share that is met by at least one of several independent shares."""
    return 1.0 - product(1.0 - share for share in shares)


class Faults:
    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = 0
        self.active: dict[int, Fault] = {}
        self.leaks = Leaks(world)
        # of an action that is not here, the component itself knows what to do
        self._effects: dict[str, Callable[[Fault], None]] = {
            "slow": self._refresh_targets, "errors": self._refresh_targets, "memory_leak": self._refresh_targets,
            "disk_full": self._refresh_targets, "pool_exhausted": self._refresh_targets, "hot_key": self._refresh_targets,
            "delay": self._refresh_link, "loss": self._refresh_link, "cut": self._refresh_link,
            "partition": self._refresh_partitions, "isolate": self._refresh_partitions, "spike": self._refresh_traffic,
        }  # fmt: skip
        self._operations: dict[str, Callable[[Fault], None]] = {
            "restore": self._restore, "resize": self._resize, "free_disk": self._free_disk,
        }  # fmt: skip

    # -- beginning and ending
    def start(
        self, action: str, component: str | None, link: str | None, arguments: Mapping[str, Any], for_s: float | None = None
    ) -> Fault:
        """Begins a fault or carries out an operation; arguments: all of the action's. DesignError when it cannot be done."""
        self._numbers += 1
        until_s = None if for_s is None else self._world.env.now + for_s
        fault = Fault(self._numbers, action, component, link, arguments, self._world.env.now, until_s)
        fault.things = tuple(self._thing(end) for end in self._ends(fault))
        if not ACTIONS[action].lasting:
            self._operations.get(action, self._ask)(fault)
            return fault
        self._refuse_too_many(fault)
        if action == "kill":
            self._kill(fault)
        else:
            self.active[fault.number] = fault
            self._tell_begin(fault)
            self._effects.get(action, self._let_act)(fault)
        if for_s is not None:
            self._world.env.process(self._end_after(fault, for_s))
        return fault

    def carry_out(self, planned: Planned) -> None:
        """What the scenario says. What cannot be done any more is told and left."""
        ends = self._ends(Fault(0, planned.action, planned.component, planned.link, planned.arguments, 0.0, None))
        design = self._world.design
        gone = any(self._thing(end) is None for end in ends) or (
            planned.action not in (TRAFFIC_ACTIONS if planned.component is planned.link else actions_of(design, planned))
        )
        if gone:
            arguments = {"action": planned.action, "title": ACTIONS[planned.action].title}
            self._world.story.tell("planned_in_vain", None, "", "warning", arguments=arguments)
            return
        try:
            self.start(planned.action, planned.component, planned.link, planned.arguments, planned.for_s)
        except DesignError as refused:
            for problem in refused.problems:
                known = dict(problem.arguments)
                self._world.story.tell(problem.code, problem.component, known.pop("label"), "warning", arguments=known)

    def end(self, number: int) -> bool:
        """Undoes a fault as far as nothing else does the same; False when there is none of that number."""
        fault = self.active.pop(number, None)
        if fault is None:
            return False
        self._world.losses.fault_over(number)
        if fault.action == "kill":
            self._revive(fault)
        else:
            self._effects.get(fault.action, self._let_act)(fault)
            self._tell_end(fault)
        return True

    def _end_after(self, fault: Fault, for_s: float) -> Generator[simpy.Event, Any, None]:
        yield self._world.env.timeout(for_s)
        self.end(fault.number)

    def _refuse_too_many(self, fault: Fault) -> None:
        if len(self.active) >= limit("faults"):
            raise _refusal("too_many_faults", fault, label=self.label_of(fault), maximum=limit("faults"))
        if fault.action in ("partition", "isolate") and len(self._walls()) >= PARTITIONS_AT_ONCE:
            raise _refusal("too_many_faults", fault, label=self.label_of(fault), maximum=PARTITIONS_AT_ONCE)

    def documents(self) -> list[dict[str, Any]]:
        return [fault.document() for fault in self.active.values()]

    # -- who is concerned
    def label_of(self, fault: Fault) -> str:
        components = self._world.design.components
        if fault.component is not None:
            return components[fault.component].label
        if fault.link is None:
            return ""
        link = self._world.design.links[fault.link]
        return f"{components[link.source].label} → {components[link.target].label}"

    def within(self, identifier: str, place: str) -> bool:
        """Whether a component is a place, or somewhere inside it."""
        components = self._world.design.components
        if identifier != place and KINDS[components[identifier].kind].everywhere:
            return False
        here: str | None = identifier
        while here is not None:
            if here == place:
                return True
            here = components[here].inside if here in components else None
        return False

    def members(self, identifier: str, number: int = 0) -> list[Instance]:
        """The instances of a component, or all that are inside a place; or those with that number."""
        return [me for group in self._world.groups.values() for me in group.chosen(number) if self.holds(identifier, me)]

    def holds(self, identifier: str, me: Instance) -> bool:
        """Whether an instance is one of a component, or stands inside a place."""
        zone = self._world.places.zone_of(me)
        return self.within(me.component_id, identifier) or (zone is not None and self.within(zone, identifier))

    def is_lost(self, place: str) -> bool:
        return any(fault.action == "kill" and self.within(place, str(fault.component)) for fault in self.active.values())

    def _everyone(self) -> Iterator[Instance]:
        return (me for group in self._world.groups.values() for me in group.members)

    def on(self, me: Instance, action: str) -> Iterator[Fault]:
        """The faults of one kind that an instance is under, by itself or by its place."""
        for fault in self.active.values():
            if fault.action == action and fault.component is not None and self.holds(fault.component, me):
                yield fault

    def _kills(self, me: Instance) -> Iterator[Fault]:
        """A component is killed as it is then; a place that is lost takes with it whoever comes later, too, but nobody's users."""
        if not is_mortal(me):
            return iter(())
        return (fault for fault in self.on(me, "kill") if fault.victims.get(me) == me.turn or self._is_place(str(fault.component)))

    def _is_place(self, identifier: str) -> bool:
        return KINDS[self._world.design.components[identifier].kind].place_rank > 0

    def _ends(self, fault: Fault) -> Iterator[tuple[str, str]]:
        """(map of the design, id) of whatever a fault names."""
        if fault.component is not None:
            yield "components", fault.component
        if fault.link is not None:
            yield "links", fault.link
        for parameter in ACTIONS[fault.action].parameters:
            if parameter.type == "component":
                yield "components", str(fault.arguments[parameter.name])

    def _thing(self, end: tuple[str, str]) -> object:
        """What an id means now; None when nothing."""
        section, identifier = end
        if section == "links":
            return self._world.link_row(identifier) if identifier in self._world.links else None
        if identifier in self._world.groups:
            return self._world.groups[identifier]
        spec = self._world.design.components.get(identifier)
        return None if spec is None else spec.kind

    # -- what follows from the faults that are on
    def reconsider(self) -> None:
        """After the design has changed: forgets faults of what is gone, and works out everything anew."""
        if not self.active:
            return
        for fault in list(self.active.values()):
            if tuple(self._thing(end) for end in self._ends(fault)) != fault.things:
                del self.active[fault.number]
                self._world.losses.fault_over(fault.number)
        for me in self._everyone():
            self.refresh(me)
            if _is_dead(me) and not self.keep_dead(me) and not self.leaks.boots(me):
                self._world.restore(me)  # it has left a place that is lost
        for link_id in self._world.links:
            self._refresh_link_of(link_id)
        self._set_partitions()
        self._world.traffic.update()

    def arrived(self, me: Instance) -> None:
        """An instance has come up."""
        self.refresh(me)
        if self._walls():
            self._set_partitions()

    def refresh(self, me: Instance) -> None:
        """Makes an instance what the faults that are on and the version that runs on it make of it."""
        condition = self._world.condition
        release = me.group.release_of(me)
        condition.set_pace(me, "version", release.service_factor)
        condition.set_slow(me, product(float(fault.arguments["factor"]) for fault in self.on(me, "slow")))
        condition.set_errors(me, either(chain([release.error_ratio], self._ratios(me, "errors"))))
        condition.set_leaked(me, either(self._ratios(me, "pool_exhausted")))
        if me.source >= 0:
            condition.set_hot(me, either(self._ratios(me, "hot_key")))
        self._refresh_disk(me)
        self.leaks.follow(me)
        silent = any(fault.arguments["mode"] == "machine" for fault in self._kills(me))
        if me.alive and self.keep_dead(me):
            self._world.kill(me, silent)
        if not me.alive:
            condition.set_silent(me, silent)

    def _ratios(self, me: Instance, action: str) -> Iterator[float]:
        return (float(fault.arguments["ratio"]) for fault in self.on(me, action))

    def _refresh_disk(self, me: Instance) -> None:
        full = next(self.on(me, "disk_full"), None) is not None
        if full != me.disk_full:
            me.disk_full = full
            self._world.disks.write(me)
            if not full:
                me.component.disk_freed(self._world, me)

    def _refresh_targets(self, fault: Fault) -> None:
        for me in self.members(str(fault.component)):
            self.refresh(me)

    def _refresh_link(self, fault: Fault) -> None:
        self._refresh_link_of(str(fault.link))

    def _refresh_link_of(self, link_id: str) -> None:
        def on(action: str, argument: str) -> Iterator[Any]:
            return (f.arguments[argument] for f in self.active.values() if f.link == link_id and f.action == action)

        cuts = set(on("cut", "direction"))
        self._world.condition.set_link_fault(
            link_id, sum(on("delay", "extra_ms")) / 1000.0, sum(on("delay", "jitter_ms")) / 1000.0, either(on("loss", "ratio")),
            not cuts.isdisjoint({"both", "there"}), not cuts.isdisjoint({"both", "back"}),
        )  # fmt: skip

    def _refresh_partitions(self, _fault: Fault) -> None:
        self._set_partitions()
        for me in self._everyone():
            me.component.parted(self._world, me)

    def _set_partitions(self) -> None:
        """Each partition that is on has a bit; what is on both sides of one is on the side of the smaller place."""
        sides: dict[int, tuple[int, int]] = {}
        for bit, fault in enumerate(self._walls()):
            first, second = self._both_sides(fault)
            for place, nodes in enumerate((first, second)):
                for node in nodes:
                    bits = list(sides.get(node, (0, 0)))
                    bits[place] |= 1 << bit
                    sides[node] = bits[0], bits[1]
        self._world.condition.set_partitions(sides, self._everyone())

    def _walls(self) -> list[Fault]:
        return [fault for fault in self.active.values() if fault.action in ("partition", "isolate")]

    def _both_sides(self, fault: Fault) -> tuple[set[int], set[int]]:
        first = {me.node for me in self.members(str(fault.component))}
        if fault.action == "isolate":
            return first, {me.node for me in self._everyone()} - first
        second = {me.node for me in self.members(str(fault.arguments["other"]))}
        return (first - second, second) if second < first else (first, second - first)

    def _refresh_traffic(self, _fault: Fault) -> None:
        self._world.traffic.update()

    def multiplier(self, component: str | None = None) -> float:
        """What spikes make of the traffic of one clients component, or of all (None)."""
        spikes = (fault for fault in self.active.values() if fault.action == "spike" and fault.component == component)
        return product(float(fault.arguments["multiplier"]) for fault in spikes)

    def leak_mb_per_s(self, me: Instance) -> float:
        return sum(float(fault.arguments["mb_per_s"]) for fault in self.on(me, "memory_leak"))

    def keep_dead(self, me: Instance) -> bool:
        """Whether a kill that is on keeps an instance from starting again."""
        return next(self._kills(me), None) is not None

    # -- death and return
    def _kill(self, fault: Fault) -> None:
        """What is dead already stays so until the last of its kills ends."""
        target, number = str(fault.component), int(fault.arguments["instance"])
        is_place, silent = self._is_place(target), fault.arguments["mode"] == "machine"
        chosen = self.members(target, 0 if is_place else number)
        if not chosen:
            raise _refusal("no_such_instance", fault, label=self.label_of(fault), value=str(number))
        self.active[fault.number] = fault
        dying = [me for me in chosen if can_die(me)]
        kind = "place_lost" if is_place else "killed_machine" if silent else "killed_process"
        named = dying[0].label if number and dying else self.label_of(fault)
        if dying:
            self._world.losses.died(kind, target, named, dying, silent)
        if is_place:
            self._tell(kind, fault, "error", count=_parts(dying))
        elif dying:
            self._world.tell(kind, dying[0] if number else dying[0].group, "error", marker=True)
        else:
            self._tell("dead_already", fault, "warning")
        for me in dying:
            self._world.kill(me, silent)
        fault.victims = {me: me.turn for me in chosen}
        for me in chosen:
            self.refresh(me)

    def _revive(self, fault: Fault) -> None:
        """A kill is over."""
        self._tell_back(fault, self._bring_back(fault, list(fault.victims)))

    def _bring_back(self, fault: Fault, victims: list[Instance]) -> list[Instance]:
        """Restores those whom nothing else keeps dead."""
        is_place = self._is_place(str(fault.component))
        chosen = self.members(str(fault.component)) if is_place else [me for me in victims if me in me.group.members]
        for me in chosen:
            self.refresh(me)
        back = [me for me in chosen if _is_dead(me) and not self.keep_dead(me) and not self.leaks.boots(me)]
        if back and not is_place:
            self._world.tell("restored", back[0] if len(back) == 1 else back[0].group, "good", marker=True)
        for me in back:
            self._world.restore(me)
        return back

    def _tell_back(self, fault: Fault, back: list[Instance]) -> None:
        if self._is_place(str(fault.component)):
            self._tell("place_back", fault, "good", count=_parts(back))
        elif not back:
            self._tell_end(fault)

    def _restore(self, fault: Fault) -> None:
        """Ends every kill of the component (or the instance), or of what is inside the place, and starts what is dead."""
        target, number = str(fault.component), int(fault.arguments["instance"])
        chosen = self.members(target, 0 if self._is_place(target) else number)
        if not chosen:
            raise _refusal("no_such_instance", fault, label=self.label_of(fault), value=str(number))
        keeping = [f for me in chosen for f in self._kills(me) if not self.within(str(f.component), target)]
        if keeping:
            place = self._world.design.components[str(keeping[0].component)].label
            raise _refusal("place_is_lost", fault, label=self.label_of(fault), place=place)
        if not any(_is_dead(me) for me in chosen):
            raise _refusal("already", fault, label=self.label_of(fault), value="up")
        self._forget_kills(target, chosen)
        back = self._bring_back(fault, chosen)
        if self._is_place(target):
            self._tell_back(fault, back)

    def _forget_kills(self, target: str, chosen: list[Instance]) -> None:
        for kill in [f for f in self.active.values() if f.action == "kill" and self.within(str(f.component), target)]:
            for me in chosen:
                kill.victims.pop(me, None)
            if not kill.victims or self._is_place(str(kill.component)):
                del self.active[kill.number]

    # -- operations
    def _resize(self, fault: Fault) -> None:
        """Starts or stops instances, by hand."""
        group, wanted = self._world.groups[str(fault.component)], int(fault.arguments["instances"])
        count = sum(len(other.members) for other in self._world.groups.values() if other is not group) + wanted
        if count > limit("instances"):
            raise _refusal("too_many", fault, label=group.label, what="instances", maximum=limit("instances"), count=count)
        self._tell("resized", fault, "info")
        group.resize(wanted)

    def _free_disk(self, fault: Fault) -> None:
        """Deletes a share of what is on the disks of a component."""
        share = float(fault.arguments["ratio"])
        for me in self.members(str(fault.component)):
            self._world.disks.free(me, share)
        self._tell("disk_freed", fault, "info", percent=100.0 * share)

    def befalls(self, action: str, me: Instance) -> Fault:
        """What nobody has done to an instance, as a fault with a number of its own."""
        self._numbers += 1
        return Fault(self._numbers, action, me.component_id, None, {}, self._world.env.now, None)

    def _ask(self, fault: Fault) -> None:
        """An operation that the component itself knows how to do."""
        group = self._world.groups[str(fault.component)]
        why_not = group.component.act(self._world, group.first, fault.action, fault.arguments, True)
        if why_not is not None:
            raise _refusal(why_not, fault, label=self.label_of(fault))
        self._tell("asked", fault, "info")

    def _let_act(self, fault: Fault) -> None:
        """Of those of one kind that are on, the newest counts."""
        for me in self.members(str(fault.component)):
            newest = max(self.on(me, fault.action), key=lambda other: other.number, default=None)
            me.component.act(self._world, me, fault.action, (newest or fault).arguments, newest is not None)

    # -- the log
    def _tell_begin(self, fault: Fault) -> None:
        if fault.action == "spike":
            self._tell("spike_begins" if fault.component is None else "spike_of_begins", fault, "warning")
        else:
            kind = CUTS[fault.arguments["direction"]] if fault.action == "cut" else BEGINS.get(fault.action) or "fault_begins"
            self._world.losses.begins(fault, kind, self.label_of(fault), self._apart(fault))
            self._tell(kind, fault, "error")

    def _apart(self, fault: Fault) -> tuple[set[Instance], set[Instance]] | None:
        """Who can no longer reach each other, when that is what the fault does."""
        if fault.action == "cut":
            link = self._world.links[str(fault.link)]
            return set(self.members(link.source)), set(self.members(link.target))
        if fault.action not in ("partition", "isolate"):
            return None
        first, second = self._both_sides(fault)
        everyone = list(self._everyone())
        return {me for me in everyone if me.node in first}, {me for me in everyone if me.node in second}

    def _tell_end(self, fault: Fault) -> None:
        traffic = fault.component is None and fault.link is None
        self._tell("spike_over" if traffic else "fault_over", fault, "good", seconds=self._world.env.now - fault.since_s)

    def _tell(self, code: str, fault: Fault, severity: str, **more: Any) -> None:
        arguments = {**fault.arguments, "action": fault.action, "title": ACTIONS[fault.action].title, **more}
        if "ratio" in arguments:
            arguments["percent"] = 100.0 * float(arguments["ratio"])
        if "other" in arguments:
            arguments["other"] = self._world.design.components[str(arguments["other"])].label
        self._world.changes += 1
        incident = self._world.losses.number_of_fault(fault)
        self._world.story.tell(code, fault.component or fault.link, self.label_of(fault), severity, True, arguments, incident)


def is_mortal(me: Instance) -> bool:
    return "kill" in me.component.actions


def can_die(me: Instance) -> bool:
    """One that starts can be killed, too."""
    return is_mortal(me) and (me.alive or me.stage == STARTING)


def _parts(instances: list[Instance]) -> int:
    """How many components they are instances of, places aside."""
    return len({me.component_id for me in instances if not me.component.place_rank})


def _is_dead(me: Instance) -> bool:
    return me.state == DOWN and me.stage != DRAINING


def _refusal(code: str, fault: Fault, /, **arguments: Any) -> DesignError:
    return DesignError([Problem(code, "component" if fault.component else "design", fault.component, None, tuple(arguments.items()))])
