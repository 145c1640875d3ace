"""Pipeline: builds a version, tests it and ships it to the instances of what it is linked to, and takes it back when it is bad.

A bad version is slower and answers a share of its requests with errors; its health checks pass, so that no balancer notices. What
tests, a canary or a second set are worth shows in who is hit and for how long.
Left out: several environments, schema changes of databases, approval by people, builds in parallel.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

import simpy

from sim_engine.catalogue.component import Component, Metric, Port
from sim_engine.catalogue.parameter import When, choice, integer, number
from sim_engine.catalogue.prices import price_per_hour
from sim_engine.catalogue.wire import Sentence, Wire
from sim_engine.texts import _
from sim_engine.world.deployment import AT_ONCE, BLUE_GREEN, CANARY, ROLLING, SHIPPED, UNDONE, Deployment
from sim_engine.world.figures import Told
from sim_engine.world.instance import STANDBY, STARTING
from sim_engine.world.release import FIRST, Release

if TYPE_CHECKING:
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

BUILD, NEW, BAD = _("Build and test"), _("New version"), _("Bad version")
WITH_CANARY: Final = When("strategy", (CANARY,))


class Pipeline(Component):
    kind = "pipeline"
    title = _("Deployment pipeline")
    group = "deliver"
    icon = "rocket"
    summary = _("Builds, tests and ships new versions to the servers that it is linked to.")
    left_out = _("Several environments, changes of a database's schema, approval by people, builds in parallel.")
    actions = ("kill", "restore", "deploy", "rollback")
    ports = (Port("servers", _("Ships to"), (), style="control", managed=True, grows=True),)
    rented = False  # the build machine is paid for while it builds and tests
    parameters = (
        choice("strategy", _("Strategy"), ROLLING,
               ((AT_ONCE, _("All at once")), (ROLLING, _("Rolling: a few at a time")),
                (BLUE_GREEN, _("Blue-green: a second set, then switch")), (CANARY, _("Canary: a few first, then the rest"))),
               _("How a version gets to the instances.")),
        integer("batch", _("Instances at a time"), 1, "instances", 1, 1_000,
                _("Each gets nothing new, finishes, ends and starts again with the new version; until then the others carry its load."),
                when=When("strategy", (ROLLING, CANARY)), source=_("Kubernetes: a quarter of them at a time.")),
        number("keep_s", _("Keep the old set"), 600.0, "s", 0.0, 1_000_000.0,
               _("How long the old machines stay ready, so that a rollback is a switch back. They are paid for."),
               when=When("strategy", (BLUE_GREEN,))),
        number("canary_share", _("Canary's share"), 0.1, "ratio", 0.0, 1.0, _("Share of the instances that get it first; at least one."),
               when=WITH_CANARY, source=_("AWS CodeDeploy: Canary10Percent5Minutes.")),
        number("observe_s", _("Watch the canary for"), 120.0, "s", 0.1, 100_000.0,
               _("How long its errors and its times are compared with those of the rest."), when=WITH_CANARY,
               source=_("AWS CodeDeploy: Canary10Percent5Minutes.")),
        number("error_threshold", _("More errors at most"), 0.02, "ratio", 0.0, 1.0,
               _("By how much its share of errors may be above that of the rest; beyond it is rolled back by itself."), when=WITH_CANARY),
        number("latency_threshold", _("Slower by at most"), 0.5, "ratio", 0.0, 100.0,
               _("By how much longer it may take than the rest, on average; beyond it is rolled back by itself."), when=WITH_CANARY,
               source=_("Flagger watches both by default: 99 % of the requests without an error, 99 % within 500 ms.")),
        number("build_s", _("Build time"), 60.0, "s", 0.0, 100_000.0, _("From the order to a version that can be tested."), section=BUILD),
        number("test_s", _("Test time"), 60.0, "s", 0.0, 100_000.0, _("How long the tests take."), section=BUILD),
        number("test_catches", _("Tests catch a bad one"), 0.5, "ratio", 0.0, 1.0,
               _("Probability that the tests find out that a version is bad. Then it is not shipped."), section=BUILD),
        price_per_hour(0.48, _("GitHub Actions 2025: $0.008 a minute for a Linux machine with 2 processors.")),
        number("startup_s", _("Start-up time"), 5.0, "s", 0.0, 3_600.0,
               _("How long the new version takes to start on a machine that is there. A new machine must start first."),
               section=NEW, source=_("A Spring Boot program with a database needs 3 to 10 s.")),
        number("service_factor", _("Service time"), 1.0, "", 0.01, 100.0,
               _("How many times longer than the first version a good one works."), section=NEW),
        number("bad_service_factor", _("Service time"), 3.0, "", 0.01, 100.0,
               _("How many times longer than the first version a bad one works."), section=BAD),
        number("bad_error_ratio", _("Errors"), 0.2, "ratio", 0.0, 1.0,
               _("Share of its answers that are errors. It passes its health checks."), section=BAD),
    )  # fmt: skip
    metrics = (
        Metric("version", _("Version"), "", "gauge", _("The newest that was shipped and not taken back.")),
        Metric("share", _("Instances that have it"), "ratio", "gauge", _("Of the version that is under way, while one is.")),
        Metric("deployments", _("Shipped"), "", "count"),
        Metric("rollbacks", _("Taken back"), "", "count"),
    )
    headline = "version"
    bar = "share"

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        chosen = next(known.title for known in cls.parameter("strategy").choices if known.value == wire.own["strategy"])
        return wire.says("rule_ships", strategy=chosen)

    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        me.memory.setdefault("history", [FIRST])
        me.memory.setdefault(SHIPPED, 0)
        me.memory.setdefault(UNDONE, 0)
        me.memory["groups"] = [world.group_behind(link_id) for link_id in me.links_of("servers")]

    @classmethod
    def act(cls, world: World, me: Instance, name: str, arguments: Mapping[str, Any], begins: bool) -> str | None:
        deployment, history = me.memory.get("deployment"), me.memory["history"]
        if not me.alive:
            return "dead_pipeline"
        if not me.memory["groups"]:
            return "controls_nothing"
        if name == "rollback" and deployment is not None:
            deployment.call_off()
        elif deployment is not None:
            return "deploys_already"
        elif name == "deploy":
            release = cls._new_release(me, arguments["quality"] == "bad")
            world.start(me, cls._deploy(world, me, Deployment(world, me, release, history[-1])))
        elif len(history) < 2:
            return "nothing_to_roll_back"
        else:
            world.start(me, cls._go_back(world, me, Deployment(world, me, history[-2], history[-1])))
        return None

    @staticmethod
    def _new_release(me: Instance, bad: bool) -> Release:
        known = [number for group in me.memory["groups"] for number in group.releases]
        newest = max([*known, me.memory.get("newest", FIRST.number)])
        me.memory["newest"] = newest + 1
        if bad:
            return Release(newest + 1, float(me.values["bad_service_factor"]), float(me.values["bad_error_ratio"]), True)
        return Release(newest + 1, float(me.values["service_factor"]))

    @classmethod
    def _deploy(cls, world: World, me: Instance, deployment: Deployment) -> Generator[simpy.Event, Any, None]:
        outcome = yield from cls._attended(world, me, deployment, deployment.run())
        if outcome == SHIPPED:
            me.memory["history"].append(deployment.release)
        if outcome in (SHIPPED, UNDONE):
            me.memory[outcome] += 1

    @classmethod
    def _go_back(cls, world: World, me: Instance, deployment: Deployment) -> Generator[simpy.Event, Any, None]:
        """To the version before, which is built and known: nothing is tested, and no canary is needed."""
        strategy = str(me.values["strategy"])
        steps = deployment.ship(ROLLING if strategy == CANARY else strategy)
        if (yield from cls._attended(world, me, deployment, steps)) == SHIPPED:
            me.memory["history"].pop()
            me.memory[UNDONE] += 1

    @classmethod
    def _attended(
        cls, world: World, me: Instance, deployment: Deployment, steps: Generator[simpy.Event, Any, str]
    ) -> Generator[simpy.Event, Any, str]:
        """Only one at a time; when the links of the pipeline change, it leaves everything as it is."""
        me.memory["deployment"] = deployment
        try:
            outcome = yield from steps
        except simpy.Interrupt:
            deployment.abandon()
            me.memory["deployment"] = None
            raise
        me.memory["deployment"] = None
        return outcome

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        return dict.fromkeys([metric.name for metric in cls.metrics], Told(_report))


def _report(window: NodeWindow) -> dict[str, float | None]:
    memory = window.instance.memory
    deployment: Deployment | None = memory.get("deployment")
    shipping = deployment.release.number if deployment is not None and deployment.ships else None
    second = deployment.sets if deployment is not None else []
    idle = [member for member in second if member.stage in (STARTING, STANDBY)]
    members = [member for group in memory["groups"] for member in group.members if member not in idle]
    have = sum(member.version == shipping for member in members)
    return {
        "version": float(memory["history"][-1].number),
        "share": have / len(members) if members and shipping is not None else None,
        "deployments": float(memory[SHIPPED]),
        "rollbacks": float(memory[UNDONE]),
    }
