"""What a server calls for a request: caches, databases, further services, object storage and queues, each by the rule of its link."""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import simpy

from tests.engine.oracle.access import Access
from tests.engine.oracle.basics import QUESTION_KB, Answer, Parameters, Request, Steps
from tests.engine.oracle.cache import Cache
from tests.engine.oracle.flights import Flights
from tests.engine.oracle.messages import Broker
from tests.engine.oracle.object_storage import ObjectStorage
from tests.engine.oracle.policies import Call
from tests.engine.oracle.ring import ring_of
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.server import Server

VERBS = {"reads": "read", "writes": "write"}


def rule_of(p: Parameters) -> tuple[Any, ...]:
    return p["when"], p["asynchronous"], tuple(sorted(p["classes"])), p["share"], p["on_write"]


class Callee:
    """Whom the links with one rule lead to."""

    apart = False
    """Reads and writes each have their turns."""

    def __init__(self, server: "Server", first: Wire) -> None:
        self.server = server
        self.link = first.link
        self.rule = first.parameters
        self.wires: list[Wire] = []
        self.accesses: dict[str, Access] = {}
        self.places: Counter[str] = Counter()

    @property
    def when(self) -> str:
        return str(self.rule["when"])

    @property
    def waits(self) -> bool:
        return not self.rule["asynchronous"]

    def add(self, name: str, wire: Wire) -> None:
        self.wires.append(wire)
        if name not in self.accesses:
            self.accesses[name] = self.server.world.access(name)
        self.accesses[name].wires.append(wire)

    def takes(self, request: Request, auto: str | None = None) -> bool:
        """auto: the verb that it is for where the link leaves that to the rule."""
        verb = auto if self.when == "auto" else VERBS.get(self.when)
        of_class = request.traffic in self.rule["classes"]
        return of_class and verb in (None, request.verb) and request.falls_into(self.rule["share"], self.link, self.server.luck)

    def ask(self, verb: str, request: Request, size_kb: float | None = None) -> Steps[Answer]:
        """One after the other has its turn. size_kb: of what is more than a question."""
        turns = verb if self.apart else ""
        access = list(self.accesses.values())[self.places[turns] % len(self.accesses)]
        self.places[turns] += 1
        sized = replace(request, sent_kb=QUESTION_KB if size_kb is None else size_kb)
        return (yield from self.server.through_card(access.ask(verb, sized), size_kb or 0.0))

    def need(self, verb: str, request: Request, size_kb: float | None = None) -> Steps[Answer]:
        """Its failure is that of the request; nobody hears of that of a call without waiting."""
        if self.waits:
            return (yield from self.ask(verb, request, size_kb))
        self.server.env.process(self.ask(verb, request, size_kb))
        return Answer()


class DatabaseCallee(Callee):
    apart = True


class CacheCallee(Callee):
    """The nodes of all caches with the same rule, which one ring of hashes tells apart."""

    @property
    def in_front(self) -> bool:
        return any(cast(Cache, wire.part).behind for wire in self.wires)

    @property
    def is_asked_by_reads(self) -> bool:
        return self.when != "writes"

    def ask(self, verb: str, request: Request, size_kb: float | None = None) -> Steps[Answer]:
        wire = self.wires[ring_of(len(self.wires)).owner(request.key)]
        sized = replace(request, sent_kb=QUESTION_KB if size_kb is None else size_kb)
        return (yield from self.server.through_card(Call(self.server.world, lambda: wire, sized, verb).run(), size_kb or 0.0))


Kind = TypeVar("Kind", bound=Callee)


def alternative(known: list[Kind], kind: type[Kind], server: "Server", wire: Wire) -> Kind:
    for callee in known:
        if rule_of(callee.rule) == rule_of(wire.parameters):
            return callee
    known.append(kind(server, wire))
    return known[-1]


class Wiring:
    def __init__(self, server: "Server") -> None:
        self.server = server
        self.env = server.env
        self.world = server.world
        self.caches: list[CacheCallee] = []
        self.databases: list[DatabaseCallee] = []
        self.services: list[Callee] = []
        self.storages: list[Callee] = []
        self.brokers: list[Callee] = []
        self.flights = Flights(server.env)

    def add(self, name: str, wire: Wire) -> None:
        """Links to caches and databases with the same rule stand for each other; everything else is called by itself."""
        if isinstance(wire.part, Cache):
            alternative(self.caches, CacheCallee, self.server, wire).add(name, wire)
        elif self.world.keeps_data(wire.part):
            alternative(self.databases, DatabaseCallee, self.server, wire).add(name, wire)
        else:
            others = self.services
            if isinstance(wire.part, Broker | ObjectStorage):
                others = self.brokers if isinstance(wire.part, Broker) else self.storages
            if wire.link not in [callee.link for callee in others]:
                others.append(Callee(self.server, wire))
                others.sort(key=lambda callee: callee.link)
            next(callee for callee in others if callee.link == wire.link).add(name, wire)

    def serve(self, request: Request) -> Steps[Answer]:
        """All that a request needs of others: the cause of the first failure, else the version that it has met."""
        answer = yield from (self._read(request) if request.is_read else self._write(request))
        version = answer.version
        if answer.ok:
            services = [callee for callee in self.services if callee.when != "on_miss"]
            answer = yield from self._ask_services(services, request)
            version = answer.version or version
        for callee in self.storages:
            if answer.ok and self._is_for_storage(callee, request):
                answer = yield from callee.need(request.verb, request, request.sent_kb)
                version = answer.version or version
        for callee in self.brokers:
            if answer.ok and callee.takes(request, auto="write"):
                answer = yield from callee.need("publish", request, request.sent_kb)
        return replace(answer, version=version)

    @staticmethod
    def _is_for_storage(callee: Callee, request: Request) -> bool:
        classes = {"auto": ("static", "upload"), "reads": ("static",), "writes": ("upload",)}.get(callee.when)
        return callee.takes(request) and (classes is None or request.traffic in classes)

    # Data

    def _reads_through(self, cache: CacheCallee) -> bool:
        """Whether the cache asks the only database there is, and its answer is the answer."""
        return cache.in_front and not self.databases and not self.server.parameters["own_database"]

    def _read(self, request: Request) -> Steps[Answer]:
        asked = [cache for cache in self.caches if cache.is_asked_by_reads]
        answer = yield from self._look(sorted(asked, key=lambda cache: cache.when == "on_miss"), request)
        for database in self.databases:
            if answer.ok and database.when in ("always", "reads") and database.takes(request):
                found = yield from database.need("read", request)
                answer = replace(found, version=found.version or answer.version)
        return answer

    def _look(self, caches: list[CacheCallee], request: Request) -> Steps[Answer]:
        """In one cache after the other, else where the data are; leave the value in those that did not have it."""
        without: list[CacheCallee] = []
        for cache in caches:
            if not cache.takes(request):
                continue
            found = yield from cache.ask("get", request)
            if (found.ok and found.hit) or self._reads_through(cache):
                if found.ok:
                    yield from self._fill(without, request, found)
                return found
            if found.ok:
                without.append(cache)
        if self.server.parameters["single_flight"] and caches:
            return (yield from self.flights.share(request.key, self._fetch(without, request)))
        return (yield from self._fetch(without, request))

    def _fetch(self, without: list[CacheCallee], request: Request) -> Steps[Answer]:
        answer, fetched = Answer(), False
        if self.server.parameters["own_database"]:
            answer, fetched = (yield from self.server.read_own(request)), True
        for database in self.databases:
            if answer.ok and database.when in ("auto", "on_miss") and database.takes(request):
                found = yield from database.need("read", request)
                answer = replace(found, version=found.version or answer.version)
                fetched = fetched or database.waits
        services = [callee for callee in self.services if callee.when == "on_miss" and callee.takes(request)]
        if answer.ok and services:
            found = yield from self._ask_services(services, request)
            answer = replace(found, version=found.version or answer.version)
            fetched = fetched or any(service.waits for service in services)
        if answer.ok and fetched:
            yield from self._fill(without, request, answer)
        return answer

    def _fill(self, caches: list[CacheCallee], request: Request, found: Answer) -> Steps[None]:
        for cache in reversed(caches):
            yield from cache.need("put", replace(request, version=found.version), found.size_kb)

    def _write(self, request: Request) -> Steps[Answer]:
        for cache in self.caches:
            if cache.when == "always" and cache.takes(request):
                yield from cache.ask("get", request)
        answer = Answer()
        if self.server.parameters["own_database"]:
            answer = yield from self.server.write_own(request)
        for database in self.databases:
            if answer.ok and database.when in ("auto", "always", "writes") and database.takes(request):
                found = yield from database.need("write", request, request.sent_kb)
                answer = replace(found, version=found.version or answer.version)
        for cache in self.caches:
            if answer.ok and cache.takes(replace(request, is_read=False)):
                answer = yield from self._tell_of_write(cache, request, answer)
        return answer

    def _tell_of_write(self, cache: CacheCallee, request: Request, written: Answer) -> Steps[Answer]:
        how = cache.rule["on_write"]
        if self._reads_through(cache):
            return (yield from cache.need("write", request, request.sent_kb))
        if how == "put":
            yield from cache.need("put", replace(request, version=written.version), request.sent_kb)
        elif how == "delete":
            yield from cache.need("delete", request)
        return written

    # Services

    def _ask_services(self, callees: list[Callee], request: Request) -> Steps[Answer]:
        """Each of those that take the request: one after the other, or all at once."""
        taking = [callee for callee in callees if callee.takes(request)]
        if self.server.parameters["calls"] == "parallel" and sum(callee.waits for callee in callees) > 1:
            return (yield from self._ask_together(taking, request))
        version, size_kb = 0, 0.0
        for callee in taking:
            answer = yield from callee.need(request.verb, request, request.sent_kb)
            if not answer.ok:
                return answer
            version, size_kb = answer.version or version, answer.size_kb
        return Answer(version=version, size_kb=size_kb)

    def _ask_together(self, callees: list[Callee], request: Request) -> Steps[Answer]:
        """Until all have answered, or the first has failed."""
        asked = [self.env.process(callee.need(request.verb, request, request.sent_kb)) for callee in callees]
        while True:
            answers = [cast(Answer, process.value) for process in asked if process.triggered]
            failed = [answer for answer in answers if not answer.ok]
            if failed:
                return failed[0]
            if len(answers) == len(asked):
                return Answer(version=max((answer.version for answer in answers), default=0))
            yield simpy.AnyOf(self.env, [process for process in asked if not process.triggered])
