"""API gateway: one door for all calls. It checks who is there, holds back those who come too often, and sends each class of traffic
to the services whose links take it; several that take the same class are called one of them, or all of them and their answers put together.

Left out: caching answers, translating protocols, quotas by month.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sim_engine.catalogue.classes import CLASS_NAMES
from sim_engine.catalogue.component import Component, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.growth import growth_parameters
from sim_engine.catalogue.parameter import When, boolean, choice, integer, number
from sim_engine.catalogue.prices import price_per_gb_out, price_per_million_requests
from sim_engine.components.checked_targets import CHECK_PARAMETERS, watch_targets
from sim_engine.components.client_parameters import in_section
from sim_engine.components.ways import by_priority, call_one, untaken, ways
from sim_engine.texts import _
from sim_engine.theory.regimes import GENERAL, station_expectation

if TYPE_CHECKING:
    from sim_engine.catalogue.wire import Sentence, Wire
    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

LIMITING, CHECKS = _("Rate limiting"), _("Health checks")
SHAPING: Final = ("limit", "several", "auth_ms")
BUCKETS = When("limit", ("token_bucket", "leaky_bucket"))
WINDOWS = When("limit", ("fixed_window", "sliding_window"))
LIMITED = When("limit", ("token_bucket", "leaky_bucket", "fixed_window", "sliding_window"))
FAN_OUT = When("several", ("parallel", "sequential"))
# `when` of a link that is called before the request goes its way, and the verb that it is called for
ASKED_FIRST: Final = {"always": None, "reads": "read", "writes": "write"}


class ApiGateway(Component):
    kind = "api_gateway"
    title = _("API gateway")
    group = "edge"
    order = 1
    icon = "door-open"
    summary = _("One door for all calls: checks who is there, limits rates, and sends each class of traffic to its service.")
    left_out = _("Caching answers, translating protocols, quotas by month.")
    provides = "http"
    ports = (Port("targets", _("Services"), ("http",), policy="@weighted", empty_cause="no_target", required=True),)
    limits = True
    parameters = (
        choice(
            "several", _("Several for one class"), "one",
            (("one", _("Call one of them")), ("parallel", _("Call all at once")), ("sequential", _("Call all, one after the other"))),
            _("Which services take a class of traffic is set on their links. One: the first by priority, equal ones in turn. "
              "All: it answers when all have answered, and fails as soon as one fails."),
        ),
        number("response_kb", _("Size of an answer put together"), 20.0, "kB", 0.0, 1_000_000.0,
               _("What it answers when it has called several services."), when=FAN_OUT),
        integer("cores", _("Cores"), 4, "cores", 1, 256, _("Requests that it works on at the same time.")),
        number("processing_ms", _("Processing time"), 0.2, "ms", 0.0, 1_000.0, _("CPU time for each request.")),
        number("auth_ms", _("Authentication"), 0.1, "ms", 0.0, 10_000.0,
               _("CPU time to check who sends a request. A service that must be asked as well is linked and called \"For every request\"."),
               source=_("OpenSSL verifies an RSA-2048 signature in about 0.03 ms; reading the token comes on top.")),
        integer("max_connections", _("Connection limit"), 10_000, "connections", 1, 10_000_000,
                _("Requests under way at the same time; what is beyond is dropped."),
                source=_("Amazon API Gateway: 10,000 requests a second by default.")),
        *in_section(
            LIMITING,
            choice("limit", _("Limiter"), "none",
                   (("token_bucket", _("Token bucket")), ("leaky_bucket", _("Leaky bucket")), ("fixed_window", _("Fixed window")),
                    ("sliding_window", _("Sliding window")), ("none", _("None"))),
                   _("A token bucket lets bursts pass, a leaky bucket spaces them out, windows count. What is beyond is dropped.")),
            number("limit_rate_per_s", _("Rate"), 100.0, "requests/s", 0.001, 10_000_000.0, _("What it lets through in the long run."),
                   when=LIMITED),
            number("limit_burst", _("Burst"), 50.0, "requests", 0.0, 10_000_000.0,
                   _("Tokens that a bucket holds; requests that wait in a leaky one."), when=BUCKETS),
            number("limit_window_s", _("Window"), 1.0, "s", 0.01, 86_400.0, _("Over how long it counts."), when=WINDOWS),
            boolean("limit_by_address", _("For each client"), False, _("Each client address has a limit of its own."), when=LIMITED),
        ),
        *in_section(CHECKS, *CHECK_PARAMETERS),
        *growth_parameters(10.0, _("Not calibrated: a virtual machine with a small program.")),
        price_per_million_requests(1.0, _("Amazon API Gateway 2025: $1.00 a million requests (HTTP APIs).")),
        price_per_gb_out(),
    )  # fmt: skip
    pools = (
        Pool("connections", "max_connections", never_waits=True, full="connection_limit"),
        Station("cpu", "cores"),
    )
    durations = (Duration("processing", "processing_ms"), Duration("auth", "auth_ms"), Duration("check", "processing_ms"))
    metrics = (
        Metric("forwarded_per_s", _("Forwarded"), "requests/s", "rate"),
        Metric("rate_limited", _("Turned away by the limiter"), "requests", "count"),
        Metric("targets_in_rotation", _("Services in rotation"), "", "gauge"),
        Metric("utilisation", _("CPU"), "ratio", "level"),
        Metric("in_flight", _("Connections"), "connections", "level"),
        Metric("queue", _("Queue"), "requests", "level"),
    )
    grows = True
    actions = (*Component.actions, "resize")
    headline = "forwarded_per_s"
    bar = "utilisation"
    queue = "queue"

    # -- the way of a request
    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("read", "write")
        on.take("connections")
        if me.values["limit"] != "none":
            on.limit("limit")
        on.serve("cpu", "processing")
        if me.values["auth_ms"] > 0.0:
            on.serve("cpu", "auth")
        cls._send_on(on, me)
        on.reply()

        on.path("check")
        on.serve("cpu", "check", steady=True)
        on.reply()

    @classmethod
    def _send_on(cls, on: Program, me: Instance) -> None:
        links = by_priority(me, "targets")
        beside = [link_id for link_id in links if me.rule(link_id)["asynchronous"]]
        asked = [link_id for link_id in links if link_id not in beside and me.rule(link_id)["when"] in ASKED_FIRST]
        routed = [link_id for link_id in links if link_id not in beside and link_id not in asked]
        nobody = untaken(me, (*beside, *routed))
        if nobody:
            with on.if_class(*nobody):
                on.stop("no_route")
        for link_id in asked:
            with _by_rule(on, me, link_id):
                on.call_link(link_id, "read", size="small")
                on.stop_if_failed()
        for link_id in beside:
            with _by_rule(on, me, link_id), on.aside():
                on.call_link(link_id)
        cls._route(on, me, routed)

    @classmethod
    def _route(cls, on: Program, me: Instance, links: list[str]) -> None:
        """To one for a class that only one takes, else as it is set."""
        takers = {name: sum(name in me.rule(link_id)["classes"] for link_id in links) for name in CLASS_NAMES}
        shared = [name for name, count in takers.items() if count > 1 and me.values["several"] != "one"]
        if shared:
            with on.if_class(*shared):
                if me.values["several"] == "parallel":
                    cls._call_all_at_once(on, me, links)
                else:
                    cls._call_all_in_turn(on, me, links)
                on.size("response_kb")
                on.reply()
        unanswered = [name for name, count in takers.items() if count == 0]  # whoever is told of them, nobody waits for it
        if unanswered:
            with on.if_class(*unanswered):
                on.size("response_kb")
                on.reply()
        call_one(on, "targets", ways(me, links, (name for name in CLASS_NAMES if takers[name] > 0 and name not in shared)))

    @staticmethod
    def _call_all_at_once(on: Program, me: Instance, links: list[str]) -> None:
        for link_id in links:
            with on.branch(), on.by_rule(link_id):
                on.call_link(link_id)
        on.join()
        on.stop_if_failed()

    @staticmethod
    def _call_all_in_turn(on: Program, me: Instance, links: list[str]) -> None:
        for link_id in links:
            with on.by_rule(link_id):
                on.call_link(link_id)
                on.stop_if_failed()

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        if wire.rule["asynchronous"]:
            return wire.says("rule_beside")
        if wire.rule["when"] in ASKED_FIRST:
            return wire.says(
                {"reads": "rule_asked_first_reads", "writes": "rule_asked_first_writes"}.get(wire.rule["when"], "rule_asked_first")
            )
        if wire.alike == 1:
            return wire.says("rule_sends_all")
        return wire.says("rule_routes_one" if wire.own["several"] == "one" else "rule_routes_all")

    # -- its life
    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        return watch_targets(world, me, "targets")

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter in SHAPING:
            world.rewrite([me])

    # -- figures
    @classmethod
    def expectation(cls, world: World, me: Instance, steady: Steady | None) -> Expectation | str:
        if me.values["auth_ms"] > 0.0 or me.values["limit"] != "none":
            return GENERAL
        return station_expectation(world, me, steady, "cpu", "processing")

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu = window.pool("cpu")
        return {
            "forwarded_per_s": window.rate("done") + window.rate("failed"),
            "rate_limited": window.rate_limited,
            "targets_in_rotation": window.enabled("targets"),
            "utilisation": window.highest(cpu.utilisation, window.pool("connections").utilisation),
            "in_flight": window.mean_in_flight,
            "queue": cpu.mean_queue,
            "bottleneck": window.scarcest("cpu", "connections"),
        }


@contextmanager
def _by_rule(on: Program, me: Instance, link_id: str) -> Iterator[None]:
    """For the classes, the share and the verb of a link's rule."""
    verb = ASKED_FIRST.get(str(me.rule(link_id)["when"]))
    with on.by_rule(link_id):
        if verb is None:
            yield
        else:
            with on.if_verb(verb):
                yield
