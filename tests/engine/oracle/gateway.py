"""API gateway: a limit on the rate, authentication, a way for each class of traffic, fan-out."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import simpy

from tests.engine.oracle.balancer import Streak, Target, keep_checking, richest, watch
from tests.engine.oracle.basics import MS, QUESTION_KB, Answer, Parameters, Part, Pool, Request, Steps
from tests.engine.oracle.limiters import LIMITERS, Limiter
from tests.engine.oracle.policies import Call
from tests.engine.oracle.routes import Ways, takes
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


class ApiGateway(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.connections = Pool(self.env, parameters["max_connections"], 0, self.queue)
        self.cpu = Station(self.env, parameters["cores"], self.queue)
        self.limiters: dict[int, Limiter] = {}
        self.targets: dict[Wire, Target] = {}
        self.links: dict[str, list[Wire]] = {}
        self.ways = Ways(self.luck)
        self.programs = {"read": self._pass, "write": self._pass, "check": self._check}

    def add_target(self, wire: Wire) -> None:
        p = self.parameters
        self.targets[wire] = Target(wire, Streak(p["unhealthy_threshold"], p["healthy_threshold"]))
        watch(self, self.targets[wire])
        self.links.setdefault(wire.link, []).append(wire)
        if not wire.parameters["asynchronous"] and wire.parameters["when"] == "auto":
            self.ways.add(wire)

    def start(self) -> None:
        for target in self.targets.values():
            self.env.process(keep_checking(self, target))

    def _check(self, request: Request) -> Steps[Answer]:
        yield self.env.timeout(0)
        return Answer()

    def _pass(self, request: Request) -> Steps[Answer]:
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            wait = self._limiter(request).wait_s(self.env.now)
            if wait is None:
                return Answer("rate_limited")
            if wait:
                yield self.env.timeout(wait)
            yield from self.cpu.serve(self.parameters["processing_ms"] * MS)
            if self.parameters["auth_ms"]:
                yield from self.cpu.serve(self.parameters["auth_ms"] * MS)
            return (yield from self._route(request))

    def _limiter(self, request: Request) -> Limiter:
        p = self.parameters
        return self.limiters.setdefault(request.address if p["limit_by_address"] else 0, LIMITERS[p["limit"]](p))

    def _route(self, request: Request) -> Steps[Answer]:
        taking = [wires for wires in self._by_priority() if takes(wires[0], request)]
        beside = [wires for wires in taking if wires[0].parameters["asynchronous"]]
        ways = [wires for wires in taking if not wires[0].parameters["asynchronous"] and wires[0].parameters["when"] == "auto"]
        first = [wires for wires in taking if wires not in beside and wires not in ways]
        if not ways and not beside:
            return Answer("no_route")
        for wires in first:
            rule = wires[0].parameters["when"]
            if rule in ("always", f"{request.verb}s") and self._falls(request, wires):
                question = replace(request, is_read=True, sent_kb=QUESTION_KB)
                answer = yield from self._ask(question, wires)
                if not answer.ok:
                    return answer
        for wires in beside:
            if wires[0].parameters["when"] in ("auto", "always", f"{request.verb}s") and self._falls(request, wires):
                self.env.process(self._ask(request, wires))
        if not ways:
            return Answer(size_kb=self._own_size(request))
        if len(ways) == 1 or self.parameters["several"] == "one":
            return (yield from self._ask(request, self.ways.of(request)))
        return (yield from self._ask_several(request, [wires for wires in ways if self._falls(request, wires)]))

    def _by_priority(self) -> list[list[Wire]]:
        return sorted(self.links.values(), key=lambda wires: (wires[0].parameters["priority"], wires[0].link))

    def _falls(self, request: Request, wires: list[Wire]) -> bool:
        return request.falls_into(wires[0].parameters["share"], wires[0].link, self.luck)

    def _own_size(self, request: Request) -> float:
        return request.wanted_kb or float(self.parameters["response_kb"])

    def _ask(self, request: Request, wires: list[Wire]) -> Steps[Answer]:
        """One of equal ones, in turn by weight."""

        def choose() -> Wire | None:
            inside = [target for target in (self.targets[wire] for wire in wires) if target.inside]
            return richest(inside).wire if inside else None

        return (yield from Call(self.world, choose, request).run())

    def _ask_several(self, request: Request, ways: list[list[Wire]]) -> Steps[Answer]:
        newest = 0
        if self.parameters["several"] == "sequential":
            for wires in ways:
                answer = yield from self._ask(request, wires)
                if not answer.ok:
                    return answer
                newest = max(newest, answer.version)
            return Answer(version=newest, size_kb=self._own_size(request))
        asked = [self.env.process(self._ask(request, wires)) for wires in ways]
        while asked:
            yield simpy.AnyOf(self.env, asked)
            for process in [process for process in asked if process.triggered]:
                asked.remove(process)
                answer = cast(Answer, process.value)
                if not answer.ok:
                    return Answer(answer.cause)
                newest = max(newest, answer.version)
        return Answer(version=newest, size_kb=self._own_size(request))

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.connections.utilisation()]
