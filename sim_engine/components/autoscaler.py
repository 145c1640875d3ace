"""Autoscaler: keeps a measure at its target by starting and ending instances of what it is linked to.

Every so often it looks at the mean of the time since it last looked, and wants ceil(load / target) instances, as the Kubernetes
horizontal autoscaler does: load is what all instances together have of the measure. Instances that are starting count as there,
so that a slow start does not make it order more and more. Left out: forecasts, steps of its own, a delay of the measures.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sim_engine.catalogue.component import Component, Metric, Port, Station
from sim_engine.catalogue.growth import MOST_INSTANCES
from sim_engine.catalogue.parameter import When, boolean, choice, integer, number
from sim_engine.catalogue.wire import Sentence, Wire
from sim_engine.texts import _
from sim_engine.world.figures import Told
from sim_engine.world.group import STAYING
from sim_engine.world.instance import DOWN, STARTING, UP

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.group import Group
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

CPU, REQUESTS, IN_FLIGHT = "cpu", "requests", "in_flight"
TARGETS: Final = {CPU: "target_utilisation", REQUESTS: "target_requests_per_s", IN_FLIGHT: "target_in_flight"}
SCALED_OUT: Final = {CPU: "scaled_out_cpu", REQUESTS: "scaled_out_requests", IN_FLIGHT: "scaled_out_in_flight"}
SCALED_IN: Final = {CPU: "scaled_in_cpu", REQUESTS: "scaled_in_requests", IN_FLIGHT: "scaled_in_in_flight"}
RULES: Final = {CPU: "rule_scales_cpu", REQUESTS: "rule_scales_requests", IN_FLIGHT: "rule_scales_in_flight"}
ON_SCHEDULE: Final = When("scheduled", (True,))
SCHEDULE: Final = _("Schedule")
ROUNDING: Final = 1e-9


class Reading(NamedTuple):
    """Integrals over time, of all instances of a group together."""

    at_s: float
    load: dict[str, float]


def reading(world: World, group: Group) -> Reading:
    """The first of a component's stations is its CPU."""
    world.accrue()
    state = world.memory.state
    station = next((pool.name for pool in group.component.pools if isinstance(pool, Station)), None)
    nodes = state.nodes[[me.node for me in group.everyone]]
    pools = state.pools[[me.pools[station] for me in group.everyone]] if station is not None else state.pools[:0]
    return Reading(
        float(world.env.now),
        {
            CPU: float((pools["used_area"] / pools["capacity"]).sum()),
            REQUESTS: float(nodes["arrived"].sum()),
            IN_FLIGHT: float(nodes["area"].sum()) + world.waited_for(group),
        },
    )


@dataclass(slots=True, eq=False)
class Scaling:
    """What is remembered of one group that is scaled."""

    group: Group
    before: Reading
    desired: int
    load: float | None = None  # at the last look, over what the instances together should have
    out_s: float = float("-inf")  # when it was last made larger
    changed_s: float = float("-inf")  # when its size was last changed at all
    short: bool = False  # it wants more than it may have

    @property
    def starting(self) -> int:
        return sum(member.stage == STARTING for member in self.group.members)

    @property
    def running(self) -> int:
        return sum(member.stage == UP and member.alive for member in self.group.members)

    @property
    def size(self) -> int:
        """How many there are besides those that go, dead ones too."""
        return sum(member.stage in STAYING for member in self.group.members)

    @property
    def dead(self) -> list[Instance]:
        return [member for member in self.group.members if member.stage in (UP, DOWN) and not member.alive]


class Autoscaler(Component):
    kind = "autoscaler"
    title = _("Autoscaler")
    group = "compute"
    order = 5
    icon = "scaling"
    summary = _("Starts and ends instances of what it is linked to, so that a measure stays at its target.")
    left_out = _("Forecasts, steps of its own, measures that are late.")
    actions = ("kill", "restore")
    ports = (Port("group", _("Scales"), (), style="control", managed=True, grows=True),)
    parameters = (
        choice("metric", _("Measure"), CPU,
               ((CPU, _("CPU")), (REQUESTS, _("Requests for each instance")), (IN_FLIGHT, _("Queue: what waits or is under way"))),
               _("What it keeps at its target, as the mean over all instances since it last looked.")),
        number("target_utilisation", _("Target"), 0.6, "ratio", 0.05, 1.0, _("Mean utilisation of the CPU that it aims at."),
               when=When("metric", (CPU,)), source=_("AWS's and Kubernetes' examples aim at 50 %.")),
        number("target_requests_per_s", _("Target"), 100.0, "requests/s", 0.01, 1_000_000.0,
               _("Requests that each instance is to be sent."), when=When("metric", (REQUESTS,))),
        number("target_in_flight", _("Target"), 30.0, "requests", 0.01, 1_000_000.0,
               _("Requests at an instance and messages that wait for it. Too small a target makes the size swing."),
               when=When("metric", (IN_FLIGHT,)), source=_("Knative: 100 at a time, of which it aims at 70 %.")),
        integer("minimum", _("Fewest"), 1, "instances", 1, MOST_INSTANCES, _("It never has fewer instances start or stay.")),
        integer("maximum", _("Most"), 10, "instances", 1, MOST_INSTANCES, _("It never has more, whatever the load.")),
        number("evaluation_s", _("Looks every"), 15.0, "s", 0.1, 3_600.0, _("Time from one decision to the next."),
               source=_("Kubernetes: 15 s; AWS CloudWatch: 60 s.")),
        number("cooldown_out_s", _("Rest before more"), 0.0, "s", 0.0, 3_600.0,
               _("How long after it has added instances it waits before it adds more."), advanced=True,
               source=_("Kubernetes: 0 s; a simple scaling policy of AWS: 300 s.")),
        number("cooldown_in_s", _("Rest before fewer"), 120.0, "s", 0.0, 3_600.0,
               _("How long after any change it waits before it takes instances away."), source=_("Kubernetes and AWS: 300 s.")),
        number("tolerance", _("Tolerance"), 0.1, "ratio", 0.0, 1.0, _("As long as the measure is so close to its target, nothing changes."),
               advanced=True, source=_("Kubernetes: 0.1.")),
        boolean("replaces_dead", _("Replaces dead ones"), True,
                _("When it looks and finds an instance dead, it starts another in its place."),
                source=_("An Auto Scaling group of AWS does.")),
        boolean("scheduled", _("Schedule"), False, _("At known times it keeps more instances ready, before the load is there."),
                section=SCHEDULE),
        number("schedule_from_s", _("From"), 60.0, "s", 0.0, 1_000_000.0, _("Seconds since the run began."), section=SCHEDULE,
               when=ON_SCHEDULE),
        number("schedule_until_s", _("Until"), 120.0, "s", 0.0, 1_000_000.0, _("Seconds since the run began."), section=SCHEDULE,
               when=ON_SCHEDULE),
        integer("schedule_instances", _("At least"), 4, "instances", 1, MOST_INSTANCES,
                _("Instances that there are at least in that time."), section=SCHEDULE, when=ON_SCHEDULE),
    )  # fmt: skip
    metrics = (
        Metric("running", _("Running"), "instances", "gauge"),
        Metric("starting", _("Starting"), "instances", "gauge"),
        Metric("desired", _("Wanted"), "instances", "gauge"),
        Metric("load", _("Measure, in targets"), "", "gauge", _("1 when the measure is at its target, 2 when it is twice that.")),
    )
    headline = "running"

    @classmethod
    def problems(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        found = []
        if parameters["minimum"] > parameters["maximum"]:
            found.append(("minimum", "fewest_above_most"))
        if parameters["scheduled"] and parameters["schedule_from_s"] >= parameters["schedule_until_s"]:
            found.append(("schedule_until_s", "schedule_backwards"))
        return found

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        metric = str(wire.own["metric"])
        goal = float(wire.own[TARGETS[metric]])
        return wire.says(RULES[metric], goal=100.0 * goal if metric == CPU else goal)

    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        groups = [world.group_behind(link_id) for link_id in me.links_of("group")]
        scalings = [Scaling(group, reading(world, group), len(group.members)) for group in groups]
        me.memory["scalings"] = scalings
        for scaling in scalings:
            yield cls._scale(world, me, scaling)

    @classmethod
    def _scale(cls, world: World, me: Instance, scaling: Scaling) -> Generator[simpy.Event, Any, None]:
        """Looks at equal intervals; its schedule begins on time."""
        cls._keep_bounds(world, me, scaling)
        look_s = world.env.now + me.values["evaluation_s"]
        while True:
            begins_s = me.values["schedule_from_s"]
            ahead = me.values["scheduled"] and world.env.now < begins_s < look_s
            yield world.env.timeout((begins_s if ahead else look_s) - world.env.now)
            if ahead:
                cls._keep_bounds(world, me, scaling)
                continue
            look_s = world.env.now + me.values["evaluation_s"]
            cls._look(world, me, scaling)

    @classmethod
    def _bounds(cls, world: World, me: Instance) -> tuple[int, int]:
        """The fewest and the most instances that there may be now."""
        most = int(me.values["maximum"])
        fewest = min(int(me.values["minimum"]), most)
        if cls._on_schedule(world, me):
            fewest = max(fewest, min(int(me.values["schedule_instances"]), most))
        return fewest, most

    @staticmethod
    def _on_schedule(world: World, me: Instance) -> bool:
        return bool(me.values["scheduled"] and me.values["schedule_from_s"] <= world.env.now < me.values["schedule_until_s"])

    @classmethod
    def _look(cls, world: World, me: Instance, scaling: Scaling) -> None:
        """What instances there are and what they had to do since it last looked decide how many there shall be."""
        before, scaling.before = scaling.before, reading(world, scaling.group)
        if not me.alive or scaling.group.deploying:
            return
        metric = str(me.values["metric"])
        load = (scaling.before.load[metric] - before.load[metric]) / (scaling.before.at_s - before.at_s)
        if me.values["replaces_dead"]:
            cls._replace_dead(world, me, scaling)
        cls._keep_bounds(world, me, scaling)
        cls._follow(world, me, scaling, metric, load)

    @staticmethod
    def _replace_dead(world: World, me: Instance, scaling: Scaling) -> None:
        group, size = scaling.group, scaling.size
        for member in scaling.dead:
            with world.losses.about(member, me):
                world.tell("replaces_dead", me, "warning", target=member.label, boot=group.values["boot_s"])
            world.losses.noticed(member, me)
            world.losses.decided(member, "decided_replacement", me.group, ("evaluation_s",), seconds=me.values["evaluation_s"])
            world.losses.decided(member, "decided_boot", group, ("boot_s",), seconds=group.values["boot_s"])
            group.retire(member)
        group.resize(size)

    @classmethod
    def _keep_bounds(cls, world: World, me: Instance, scaling: Scaling) -> None:
        if not me.alive or scaling.group.deploying:
            return
        (fewest, most), have, group = cls._bounds(world, me), scaling.size, scaling.group
        known = {"target": group.label, "before": have, "boot": group.values["boot_s"]}
        scaling.desired = have
        if have > most:
            world.tell("scaled_to_most", me, "info", marker=True, after=most, **known)
            cls._resize(world, scaling, most)
        elif have < fewest and cls._on_schedule(world, me) and fewest > me.values["minimum"]:
            until_s = me.values["schedule_until_s"]
            world.tell("scaled_on_schedule", me, "info", marker=True, after=fewest, until=until_s, **known)
            cls._resize(world, scaling, fewest)
        elif have < fewest:
            world.tell("scaled_to_fewest", me, "info", marker=True, after=fewest, **known)
            cls._resize(world, scaling, fewest)

    @classmethod
    def _follow(cls, world: World, me: Instance, scaling: Scaling, metric: str, load: float) -> None:
        """load: of all instances together."""
        target, have = float(me.values[TARGETS[metric]]), scaling.size
        scaling.load = load / target / have
        close = abs(scaling.load - 1.0) <= me.values["tolerance"]
        wanted = have if close else ceil(load / target - ROUNDING)
        fewest, most = cls._bounds(world, me)
        if wanted > most and not scaling.short:
            world.tell("needs_more", me, "warning", target=scaling.group.label, count=wanted, maximum=most)
        scaling.short = wanted > most
        scaling.desired = min(max(wanted, fewest), most)
        if scaling.desired != have and cls._rested(world, me, scaling):
            cls._tell_change(world, me, scaling, metric, load / have, target)
            cls._resize(world, scaling, scaling.desired)

    @staticmethod
    def _rested(world: World, me: Instance, scaling: Scaling) -> bool:
        if scaling.desired > scaling.size:
            return bool(world.env.now - scaling.out_s >= me.values["cooldown_out_s"] - ROUNDING)
        return bool(world.env.now - scaling.changed_s >= me.values["cooldown_in_s"] - ROUNDING)

    @staticmethod
    def _tell_change(world: World, me: Instance, scaling: Scaling, metric: str, measured: float, target: float) -> None:
        code = (SCALED_OUT if scaling.desired > scaling.size else SCALED_IN)[metric]
        values, shown = scaling.group.values, 100.0 if metric == CPU else 1.0  # percent
        world.tell(
            code, me, "info", marker=True, target=scaling.group.label, before=scaling.size, after=scaling.desired,
            measured=shown * measured, goal=shown * target, seconds=me.values["evaluation_s"], boot=values["boot_s"],
            drain=values["drain_s"],
        )  # fmt: skip

    @staticmethod
    def _resize(world: World, scaling: Scaling, size: int) -> None:
        scaling.changed_s = world.env.now
        if size > scaling.size:
            scaling.out_s = world.env.now
        scaling.desired = size
        scaling.group.resize(size)

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        return dict.fromkeys([metric.name for metric in cls.metrics], Told(_report))


def _report(window: NodeWindow) -> dict[str, float | None]:
    scalings: list[Scaling] = window.instance.memory.get("scalings", [])
    loads = [scaling.load for scaling in scalings if scaling.load is not None]
    return {
        "running": float(sum(scaling.running for scaling in scalings)),
        "starting": float(sum(scaling.starting for scaling in scalings)),
        "desired": float(sum(scaling.desired for scaling in scalings)),
        "load": max(loads) if loads else None,
    }
