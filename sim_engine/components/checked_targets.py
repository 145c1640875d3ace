"""Active health checks of whatever is behind a port: a target that fails them gets no more requests until it passes them again.

Each target is checked on its own, by a real request over the same link and through the same queue as the traffic.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sim_engine.catalogue.parameter import Parameter, integer, number
from sim_engine.texts import _
from sim_engine.world.health import HealthCheck, follow, watch

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

HAPROXY: Final = _("HAProxy checks every 2 s, fails after 3 and recovers after 2 by default.")

CHECK_PARAMETERS: Final[tuple[Parameter, ...]] = (
    number("health_check_interval_s", _("Health check interval"), 2.0, "s", 0.1, 3_600.0,
           _("Time from one check of a target to the next."), source=HAPROXY),
    number("health_check_timeout_ms", _("Health check timeout"), 1_000.0, "ms", 1.0, 60_000.0,
           _("A check without an answer for so long has failed.")),
    integer("unhealthy_threshold", _("Unhealthy after"), 3, "", 1, 20,
            _("Checks failed in a row until a target is taken out."), source=HAPROXY),
    integer("healthy_threshold", _("Healthy after"), 2, "", 1, 20, _("Checks passed in a row until it is put back."), source=HAPROXY),
)  # fmt: skip


def watch_targets(world: World, me: Instance, port: str) -> Iterator[Generator[simpy.Event, Any, None]]:
    """A process for each link of a port, which watches all that is behind it."""
    for link_id in me.links_of(port):
        yield follow(world, me, world.group_behind(link_id), partial(_watch_target, world, me, port, link_id))


def _watch_target(world: World, me: Instance, port: str, link_id: str, target: Instance) -> Generator[simpy.Event, Any, None]:
    purpose = f"check {link_id}" if target.number == 1 else f"check {link_id} {target.number}"
    check = HealthCheck(me, purpose, target, lambda: link_id, lambda: me if me.alive else None)
    place = link_id, target.id

    def lost(since_s: float) -> None:
        me.out_of_rotation.add(place)
        world.refresh_route(me, port)
        world.tell("target_out", me, "warning", marker=True, by=me.label, target=target.label, seconds=since_s)

    def back() -> None:
        me.out_of_rotation.discard(place)
        world.refresh_route(me, port)
        world.tell("target_back", me, "good", marker=True, by=me.label, target=target.label)

    return watch(world, check, lost, back, healthy=place not in me.out_of_rotation)
