"""Clients: where requests come from and who waits for them.

Open clients come at a rate that does not care how slow you are; closed ones are users who think, ask, wait, and think again.
They send single requests, or they visit: a page is a document, its scripts and images over parallel connections, and calls for data
one after the other; all requests of one visitor come from one address.
Left out: a line's bandwidth shared by the connections of one visitor, caches in browsers, HTTP/2 priorities.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sim_engine.catalogue.classes import CLASS_NAMES
from sim_engine.catalogue.component import Component, Duration, Metric, Port
from sim_engine.components.client_parameters import CLIENT_PARAMETERS, with_defaults
from sim_engine.components.ways import by_priority, call_one, untaken, ways
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.catalogue.wire import Sentence, Wire
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

SHAPING: Final = ("model", "behaviour", "document")
WRITTEN: Final = ("write", "upload", "background")  # classes that write


class Clients(Component):
    kind = "clients"
    title = _("Web clients")
    group = "traffic"
    icon = "users"
    summary = _("People with browsers, and programs, that send requests and wait for the answers.")
    left_out = _("Caches in browsers, and connections of one visitor that share the bandwidth of the line.")
    is_source = True
    outside = True
    actions = ("spike", "hot_key")
    ports = (
        Port("out", _("Sends to"), ("http",), policy="@random", required=True),
        Port("dns", _("Asks for names"), ("dns",), policy="@random", empty_cause="unresolved"),
        Port("cdn", _("Loads files from"), ("cdn",), policy="@nearest"),
    )
    own_timeout = "timeout_ms"
    own_hedge = "hedge_after_ms"
    resolves = "resolvers"
    parameters = CLIENT_PARAMETERS
    durations = (
        Duration("arrival", "", "arrival_distribution", "arrival_cv", mean_s=1.0),  # of one arrival on average
        Duration("think", "think_time_s", "think_distribution", "think_cv"),
        Duration("reading", "reading_time_s", "think_distribution", "think_cv"),
    )
    metrics = (
        Metric("sent_per_s", _("Requests"), "requests/s", "rate"),
        Metric("done_per_s", _("Done"), "requests/s", "rate"),
        Metric("failed_per_s", _("Failed"), "requests/s", "rate"),
        Metric("in_flight", _("Waiting for an answer"), "requests", "level"),
        Metric("active_users", _("Active users"), "users", "gauge", _("Visitors and users who are there, those who think or read too.")),
        Metric("pages_per_s", _("Pages loaded"), "pages/s", "rate"),
        Metric("page_load_ms", _("Page load time"), "ms", "level", _("From the request for a page to the last thing that belongs to it.")),
        Metric("pages_broken_per_s", _("Broken pages"), "pages/s", "rate", _("Pages of which a part has failed.")),
        Metric("retries_per_s", _("Retries"), "requests/s", "rate"),
        Metric("hedges_per_s", _("Second copies"), "requests/s", "rate"),
    )
    headline = "sent_per_s"

    @classmethod
    def written_kb_per_s(cls, values: Mapping[str, Any]) -> float:
        """Of open clients; nobody knows how often closed ones come."""
        rate = cls.demand(values).rate_per_s
        if values["behaviour"] == "page_views":
            rate *= values["pages_per_visit"] * values["calls_per_page"]
        shares = {name: float(values.get(f"{name}_share", 0.0)) for name in CLASS_NAMES}
        shares["write"] = max(0.0, 1.0 - sum(shares.values())) * (1.0 - float(values["read_ratio"]))
        return float(rate * sum(shares[name] * values.get(f"{name}_request_kb", values["request_kb"]) for name in WRITTEN))

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("read", "write")
        closed = me.values["model"] == "closed"
        if closed:
            on.think("think")
        if me.values["behaviour"] == "single":
            cls._request(on, me)
        else:
            cls._visit(on, me)
        if closed:
            on.again()
        on.leave()

    @classmethod
    def _request(cls, on: Program, me: Instance, kind: str | None = None) -> None:
        """One request of a class, or of one by their shares, until it is done or given up."""
        on.issue(kind)
        attempt = on.label()
        on.place(attempt)
        cls._send(on, me)
        on.retry(attempt, "retries")
        on.record()

    @classmethod
    def _send(cls, on: Program, me: Instance) -> None:
        """Files come from a CDN where there is one; everything else from whom a DNS names, or straight from where it is linked to."""
        answered = on.label()
        named, direct, files = (bool(me.links_of(port)) for port in ("dns", "out", "cdn"))
        if files and (named or direct):
            with on.if_class("static"):
                on.call("cdn", size="own")
                on.jump(answered)
        if named:
            cls._send_by_name(on, answered)
        elif files and not direct:
            on.call("cdn", size="own")
        else:
            cls._send_straight(on, me)
        on.place(answered)

    @staticmethod
    def _send_straight(on: Program, me: Instance) -> None:
        """To one of those that it is linked to, by the rules of the links."""
        links = by_priority(me, "out")
        among, nobody = ways(me, links), untaken(me, links)
        if len(among) <= 1 and not nobody:
            on.call("out", size="own")
            return
        if nobody:
            with on.if_class(*nobody):
                on.fail("no_route")
        call_one(on, "out", among)

    @staticmethod
    def _send_by_name(on: Program, answered: Any) -> None:
        known, unresolved = on.label(), on.label()
        on.jump_if_resolved(known, "resolvers")
        on.call("dns", "resolve")
        on.jump_if_failed(unresolved)
        on.keep_answer("resolvers")
        on.place(known)
        on.call_chosen("dns", size="own")
        on.jump(answered)
        on.place(unresolved)
        on.fail("unresolved")

    @classmethod
    def _visit(cls, on: Program, me: Instance) -> None:
        """A new visitor looks at one page after the other."""
        on.visit()
        page, over = on.label(), on.label()
        on.place(page)
        on.begin_page()
        if me.values["document"]:
            cls._web_page(on, me)
        else:
            cls._calls_for_data(on, me)
            cls._files(on, me)
        on.end_page()
        on.draw_count("pages_per_visit", geometric=True)  # of the rest of the visit, this page included: it has no memory
        for _page in ("this one", "the next"):
            on.jump_if_none_left(over)
        on.think("reading")
        on.jump(page)
        on.place(over)

    @classmethod
    def _web_page(cls, on: Program, me: Instance) -> None:
        """Without its document there is nothing to load."""
        nothing = on.label()
        cls._request(on, me, "page")
        on.jump_if_failed(nothing)
        cls._files(on, me)
        cls._calls_for_data(on, me)
        on.place(nothing)

    @classmethod
    def _files(cls, on: Program, me: Instance) -> None:
        """Scripts and images over parallel connections; one that fails stops none of the others."""
        on.draw_count("assets_per_page")
        with on.branches("connections"):
            following, all_taken = on.label(), on.label()
            on.place(following)
            on.jump_if_none_left(all_taken, of_parent=True)
            cls._request(on, me, "static")
            on.clear()
            on.jump(following)
            on.place(all_taken)
        on.join()

    @classmethod
    def _calls_for_data(cls, on: Program, me: Instance) -> None:
        """Each follows from the answer to the one before: the first that fails is the last."""
        on.draw_count("calls_per_page")
        following, over = on.label(), on.label()
        on.place(following)
        on.jump_if_none_left(over)
        cls._request(on, me)
        on.jump_if_failed(over)
        on.jump(following)
        on.place(over)

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        if wire.port.name == "dns":
            return wire.says("rule_asks_name")
        if wire.port.name == "cdn":
            return wire.says("rule_files" if {"out", "dns"} & set(wire.ports) else "rule_sends_all")
        if "dns" in wire.ports:
            return wire.says("rule_sends_by_name")
        if "cdn" in wire.ports and wire.alike == 1:
            return wire.says("rule_sends_rest")
        return super().rule(wire)

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter in SHAPING:
            world.rewrite([me])

    @classmethod
    def problems(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        single = parameters["behaviour"] == "single"
        shares = ("upload", "expensive", "background", *(("page", "static") if single else ()))
        too_much = sum(parameters[f"{name}_share"] for name in shares) > 1.0 + 1e-9
        return [("expensive_share", "shares_above_one")] if too_much else []

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        pages = window.source("pages")
        return {
            "sent_per_s": window.rate("arrived"),
            "done_per_s": window.rate("done"),
            "failed_per_s": window.rate("failed") + window.rate("dropped"),
            "in_flight": window.mean_in_flight,
            "active_users": window.present,
            "pages_per_s": pages / window.seconds,
            "page_load_ms": 1000.0 * window.source("page_sum_s") / pages,
            "pages_broken_per_s": window.source("pages_broken") / window.seconds,
            "retries_per_s": window.source("retried") / window.seconds,
            "hedges_per_s": window.source("hedged") / window.seconds,
        }


LTE = _("WebPageTest's LTE profile: 12 Mbit/s and a round trip of 70 ms.")


class MobileClients(Clients):
    kind = "mobile_clients"
    title = _("Mobile app")
    order = 1
    icon = "smartphone"
    summary = _("People with an app: calls for data and images over a mobile network, without documents.")
    parameters = with_defaults(
        CLIENT_PARAMETERS,
        behaviour={"default": "page_views"},
        arrival_rate_per_s={"default": 20.0},
        document={"default": False},
        assets_per_page={"default": 8.0, "source": _("Not calibrated: a plausible round figure. Set your own.")},
        calls_per_page={"default": 4.0},
        timeout_ms={"default": 10_000.0, "source": _("OkHttp gives up after 10 s by default.")},
        retries={"default": 2},
        access_latency_ms={"default": 35.0, "source": LTE},
        access_mbit_s={"default": 12.0, "source": LTE},
    )
