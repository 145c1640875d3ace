"""Object storage: a connection, the way in through its network card, the time to the first byte, and the way out."""

from typing import TYPE_CHECKING

from tests.engine.oracle.basics import MS, Answer, Level, Parameters, Part, Pool, Request, Steps, draw
from tests.engine.oracle.stations import Station

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


class ObjectStorage(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.connections = Pool(self.env, parameters["max_connections"], 0, self.queue)
        self.card = Station(self.env, 1, Level(self.env), sends_late=True)
        self.card_in = Station(self.env, 1, Level(self.env), sends_late=True)
        self.programs = {"read": self._serve, "write": self._serve}

    def _serve(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self._pass(self.card_in, request.sent_kb)
            yield self.env.timeout(draw(self.luck, p["first_byte_distribution"], p["first_byte_ms"] * MS, p["first_byte_cv"]))
            if not request.is_read:
                return Answer()
            size_kb = request.wanted_kb or p["object_kb"]
            yield from self._pass(self.card, size_kb)
            return Answer(version=self.world.newest(request), size_kb=size_kb)

    def _pass(self, card: Station, size_kb: float) -> Steps[None]:
        speed = self.parameters["network_mbit_s"]
        if speed:  # what has no size waits its turn, too
            yield from card.serve(8 * size_kb / (1000 * speed))

    def resources(self) -> list[float]:
        return [self.card.utilisation(), self.card_in.utilisation(), self.connections.utilisation()]
