"""Wide-column store: equal nodes, each key at several of them, done when enough have answered."""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Pool, Request, Steps, draw, tail_of
from tests.engine.oracle.designs import INNER_LINK
from tests.engine.oracle.ring import ring_of
from tests.engine.oracle.stations import Station
from tests.engine.oracle.waiting import all_answers, enough_answers
from tests.engine.oracle.wires import Lane, Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

WRITES_IN_A_HINT = 100


class WideColumn(Part):
    """One node. What a request meets where it comes to is the coordinator's work, a copy's is `copy_read` and `copy_write`."""

    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        p = parameters
        self.connections = Pool(self.env, p["max_connections"], p["connection_queue_limit"], self.queue)
        self.cpu = Station(self.env, p["cores"], self.queue)
        self.versions: Counter[int] = Counter()
        self.died_at = 0.0
        self.programs = {
            "read": self._coordinate,
            "write": self._coordinate,
            "copy_read": self._read_copy,
            "copy_write": self._write_copy,
            "hints": self._take_hints,
        }

    def start(self) -> None:
        self.nodes: list[WideColumn] = self.world.parts[self.name]  # type: ignore[assignment]
        self.given: Counter[int] = self.nodes[0].given if self is not self.nodes[0] else Counter()
        network = INNER_LINK | {f"latency_{of[8:]}": value for of, value in self.parameters.items() if of.startswith("network_")}
        lanes = Lane(self.world, network), Lane(self.world, network)
        self.wires = [Wire(self, node, self.name, network, lanes) for node in self.nodes]

    @property
    def is_called(self) -> bool:
        """Nobody asks a node that has been dead for so long that all know it."""
        return self.alive or self.env.now < self.died_at + self.parameters["detection_s"]

    def _up(self, copies: list[int]) -> list[int]:
        return [copy for copy in copies if self.nodes[copy].is_called]

    def _coordinate(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self.connections.is_full():
            return Answer("pool_exhausted")
        with self.connections.take() as connection:
            yield from connection
            yield from self.cpu.serve(p["coordinate_ms"] * MS)
            copies = ring_of(len(self.nodes)).owners(request.key, p["replication_factor"])
            return (yield from (self._read(request, copies) if request.is_read else self._write(request, copies)))

    def _write(self, request: Request, copies: list[int]) -> Steps[Answer]:
        wanted, up = self.parameters["write_consistency"], self._up(copies)
        if len(up) < wanted:
            return Answer("no_quorum")
        version = request.version or max(self.given[request.key], self.world.acknowledged[request.key]) + 1
        self.given[request.key] = max(self.given[request.key], version)
        write = replace(request, version=version)
        asked = up if self.parameters["writes_to"] == "all" else self.luck.sample(up, wanted)
        answer = yield from enough_answers(self.env, [self._ask("copy_write", write, copy) for copy in asked], wanted)
        return Answer(version=write.version) if answer.ok else answer

    def _read(self, request: Request, copies: list[int]) -> Steps[Answer]:
        wanted, up = self.parameters["read_consistency"], self._up(copies)
        if len(up) < wanted:
            return Answer("no_quorum")
        asked = self.luck.sample(up, wanted)
        answer = yield from enough_answers(self.env, [self._ask("copy_read", request, copy) for copy in asked], wanted)
        if answer.ok and self.luck.random() < self.parameters["read_repair"]:
            self.env.process(self._repair(request, copies))
        return answer

    def _repair(self, request: Request, copies: list[int]) -> Steps[None]:
        """Asks all copies; where they differ the newest is written to all."""
        found: set[int] = set()
        up = self._up(copies)

        def ask(copy: int) -> Steps[Answer]:
            answer = yield from self._ask("copy_read", request, copy)
            found.add(answer.version)
            return answer

        answer = yield from all_answers(self.env, [ask(copy) for copy in up])
        if answer.ok and len(found) > 1:
            newest = replace(request, version=answer.version)
            yield from all_answers(self.env, [self.wires[copy].call("copy_write", newest) for copy in up])

    def _ask(self, verb: str, request: Request, copy: int) -> Steps[Answer]:
        return (yield from self.wires[copy].call(verb, request))

    def _read_copy(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        yield from self.cpu.serve(
            request.cost * draw(self.luck, p["service_distribution"], p["read_ms"] * MS, p["service_cv"], tail_of(p, "service"))
        )
        return Answer(version=self.versions[request.key], size_kb=request.wanted_kb or p["row_kb"])

    def _write_copy(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        yield from self.cpu.serve(
            request.cost * draw(self.luck, p["service_distribution"], p["write_ms"] * MS, p["service_cv"], tail_of(p, "service"))
        )
        if self.disk_full:
            return Answer("disk_full")
        self.versions[request.key] = max(self.versions[request.key], request.version)
        return Answer()

    def forget(self) -> None:
        self.died_at = self.env.now

    def come_back(self) -> None:
        if self.env.now - self.died_at <= self.parameters["hint_window_s"]:
            self.env.process(self._catch_up())

    def disk_freed(self) -> None:
        """However long it was full."""
        if self.alive:
            self.env.process(self._catch_up())

    def leaking(self) -> list[Pool]:
        return [self.connections]

    def newest(self, key: int) -> int:
        return max(node.versions[key] for node in self.nodes)

    def _catch_up(self) -> Steps[None]:
        """Another node hands over what was missed, in messages that cost what the writes would have cost."""
        place = self.nodes.index(self)
        left = sum(newest - self.versions[key] for key, newest in self._kept_by_others(place).items())
        while left > 0:
            batch = min(WRITES_IN_A_HINT, left)
            yield from self.wires[place].call("hints", Request(False, cost=batch))
            left -= batch
        self.versions |= self._kept_by_others(place)

    def _kept_by_others(self, place: int) -> Counter[int]:
        """The newest version that anybody alive has of each key that is kept here."""
        newest: Counter[int] = Counter()
        for node in self.nodes:
            if node.alive:
                newest |= node.versions
        copies = self.parameters["replication_factor"]
        return Counter({key: newest[key] for key in newest if place in ring_of(len(self.nodes)).owners(key, copies)})

    def _take_hints(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        yield from self.cpu.serve(
            request.cost * draw(self.luck, p["service_distribution"], p["write_ms"] * MS, p["service_cv"], tail_of(p, "service"))
        )
        return Answer()

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.connections.utilisation()]
