"""Scheduler: creates jobs at equal intervals, like cron, and puts them into a queue or calls a service with them.

Left out: calendars, jobs that wait for one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.component import Component, Demand, Duration, Metric, Port
from sim_engine.catalogue.parameter import integer, number
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance


class Scheduler(Component):
    kind = "scheduler"
    title = _("Scheduler")
    group = "messaging"
    order = 5
    icon = "calendar-clock"
    summary = _("Creates jobs at equal intervals, like cron.")
    left_out = _("Calendars, jobs that wait for one another.")
    is_source = True
    actions = ("spike",)
    ports = (
        Port("queue", _("Puts jobs into"), ("queue",), style="message"),
        Port("out", _("Calls"), ("http",)),
    )
    own_timeout = "timeout_ms"
    parameters = (
        number("interval_s", _("Interval"), 60.0, "s", 0.001, 1_000_000.0, _("Time from one run to the next.")),
        integer("jobs", _("Jobs in a run"), 100, "", 1, 100_000, _("How many jobs it creates each time, all at once.")),
        integer("keys", _("Keys"), 10_000, "keys", 1, 1_000_000, _("How many different things the jobs are about."), advanced=True),
        number("zipf_exponent", _("Popularity exponent"), 0.0, "", 0.0, 3.0, _("0 makes all keys equally popular."), advanced=True),
        number("request_kb", _("Size of a job"), 1.0, "kB", 0.0, 100_000.0, _("Size of one job's message.")),
        number("background_cost", _("Cost of a job"), 1.0, "", 0.0, 10_000.0, _("How many times a worker's service time one job takes.")),
        number("timeout_ms", _("Timeout"), 5_000.0, "ms", 1.0, 86_400_000.0, _("How long it waits until a job is taken in.")),
    )  # fmt: skip
    durations = (Duration("arrival", "", mean_s=1.0),)
    metrics = (
        Metric("created_per_s", _("Jobs created"), "requests/s", "rate"),
        Metric("taken_per_s", _("Taken in"), "requests/s", "rate"),
        Metric("failed_per_s", _("Not taken in"), "requests/s", "rate"),
    )
    headline = "created_per_s"

    @classmethod
    def demand(cls, values: Mapping[str, Any]) -> Demand:
        return Demand(rate_per_s=1.0 / values["interval_s"])

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("read")
        on.draw_count("jobs")
        done, again = on.label(), on.label()
        with on.branches("jobs"):
            on.place(again)
            on.jump_if_none_left(done, of_parent=True)
            on.issue("background")
            if me.links_of("queue"):
                on.call("queue", "publish", size="own")
            else:
                on.call("out", "write", size="own")
            on.record()
            on.jump(again)
            on.place(done)
            on.leave()
        on.join()
        on.leave()

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        return {
            "created_per_s": window.rate("arrived"),
            "taken_per_s": window.rate("done"),
            "failed_per_s": window.rate("failed") + window.rate("dropped"),
        }
