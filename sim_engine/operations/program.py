"""Writes a component's paths as the kernel's code. Read top to bottom, a path says what happens to a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sim_engine.causes import CODE
from sim_engine.operations import codes as op
from sim_engine.operations.codes import LAST_REPLY, OWN_REQUEST, SMALL, VERB_CODE
from sim_engine.operations.names import Names


@dataclass(slots=True)
class Label:
    place: int = -1
    uses: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    op: int
    a: int = 0
    b: int = 0
    c: int = 0
    salt: int = 0


REQUEST_SIZES = {"small": SMALL, "own": OWN_REQUEST, "reply": LAST_REPLY}


class Program:
    """Collects the rows of one component's code. `names` knows where its pools, routes and parameters are."""

    def __init__(self, names: Names) -> None:
        self.rows: list[Row] = []
        self.entries: dict[int, int] = {}
        self._names = names
        self._path = ""

    def path(self, *verbs: str) -> None:
        """Begins the path of these verbs."""
        for verb in verbs:
            self.entries[VERB_CODE[verb]] = len(self.rows)
        self._path = verbs[0]

    # -- resources
    def take(self, pool: str, amount: str | None = None) -> None:
        self._emit(op.TAKE, self._names.pool(pool), -1 if amount is None else self._names.parameter(amount))

    def serve(self, station: str, duration: str) -> None:
        self._emit(op.SERVE, self._names.pool(station), self._names.duration(duration), salt=duration)

    def transmit(self, card: str) -> None:
        self._emit(op.TRANSMIT, self._names.pool(card))

    # -- calls
    def call(self, port: str, verb: str | None = None, size: str = "small", by_verb: str | None = None) -> None:
        code = -1 if verb is None else VERB_CODE[verb]
        route = self._names.route(port, by_verb)
        self._emit(op.CALL, route, code, REQUEST_SIZES[size], salt=f"call {port} {verb}", shared=True)

    def call_all(self, port: str, verb: str) -> None:
        self._emit(op.CALL_ALL, self._names.route(port, None), VERB_CODE[verb], salt=f"call {port} {verb}", shared=True)

    def spawn(self, port: str, verb: str) -> None:
        self._emit(op.SPAWN, self._names.route(port, None), VERB_CODE[verb], salt=f"spawn {port}", shared=True)

    def send(self, verb: str) -> None:
        self._emit(op.SEND, 0, VERB_CODE[verb])

    # -- time
    def next_tick(self, period: str) -> None:
        self._emit(op.NEXT_TICK, 0, self._names.parameter(period))

    # -- flow
    def label(self) -> Label:
        return Label()

    def place(self, label: Label) -> None:
        label.place = len(self.rows)
        for use in label.uses:
            self.rows[use].a = label.place

    def jump(self, label: Label) -> None:
        self._jump(op.JUMP, label)

    def jump_if_failed(self, label: Label) -> None:
        self._jump(op.IF_FAILED, label)

    def jump_if_hit(self, label: Label) -> None:
        self._jump(op.IF_HIT, label)

    @contextmanager
    def if_verb(self, verb: str) -> Iterator[None]:
        with self._only(op.IF_VERB, VERB_CODE[verb]):
            yield

    @contextmanager
    def if_hit(self) -> Iterator[None]:
        with self._only(op.IF_HIT):
            yield

    @contextmanager
    def if_flag(self) -> Iterator[None]:
        with self._only(op.IF_FLAG):
            yield

    def flag_if_ok(self) -> None:
        self._emit(op.FLAG_IF_OK)

    def clear(self) -> None:
        self._emit(op.CLEAR)

    def stop_if_failed(self) -> None:
        self._emit(op.STOP_IF_FAILED)

    def stop(self, cause: str) -> None:
        self._emit(op.STOP, 0, CODE[cause])

    def size(self, parameter: str) -> None:
        self._emit(op.SIZE, 0, self._names.parameter(parameter))

    def reply(self) -> None:
        self._emit(op.END)

    # -- clients
    def issue(self) -> None:
        self._emit(op.ISSUE)

    def retry(self, label: Label, first_parameter: str) -> None:
        label.uses.append(len(self.rows))
        self._emit(op.RETRY, label.place, self._names.parameter(first_parameter), salt="backoff")

    def record(self) -> None:
        self._emit(op.RECORD)

    def think(self, duration: str) -> None:
        self._emit(op.THINK, 0, self._names.duration(duration), salt=duration)

    def leave(self) -> None:
        self._emit(op.LEAVE)

    # -- data
    def look_up(self) -> None:
        self._emit(op.LOOKUP, self._names.cache())

    def fill(self, time_to_live: str) -> None:
        self._emit(op.FILL, self._names.cache(), self._names.parameter(time_to_live))

    def remove(self) -> None:
        self._emit(op.REMOVE, self._names.cache())

    def read_version(self) -> None:
        self._emit(op.READ_VERSION)

    def require_primary(self) -> None:
        self._emit(op.REQUIRE_PRIMARY)

    def commit(self) -> None:
        self._emit(op.COMMIT)

    def apply(self) -> None:
        self._emit(op.APPLY)

    # -- inside
    @contextmanager
    def _only(self, code: int, b: int = 0) -> Iterator[None]:
        inside, after = Label(), Label()
        self._jump(code, inside, b)
        self._jump(op.JUMP, after)
        self.place(inside)
        yield
        self.place(after)

    def _jump(self, code: int, label: Label, b: int = 0) -> None:
        label.uses.append(len(self.rows))
        self._emit(code, label.place, b)

    def _emit(self, code: int, a: int = 0, b: int = 0, c: int = 0, salt: str | None = None, shared: bool = False) -> None:
        number = 0
        if salt is not None:
            # calls salt by what is asked for, not by who asks, so that a request has the same luck along every path
            number = self._names.salt(salt, shared) if shared else self._names.salt(f"{self._path} {salt}", False)
        self.rows.append(Row(code, a, b, c, number))
