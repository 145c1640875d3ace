"""Health checks: real requests, sent at an interval, judged by thresholds. Whoever watches something uses this."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import simpy

from sim_engine.causes import CODE
from sim_engine.world.instance import Instance

if TYPE_CHECKING:
    from sim_engine.world.world import World


@dataclass(slots=True)
class HealthCheck:
    """Who checks whom over which link. `settings` is whose parameters say how often and how strictly.

    watcher: asked before each check, since the one who checks may change or be dead (None).
    """

    settings: Instance
    purpose: str
    target: Instance
    link_id: Callable[[], str]
    watcher: Callable[[], Instance | None]
    salt: int | None = None  # of its draws; found when it is first needed

    def setting(self, name: str) -> float:
        return float(self.settings.values[name])


def watch(
    world: "World", check: HealthCheck, lost: Callable[[float], None], back: Callable[[], None], healthy: bool = True
) -> Generator[simpy.Event, int, None]:
    """Checks for ever; calls `lost` with the seconds since the first failure, and `back`, when a threshold is passed."""
    failures = passes = number = 0
    first_failure_s = 0.0
    phase = world.uniform(check.settings, f"{check.purpose} phase", 0)
    yield world.env.timeout(phase * check.setting("health_check_interval_s"))
    while True:
        started_s = world.env.now
        number += 1
        if check.watcher() is None:
            yield world.env.timeout(check.setting("health_check_interval_s"))
            continue
        cause = yield world.check(check, number)
        if cause == CODE["ok"]:
            failures, passes = 0, passes + 1
            if not healthy and passes >= check.setting("healthy_threshold"):
                healthy = True
                back()
        else:
            first_failure_s = started_s if failures == 0 else first_failure_s
            failures, passes = failures + 1, 0
            if healthy and failures >= check.setting("unhealthy_threshold"):
                healthy = False
                lost(world.env.now - first_failure_s)
        rest = started_s + check.setting("health_check_interval_s") - world.env.now
        yield world.env.timeout(max(rest, 0.0))
