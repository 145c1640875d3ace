"""CDN: somebody else's caches near your users. Files are kept at points of presence; everything else goes through to your servers.

A request goes to the point that is nearest to the client (anycast). What is not there, or too old, is fetched from the origin, through
a shield where there is one: one more cache, near the origin, that all points ask. Each point has a cache of its own, so that the first
request for a file at each of them is a miss. A point that dies is routed around after a while.
Left out: what is in a file (bytes only), ages that copies bring along from the shield, limits of capacity that one customer would notice.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

import simpy

from sim_engine.catalogue.component import Component, Duration, KeyStore, Metric, Port, Station
from sim_engine.catalogue.locations import LOCATION_CHOICES, LOCATION_SOURCE, LOCATIONS
from sim_engine.catalogue.parameter import When, boolean, choice, integer, number, several
from sim_engine.catalogue.prices import KB_PER_GB, price_per_gb_out, price_per_million_requests
from sim_engine.texts import _
from sim_engine.world.figures import Told
from sim_engine.world.instance import DRAINING, GONE, Instance

if TYPE_CHECKING:
    from sim_engine.catalogue.wire import Sentence, Wire
    from sim_engine.operations.program import Label, Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.group import Group
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

POINTS: Final = (
    "virginia", "oregon", "sao_paulo", "london", "paris", "frankfurt", "stockholm", "sofia", "mumbai", "singapore", "tokyo", "sydney",
)  # fmt: skip
DRAIN_S: Final = 30.0  # what a point that is given up may finish
SHIELD_TIMEOUT_MS: Final = 30_000.0  # CloudFront waits so long for an origin
SHIELD: Final = "shield"
SHIELD_TITLE: Final = _("Shield")


def _wanted(values: Mapping[str, Any]) -> list[str]:
    return [*values["locations"], *([SHIELD] if values["shield"] else [])]


def _staying(group: Group) -> list[Instance]:
    """Its points and its shield, dead or alive, but for those that are given up."""
    return [member for member in group.members if member.stage not in (DRAINING, GONE)]


def room_kb(values: Mapping[str, Any]) -> float:
    return float(values["capacity_gb"]) * KB_PER_GB


class Cdn(Component):
    kind = "cdn"
    title = _("CDN")
    group = "edge"
    order = -1
    icon = "globe"
    summary = _("Somebody else's caches near your users, for files: scripts, images, video.")
    left_out = _("Ages that copies bring along from the shield, limits of capacity that one customer would notice, failover of origins.")
    provides = "cdn"
    everywhere = True
    instance_titles = (SHIELD_TITLE, *(location.title for location in LOCATIONS.values()))
    rented = False
    actions = (*Component.actions, "purge")
    ports = (
        Port("origin", _("Origin"), ("http", "object_storage"), policy="origin_policy", empty_cause="no_target", required=True),
        Port("shield", SHIELD_TITLE, (), managed=True, empty_cause="no_target"),
    )
    parameters = (
        several("locations", _("Points of presence"), POINTS, LOCATION_CHOICES, _("Where there is a cache. Clients go to the nearest."),
                source=LOCATION_SOURCE),
        number("capacity_gb", _("Capacity of a point"), 50.0, "GB", 0.000_001, 1_000_000.0,
               _("What fits into one point; then the files that were least recently used go.")),
        number("ttl_s", _("Time to live"), 86_400.0, "s", 0.0, 100_000_000.0,
               _("How long a file is good after it was fetched; 0: until it is purged."),
               source=_("Amazon CloudFront: 24 hours by default.")),
        boolean("stale_if_error", _("Stale if error"), False,
                _("When the origin fails, a file that is too old is better than none."), source=_("RFC 5861: stale-if-error.")),
        boolean("collapse", _("One fetch for all"), True,
                _("Of those who miss the same file at the same time at a point only the first asks the origin; the others wait for it."),
                source=_("Amazon CloudFront, Fastly and Cloudflare do so (request collapsing).")),
        boolean("shield", _("Origin shield"), False,
                _("One more cache that all points ask instead of the origin: it is asked for each file once, not once by each point.")),
        choice("shield_location", _("Location of the shield"), "frankfurt", LOCATION_CHOICES, _("Best is the one nearest to the origin."),
               when=When("shield", (True,)), source=LOCATION_SOURCE),
        choice("origin_policy", _("Choice of the origin"), "latency",
               (("latency", _("Lowest latency")), ("round_robin", _("Round robin"))),
               _("Whom a point asks when there are several origins."), advanced=True),
        number("processing_ms", _("Processing time"), 0.5, "ms", 0.0, 10_000.0, _("Time of a point for each request.")),
        integer("servers", _("Requests at once"), 1_000, "", 1, 1_000_000, _("That one point works on; what is beyond waits."),
                advanced=True),
        number("object_kb", _("Size of a file"), 50.0, "kB", 0.0, 10_000_000.0, _("Of files that the clients give no size."),
               advanced=True),
        number("reroute_s", _("Time to reroute"), 10.0, "s", 0.0, 3_600.0,
               _("How long clients are still led to a point after it has died."),
               source=_("An Empirical Characterization of Anycast Convergence Time, ANRW 2024: 80 % of the Internet within 10 s.")),
        price_per_gb_out(0.085, _("Amazon CloudFront 2025: $0.085 a GB for the first 10 TB a month in Europe and North America.")),
        price_per_million_requests(1.0, _("Amazon CloudFront 2025: $0.0100 for 10,000 HTTPS requests in North America.")),
    )  # fmt: skip
    pools = (Station("servers", "servers"),)
    durations = (Duration("processing", "processing_ms"),)
    key_store = KeyStore(None, room_kb, files_only=True, keeps_expired="stale_if_error")
    metrics = (
        Metric("requests_per_s", _("Requests"), "requests/s", "rate"),
        Metric("hit_ratio", _("Hit ratio"), "ratio", "share", _("Of the files that the points were asked for.")),
        Metric("offload", _("Offload"), "ratio", "share", _("Share of all requests that never reached the origin.")),
        Metric("origin_per_s", _("Requests to the origin"), "requests/s", "rate"),
        Metric("traffic_out_mbit_s", _("Traffic to clients"), "Mbit/s", "level"),
        Metric("origin_mbit_s", _("Traffic from the origin"), "Mbit/s", "level"),
        Metric("saved_ms", _("Distance saved"), "ms", "level",
               _("Round trip to the origin that a request was spared, on average; where clients and origin are in regions.")),
        Metric("held_gb", _("Files held"), "GB", "gauge", _("At all points together.")),
        Metric("evictions_per_s", _("Evictions"), "requests/s", "rate"),
        Metric("points_up", _("Points that are up"), "", "gauge"),
        Metric("utilisation", _("Busiest point"), "ratio", "level"),
    )  # fmt: skip
    headline = "hit_ratio"
    bar = "utilisation"

    # -- the path of a request
    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        answered = on.label()
        on.path("read", "write")
        on.serve("servers", "processing")
        with on.if_class("static"):
            cls._file(on, me, answered)
        on.call("origin", size="own")
        on.place(answered)
        on.reply()

    @classmethod
    def _file(cls, on: Program, me: Instance, answered: Label) -> None:
        """From here if it is fresh, else from the origin; in need, an old one."""
        found, fetched, failed, rescued = on.label(), on.label(), on.label(), on.label()
        on.look_up()
        on.jump_if_hit(found)
        if me.values["collapse"]:
            on.lead_or_follow(fetched)
        on.call("shield" if cls._asks_shield(me) else "origin", size="own")
        on.jump_if_failed(failed)
        on.fill("ttl_s")
        on.land()
        on.place(fetched)
        on.jump(answered)
        on.place(failed)
        if me.values["stale_if_error"]:
            on.look_up(stale_too=True)
            on.jump_if_hit(rescued)
        on.reply()
        on.place(rescued)
        on.clear()
        on.size("object_kb")
        on.land()
        on.jump(answered)
        on.place(found)
        on.size("object_kb")
        on.jump(answered)

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        return wire.says("rule_origin")

    # -- its points
    @classmethod
    def instances_of(cls, values: Mapping[str, Any]) -> int:
        return len(_wanted(values))

    @classmethod
    def site(cls, me: Instance) -> str:
        where = cls._point_of(me)
        return str(me.values["shield_location"]) if where == SHIELD else where

    @classmethod
    def _point_of(cls, me: Instance) -> str:
        """The name of its location, or SHIELD; found for all when it is first asked for."""
        if "point" not in me.memory:
            staying = _staying(me.group)
            taken = {member.memory["point"] for member in staying if "point" in member.memory}
            left = iter(name for name in _wanted(me.values) if name not in taken)
            for member in [*staying, me]:
                if "point" not in member.memory:
                    member.memory["point"] = next(left)
        return str(me.memory["point"])

    @classmethod
    def instance_title(cls, me: Instance) -> str:
        where = cls._point_of(me)
        return SHIELD_TITLE if where == SHIELD else LOCATIONS[where].title

    @classmethod
    def answers(cls, me: Instance, verb: str) -> list[Instance]:
        """The points that routes lead to; all of them when none does."""
        points = [member for member in _staying(me.group) if cls._point_of(member) != SHIELD]
        return [point for point in points if not point.memory.get("withdrawn")] or points

    @classmethod
    def _shield(cls, group: Group) -> Instance | None:
        there = (member for member in _staying(group) if cls._point_of(member) == SHIELD)
        return next((member for member in there if not member.memory.get("withdrawn")), None)

    @classmethod
    def _asks_shield(cls, me: Instance) -> bool:
        return cls._point_of(me) != SHIELD and cls._shield(me.group) is not None

    @classmethod
    def wired(cls, world: World, me: Instance) -> None:
        me.memory["askers"] = {world.link_row(link_id): world.asker_of(link_id) for link_id in world.links_to(me.component_id)}
        me.memory["origins"] = {world.link_row(link_id): world.group_behind(link_id) for link_id in me.links_of("origin")}
        cls._ask_shield(world, me)

    @classmethod
    def _ask_shield(cls, world: World, me: Instance) -> None:
        """Leads a point to the shield, over a link that nobody has drawn."""
        shield = cls._shield(me.group)
        link_id = world.inner_link(me.group, "shield", timeout_ms=SHIELD_TIMEOUT_MS)
        world.set_route(me, "shield", [(link_id, shield)] if shield is not None and shield is not me else [])

    # -- points die and are routed around
    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        """What it holds is on disks."""
        world.env.process(cls._reroute(world, me, me.turn))

    @classmethod
    def restored(cls, world: World, me: Instance) -> None:
        world.env.process(cls._reroute(world, me, me.turn))

    @classmethod
    def _reroute(cls, world: World, me: Instance, turn: int) -> Generator[simpy.Event, Any, None]:
        yield world.env.timeout(float(me.values["reroute_s"]))
        if me.turn != turn or me.memory.get("withdrawn", False) != me.alive:
            return
        me.memory["withdrawn"] = not me.alive
        if not me.alive and any(member.alive for member in _staying(me.group)):
            me.memory["told"] = True
            world.tell("point_out", me, "warning", marker=True)
            world.losses.noticed(me, me)
            world.losses.decided(me, "decided_reroute", me.group, ("reroute_s",), seconds=me.values["reroute_s"])
        elif me.alive and me.memory.pop("told", False):
            world.tell("point_back", me, "good", marker=True)
        if cls._point_of(me) == SHIELD:
            cls._follow_shield(world, me.group)
        else:
            world.refresh_callers(me.group)

    @classmethod
    def _follow_shield(cls, world: World, group: Group) -> None:
        for point in group.everyone:
            cls._ask_shield(world, point)
        world.rewrite(group.everyone)

    # -- changes and operations
    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if me is not me.group.first:
            return
        if parameter in ("locations", "shield"):
            cls._move(world, me.group)
        elif parameter == "shield_location":
            world.places.measure()
        elif parameter in ("collapse", "stale_if_error"):
            world.rewrite(me.group.everyone)

    @classmethod
    def _move(cls, world: World, group: Group) -> None:
        """Points come and go until they are where they shall be."""
        wanted = _wanted(group.values)
        for member in _staying(group):
            if cls._point_of(member) not in wanted:
                group.retire(member, DRAIN_S)
        there = [cls._point_of(member) for member in _staying(group)]
        for where in wanted:
            if where not in there:
                cls._open(world, group, where)
        world.places.measure()
        cls._follow_shield(world, group)

    @classmethod
    def _open(cls, world: World, group: Group, where: str) -> None:
        """A point that is new, and cold; it may have the rows of a former one."""
        for former in group.gone[:1]:
            former.memory |= {"point": where, "withdrawn": False}
            world.data.empty_cache(former, tell=False)
        group.add_member()

    @classmethod
    def act(cls, world: World, me: Instance, name: str, arguments: Mapping[str, Any], begins: bool) -> None:
        for member in me.group.members:
            world.data.empty_cache(member, tell=False)

    @classmethod
    def problems(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        return [] if parameters["locations"] else [("locations", "no_points")]

    # -- what it shows
    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        return dict.fromkeys([metric.name for metric in cls.metrics], Told(_report))


def _report(window: NodeWindow) -> dict[str, float | None]:
    points = [me for me in window.instances if Cdn._point_of(me) != SHIELD]
    nodes, links = window.whole.nodes, window.whole.links
    lookups, asked = (sum([nodes[name][me.node] for me in points]) for name in ("lookups", "arrived"))
    askers, origins = window.instance.memory["askers"], window.instance.memory["origins"]
    fetched = sum([links["sent"][row] for row in origins])
    caches = window.instance.kernel.state.caches
    return {
        "requests_per_s": asked / window.seconds,
        "hit_ratio": sum([nodes["hits"][me.node] for me in points]) / lookups if lookups else None,
        "offload": max(0.0, 1.0 - fetched / asked) if asked else None,
        "origin_per_s": fetched / window.seconds,
        "traffic_out_mbit_s": 0.008 * sum([links["sent_kb"][row][1] for row in askers]) / window.seconds,
        "origin_mbit_s": 0.008 * sum([links["sent_kb"][row][1] for row in origins]) / window.seconds,
        "saved_ms": _saved_ms(window),
        "held_gb": sum([float(caches[me.cache]["used_kb"]) for me in points]) / KB_PER_GB,
        "evictions_per_s": sum([nodes["evictions"][me.node] for me in points]) / window.seconds,
        "points_up": float(sum([me.alive for me in points if me in window.group.members])),
        "utilisation": max([window.whole.utilisation[me.pools["servers"]] for me in points], default=0.0),
    }


def _saved_ms(window: NodeWindow) -> float | None:
    """Mean over the requests of clients who are somewhere on earth, as is the origin: hits save the way on, misses make a detour."""
    state, nodes = window.instance.kernel.state, window.whole.nodes
    place = state.nodes["place"].tolist()
    origins = [group.first.node for group in window.instance.memory["origins"].values()]
    origins = [place[node] for node in origins if place[node] > 0]
    sent = saved_s = 0.0
    for (here, point), count in _sent_to(window).items():
        if place[here] > 0 and origins and nodes["arrived"][point]:
            hit = nodes["hits"][point] / nodes["arrived"][point]
            onward_s = min(float(state.distances[place[point], origin]) for origin in origins)
            direct_s = min(float(state.distances[place[here], origin]) for origin in origins)
            sent += count
            saved_s += count * (direct_s - float(state.distances[place[here], place[point]]) - (1.0 - hit) * onward_s)
    return 2_000.0 * saved_s / sent if sent else None


def _sent_to(window: NodeWindow) -> dict[tuple[int, int], int]:
    """(node of clients, node of a point) -> requests from one to the other."""
    found: dict[tuple[int, int], int] = {}
    for row, group in window.instance.memory["askers"].items():
        for source in group.everyone:
            for (_route, link, point), member in source.members.items():
                if link == row:
                    found[source.node, point] = found.get((source.node, point), 0) + window.whole.sent[member]
    return found
