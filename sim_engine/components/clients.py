"""Clients: where requests come from and who waits for them.

Open clients come as a Poisson process that does not care how slow you are; closed ones are users who think, ask, wait, and think again.
Left out: sessions, page views made of several requests, classes of traffic, regions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_engine.catalogue.component import Component, Duration, Metric, Port
from sim_engine.catalogue.parameter import (
    When,
    boolean,
    choice,
    distribution_parameters,
    integer,
    number,
)
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

OPEN = When("model", ("open",))
CLOSED = When("model", ("closed",))


class Clients(Component):
    kind = "clients"
    title = _("Clients")
    group = "traffic"
    icon = "users"
    summary = _("People and programs that send requests and wait for the answers.")
    left_out = _("Sessions, pages made of several requests, kinds of traffic with their own cost, and where the clients are.")
    is_source = True
    can = ()
    ports = (Port("out", _("Sends to"), ("http",), policy="@random", required=True),)
    own_timeout = "timeout_ms"
    parameters = (
        choice(
            "model", _("Arrivals"), "open", (("open", _("Open: they come at a rate")), ("closed", _("Closed: users who wait and think"))),
            _("Open clients keep coming however slow the system is. Closed users wait for their answer before they ask again."),
        ),
        number("arrival_rate_per_s", _("Arrival rate"), 200.0, "requests/s", 0.0, 2_000_000.0,
               _("Requests a second, as a Poisson process."), when=OPEN),
        integer("users", _("Users"), 500, "users", 0, 1_000_000, _("How many users take part."), when=CLOSED),
        number("think_time_s", _("Think time"), 5.0, "s", 0.0, 3_600.0,
               _("Mean time between an answer and the user's next request."), when=CLOSED,
               source=_("TPC-W uses a mean think time of 7 s.")),
        *(
            parameter for parameter in distribution_parameters("think", _("Think time distribution"))
        ),
        number("read_ratio", _("Share of reads"), 0.9, "ratio", 0.0, 1.0, _("The rest are writes."),
               source=_("TPC-W's shopping mix has 80 % browsing, its browsing mix 95 %.")),
        integer("keys", _("Keys"), 100_000, "keys", 1, 1_000_000, _("How many different things the requests are about.")),
        number("zipf_exponent", _("Popularity exponent"), 0.9, "", 0.0, 3.0,
               _("Zipf's exponent: 0 makes all keys equally popular, 1 makes a few very popular."),
               source=_("Breslau et al., INFOCOM 1999: 0.64 to 0.83 for web traces; YCSB uses 0.99.")),
        number("timeout_ms", _("Timeout"), 3_000.0, "ms", 1.0, 86_400_000.0, _("How long one attempt waits for its answer.")),
        integer("retries", _("Retries"), 1, "", 0, 20, _("How often a failed attempt is repeated.")),
        number("backoff_ms", _("Backoff"), 100.0, "ms", 0.0, 60_000.0, _("Wait before the first retry.")),
        number("backoff_factor", _("Backoff factor"), 2.0, "", 1.0, 10.0, _("Each further wait is longer by this factor, up to 60 s."),
               advanced=True),
        boolean("backoff_jitter", _("Backoff jitter"), True,
                _("Multiplies each wait by a random number from 0 to 1, so that retries do not come in waves."),
                advanced=True, source=_("Brooker, Exponential Backoff and Jitter, 2015 (full jitter).")),
        integer("client_addresses", _("Client addresses"), 10_000, "", 1, 10_000_000,
                _("Different addresses that the requests come from; a balancer may hash them."), advanced=True),
        number("request_kb", _("Request size"), 1.0, "kB", 0.0, 100_000.0, _("Size of one request."), advanced=True),
    )  # fmt: skip
    durations = (Duration("think", "think_time_s", "think_distribution", "think_cv"),)
    metrics = (
        Metric("sent_per_s", _("Requests"), "requests/s", "rate"),
        Metric("done_per_s", _("Done"), "requests/s", "rate"),
        Metric("failed_per_s", _("Failed"), "requests/s", "rate"),
        Metric("in_flight", _("Waiting for an answer"), "requests", "level"),
    )
    headline = "sent_per_s"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("read", "write")
        closed = me.values["model"] == "closed"
        again = on.label()
        on.place(again)
        if closed:
            on.think("think")
        on.issue()
        attempt = on.label()
        on.place(attempt)
        on.call("out", size="own")
        on.retry(attempt, "retries")
        on.record()
        if closed:
            on.jump(again)
        on.leave()

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter == "model":
            world.rewrite([me])

    @classmethod
    def measure(cls, window: NodeWindow) -> dict[str, float | str | None]:
        return {
            "sent_per_s": window.rate("arrived"),
            "done_per_s": window.rate("done"),
            "failed_per_s": window.rate("failed") + window.rate("dropped"),
            "in_flight": window.mean_in_flight,
        }
