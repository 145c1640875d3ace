"""Workers that do jobs in the background, and schedulers that create them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.engine.oracle.access import Access
from tests.engine.oracle.basics import MS, QUESTION_KB, Answer, Parameters, Part, Pool, Request, Steps, draw
from tests.engine.oracle.clients import Clients
from tests.engine.oracle.designs import BARE
from tests.engine.oracle.messages import Broker
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


class Worker(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.workers = Pool(self.env, parameters["workers"], parameters["queue_limit"], self.queue)
        self.cpu = Station(self.env, parameters["cores"], self.queue)
        self.databases: dict[str, Access] = {}
        self.services: list[Wire] = []
        self.brokers: list[Wire] = []
        self.programs = {"read": self._work, "write": self._work, "check": self._check}

    def connect(self, target_name: str, wire: Wire) -> None:
        if isinstance(wire.part, Broker):
            self.brokers.append(wire)
        elif self.world.keeps_data(wire.part):
            self.databases.setdefault(target_name, self.world.access(target_name)).wires.append(wire)
        else:
            self.services.append(wire)

    def _work(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self.workers.is_full():
            return Answer("queue_full")
        with self.workers.take() as worker:
            yield from worker
            yield from self.cpu.serve(draw(self.luck, p["service_distribution"], p["service_ms"] * MS * request.cost, p["service_cv"]))
            answer = yield from self._ask_others(request)
            if answer.ok and (request.is_poison or self.luck.random() < p["failure_ratio"]):
                return Answer("error")
            return answer

    def _ask_others(self, request: Request) -> Steps[Answer]:
        version = 0
        for access in self.databases.values():
            answer = yield from access.ask(request.verb, replace(request, sent_kb=QUESTION_KB) if request.is_read else request)
            if not answer.ok:
                return answer
            version = answer.version
        for verb, wires in ((request.verb, self.services), ("publish", self.brokers)):
            for wire in wires:
                answer = yield from wire.call(verb, request)
                if not answer.ok:
                    return answer
        return Answer(version=version)

    def _check(self, request: Request) -> Steps[Answer]:
        yield from self.cpu.serve(self.parameters["health_check_ms"] * MS)
        return Answer()

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.workers.utilisation()]


class Scheduler(Clients):
    """So many jobs at equal intervals, all at once: clients whose requests are all background work."""

    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        p = parameters
        super().__init__(
            world, name, BARE["clients"] | p | {"background_zipf": p["zipf_exponent"], "background_request_kb": p["request_kb"]}
        )

    def start(self) -> None:
        self.has_one_store = False
        self.env.process(self._create())

    def _create(self) -> Steps[None]:
        while True:
            yield self.env.timeout(self.parameters["interval_s"])
            for _ in range(self.parameters["jobs"]):
                self.env.process(self.request("background", 0))

    def _attempt(self, request: Request) -> Steps[Answer]:
        choose = self.routes.chooser(request)
        wire = choose and choose()
        assert wire is not None
        verb = "publish" if isinstance(wire.part, Broker) else request.verb
        return (yield from wire.send(verb, request, self.parameters["timeout_ms"] * MS))
