"""Writes a component's paths as the kernel's code. Read top to bottom, a path says what happens to a request."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sim_engine.causes import CODE
from sim_engine.operations import codes as op
from sim_engine.operations.codes import ACKNOWLEDGEMENT, CLASS_NAMES, LAST_REPLY, MOST_FLAGS, OWN_REQUEST, PUT, SMALL, VERB_CODE
from sim_engine.operations.names import Names
from sim_engine.operations.straight import Row, straighten


@dataclass(slots=True)
class Label:
    place: int = -1
    uses: list[int] = field(default_factory=list)


CLASS_CODE = {name: code for code, name in enumerate(CLASS_NAMES)}


def class_mask(names: Iterable[str]) -> int:
    """Traffic classes as bits."""
    return sum(1 << CLASS_CODE[name] for name in names)


REQUEST_SIZES = {"small": SMALL, "own": OWN_REQUEST, "reply": LAST_REPLY}


def _bit(flag: int) -> int:
    assert 0 <= flag < MOST_FLAGS, "a task has no more flags"
    return 1 << flag


class Program:
    """Collects the rows of one component's code. `names` knows where its pools, routes and parameters are."""

    def __init__(self, names: Names) -> None:
        self.rows: list[Row] = []
        self.entries: dict[int, int] = {}
        self._names = names
        self._path = ""
        self._branching = False
        self._ways: tuple[int, int] | None = None

    def finish(self) -> None:
        """Nothing more comes: the program becomes what the kernel runs."""
        straighten(self.rows, self.entries)

    def path(self, *verbs: str) -> None:
        """Begins the path of these verbs."""
        for verb in verbs:
            self.entries[VERB_CODE[verb]] = len(self.rows)
        self._path = verbs[0]

    # -- resources
    def take(self, pool: str, amount: str | None = None) -> None:
        self._emit(op.TAKE, self._names.pool(pool), -1 if amount is None else self._names.parameter(amount))

    def serve(self, station: str, duration: str, by_cost: bool = False, steady: bool = False) -> None:
        """Waits for a server of the station and is served.

        by_cost: the time is multiplied with the cost of the request's class. steady: a slow machine does not stretch it
        (health checks: a sick machine still passes them).
        """
        scale = (op.BY_COST if by_cost else 0) | (0 if steady else op.BY_SLOWNESS)
        self._emit(op.SERVE, self._names.pool(station), self._names.duration(duration), scale, salt=duration)

    def transmit(self, card: str) -> None:
        """The answer goes out through this direction of a network card."""
        self._emit(op.TRANSMIT, self._names.pool(card), LAST_REPLY)

    def receive(self, card: str) -> None:
        """The request comes in through it."""
        self._emit(op.TRANSMIT, self._names.pool(card), OWN_REQUEST)

    def call_through(self, sends: str, receives: str) -> None:
        """All calls go through these two directions of a network card, but for the few bytes that ask for something."""
        self._ways = self._names.pool(sends), self._names.pool(receives)

    # -- calls
    def call(self, port: str, verb: str | None = None, size: str = "small", by_verb: str | None = None) -> None:
        code = -1 if verb is None else VERB_CODE[verb]
        self._call(self._names.route(port, by_verb), code, REQUEST_SIZES[size], f"call {port} {verb}")

    def call_link(self, link_id: str, verb: str | None = None, size: str = "own") -> None:
        """A call over one link, whatever else the port leads to."""
        self.call_links(self._names.port(link_id), (link_id,), verb, size)

    def call_links(
        self, port: str, link_ids: tuple[str, ...], verb: str | None = None, size: str = "small", by_verb: str | None = None
    ) -> None:
        """A call over one of some of a port's links."""
        code = -1 if verb is None else VERB_CODE[verb]
        route = self._names.links_route(port, link_ids, by_verb)
        targets = " ".join(sorted(self._names.target(link_id) for link_id in link_ids))
        self._call(route, code, REQUEST_SIZES[size], f"call {targets} {verb}")

    def _call(self, route: int, verb: int, size: int, salt: str) -> None:
        if self._ways is not None and size != SMALL:
            self._emit(op.TRANSMIT, self._ways[0], size)
        self._emit(op.CALL, route, verb, size, salt=salt, shared=True)
        if self._ways is not None:
            self._emit(op.TRANSMIT, self._ways[1], ACKNOWLEDGEMENT if verb == PUT else LAST_REPLY)

    def call_chosen(self, port: str, verb: str | None = None, size: str = "own") -> None:
        """Calls whom an answer has named (a name's resolution); fails like `port` when nobody was."""
        code = -1 if verb is None else VERB_CODE[verb]
        route = self._names.route(port, None)
        self._emit(op.CALL_CHOSEN, route, code, REQUEST_SIZES[size], salt=f"call {port} {verb}", shared=True)

    def answer(self, port: str, time_to_live: str) -> None:
        """Names a member of the port's route in the reply, good for so long."""
        self._emit(op.ANSWER, self._names.route(port, None), self._names.parameter(time_to_live))

    def keep_answer(self, resolvers: str) -> None:
        self._emit(op.KEEP_ANSWER, 0, self._names.resolver(), self._names.parameter(resolvers))

    def jump_if_resolved(self, label: "Label", resolvers: str) -> None:
        label.uses.append(len(self.rows))
        self._emit(op.IF_RESOLVED, label.place, self._names.resolver(), self._names.parameter(resolvers))

    @contextmanager
    def branch(self) -> Iterator[None]:
        """What is written inside runs beside the rest, until join()."""
        kind = op.FURTHER_BRANCH if self._branching else op.FIRST_BRANCH
        self._branching = True
        with self._forked(kind, -1):
            yield

    @contextmanager
    def branches(self, how_many: str) -> Iterator[None]:
        """As many branches as the parameter says, but no more than what draw_count() has counted out; join() waits for all."""
        with self._forked(op.FIRST_BRANCH, self._names.parameter(how_many)):
            yield
        self._branching = True

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is written inside runs beside the rest, and nobody waits for it."""
        with self._forked(op.DETACHED, -1):
            yield

    def join(self) -> None:
        """Waits for all branches; fails with the cause of the first that fails."""
        self._branching = False
        self._emit(op.JOIN)

    @contextmanager
    def _forked(self, kind: int, how_many: int) -> Iterator[None]:
        inside, after = Label(), Label()
        inside.uses.append(len(self.rows))
        self._emit(op.FORK, 0, kind, how_many, salt="fork")
        self._jump(op.JUMP, after)
        self.place(inside)
        branching, self._branching = self._branching, False
        yield
        self._branching = branching
        self.reply()
        self.place(after)

    def limit(self, first_parameter: str) -> None:
        """Turns away or delays what comes too fast: kind, rate, burst, window and by_address follow each other."""
        self._emit(op.LIMIT, self._names.limiter(), self._names.parameter(first_parameter))

    def call_all(self, port: str, verb: str, needed: str | None = None) -> None:
        """Calls everybody behind a port at once; waits for all, or for as many as the parameter `needed` says."""
        enough = 0 if needed is None else 1 + self._names.parameter(needed)
        self._emit(op.CALL_ALL, self._names.route(port, None), VERB_CODE[verb], enough, salt=f"call {port} {verb}", shared=True)

    def spawn(self, port: str, verb: str) -> None:
        self._emit(op.SPAWN, self._names.route(port, None), VERB_CODE[verb], salt=f"spawn {port}", shared=True)

    def send(self, verb: str) -> None:
        self._emit(op.SEND, 0, VERB_CODE[verb])

    # -- time
    def delay(self, duration: str) -> None:
        """Waits for a drawn time, holding what it holds."""
        self._emit(op.DELAY, 0, self._names.duration(duration), salt=duration)

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

    def jump_if_full(self, label: Label) -> None:
        """Whether the component's own cache has no room for one more key."""
        self._jump(op.IF_FULL, label, self._names.cache())

    @contextmanager
    def if_verb(self, verb: str) -> Iterator[None]:
        with self._only(op.IF_VERB, VERB_CODE[verb]):
            yield

    @contextmanager
    def if_hit(self) -> Iterator[None]:
        with self._only(op.IF_HIT):
            yield

    @contextmanager
    def if_flag(self, flag: int = 0) -> Iterator[None]:
        with self._only(op.IF_FLAG, _bit(flag)):
            yield

    @contextmanager
    def if_class(self, *names: str) -> Iterator[None]:
        """Only for requests of these traffic classes."""
        with self._only(op.IF_CLASS, class_mask(names)):
            yield

    @contextmanager
    def if_chance(self, parameter: str) -> Iterator[None]:
        """Only for this share of the requests."""
        inside, after = Label(), Label()
        inside.uses.append(len(self.rows))
        self._emit(op.IF_CHANCE, 0, self._names.parameter(parameter), salt=parameter)
        self._jump(op.JUMP, after)
        self.place(inside)
        yield
        self.place(after)

    @contextmanager
    def by_rule(self, link_id: str) -> Iterator[None]:
        """Only for the classes and the share of requests that the link's rule lets over it."""
        inside, after = Label(), Label()
        chosen = Label()
        self._jump(op.IF_IN_SET, chosen, self._names.link_parameter(link_id, "classes"))
        self._jump(op.JUMP, after)
        self.place(chosen)
        inside.uses.append(len(self.rows))
        self._emit(op.IF_CHANCE, 0, self._names.link_parameter(link_id, "share"), salt=f"share {link_id}", shared=True)
        self._jump(op.JUMP, after)
        self.place(inside)
        yield
        self.place(after)

    def jump_if_none_left(self, label: Label, of_parent: bool = False) -> None:
        """Counts one down of what draw_count() has drawn, here or in the task that forked this one; jumps when none is left."""
        label.uses.append(len(self.rows))
        self._emit(op.IF_NONE_LEFT, label.place, 0, op.PARENT if of_parent else op.OWN)

    def flag_if_ok(self, flag: int = 0) -> None:
        """Remembers whether the last call was good, for if_flag(). flag: its number, below MOST_FLAGS."""
        self._emit(op.FLAG_IF_OK, 0, _bit(flag))

    def clear(self) -> None:
        self._emit(op.CLEAR)

    def fail(self, cause: str) -> None:
        """Goes on with this cause."""
        self._emit(op.CLEAR, 0, CODE[cause])

    def stop_if_failed(self) -> None:
        self._emit(op.STOP_IF_FAILED)

    def stop(self, cause: str) -> None:
        self._emit(op.STOP, 0, CODE[cause])

    def size(self, parameter: str) -> None:
        self._emit(op.SIZE, 0, self._names.parameter(parameter))

    def reply(self) -> None:
        self._emit(op.END)

    # -- clients
    def issue(self, kind: str | None = None) -> None:
        """Draws the next request; of this class, or of one by their shares."""
        self._emit(op.ISSUE, 0, -1 if kind is None else CLASS_CODE[kind])

    def visit(self) -> None:
        """A new visitor with an address of its own."""
        self._emit(op.VISIT)

    def draw_count(self, mean: str, geometric: bool = False) -> None:
        self._emit(op.DRAW_COUNT, 0, self._names.parameter(mean), op.GEOMETRIC if geometric else op.FIXED, salt=f"count {mean}")

    def begin_page(self) -> None:
        self._emit(op.BEGIN_PAGE)

    def end_page(self) -> None:
        self._emit(op.END_PAGE)

    def retry(self, label: Label, first_parameter: str) -> None:
        label.uses.append(len(self.rows))
        self._emit(op.RETRY, label.place, self._names.parameter(first_parameter), salt="backoff")

    def record(self) -> None:
        self._emit(op.RECORD)

    def think(self, duration: str) -> None:
        self._emit(op.THINK, 0, self._names.duration(duration), salt=duration)

    def leave(self) -> None:
        self._emit(op.LEAVE)

    def again(self) -> None:
        """From the beginning, with what the program is by then."""
        self._emit(op.AGAIN)

    # -- data
    def look_up(self, stale_too: bool = False) -> None:
        """Asks the component's own cache. stale_too: what has expired is good enough, and nobody counts it."""
        self._emit(op.LOOKUP, self._names.cache(), int(stale_too))

    def read_content(self) -> None:
        """The newest version of a static object."""
        self._emit(op.READ_CONTENT)

    def fill(self, time_to_live: str, jitter: str | None = None) -> None:
        """Puts the value into the component's own cache. time_to_live: "" for ever. jitter: share by which its life varies."""
        spread = -1 if jitter is None else self._names.parameter(jitter)
        life = self._names.parameter(time_to_live) if time_to_live else self._names.nothing()
        self._emit(op.FILL, self._names.cache(), life, spread, salt="jitter")

    def lead_or_follow(self, label: Label) -> None:
        """The first request for a key goes on; those who come until land() (or its end) wait, and go on at the label with its outcome."""
        label.uses.append(len(self.rows))
        self._emit(op.LEAD, label.place, 1 + self._names.column("flights"))

    def land(self) -> None:
        self._emit(op.LAND)

    def lock_key(self) -> None:
        """Waits for the lock of the key; the end gives it to the next."""
        self._emit(op.LOCK, 0, 1 + self._names.column("locks"))

    def new_version(self, kept: bool = False) -> None:
        """The next version of a key that several nodes may write. kept: the database that the write comes to later keeps it."""
        self._emit(op.NEW_VERSION, 0, int(kept))

    def keep_version(self) -> None:
        self._emit(op.KEEP_VERSION)

    def store(self, share: str | None = None, keeps: bool = True) -> None:
        """What the request carries goes to the component's disk; ends it with `disk_full` when there is no room for it.

        share: parameter that says how much of it stays there. not keeps: only looks whether there is room (queues keep messages).
        """
        part = -1 if share is None else self._names.parameter(share)
        self._emit(op.STORE, 0, part, op.KEEPS if keeps else op.CHECKS_ROOM)

    def call_replicas(self, port: str, verb: str, copies: str, needed: str, asked: str) -> None:
        """Calls those on the port's ring who keep the key. Parameters: how many do, must answer ("": all that are asked), are asked.

        The flag says afterwards whether the versions that a "get" has met differ. A "put" gives the write its version.
        """
        route, code = self._names.route(port, None), VERB_CODE[verb]
        self._emit(op.CALL_REPLICAS, route, code, self._names.block((copies, needed, asked)), salt=f"call {port} {verb}", shared=True)

    # -- messages
    def publish(self, by_key: bool = False, first: int = 0, how_many: int | None = None) -> None:
        """A message with what the request carries: a copy into each of the component's queues, or into one by its key.

        first, how_many: only of these of its queues.
        """
        start, count = self._names.queues()
        code = op.PUBLISH_BY_KEY if by_key else op.PUBLISH_ALL
        self._emit(code, start + first, count if how_many is None else how_many, salt="partition")

    def acknowledge(self, most_deliveries: str, rest: str) -> None:
        """Ends a delivery by its outcome: done; else after a rest another try, and after so many the dead letters."""
        self._emit(op.ACKNOWLEDGE, 0, self._names.parameter(most_deliveries), self._names.parameter(rest))

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
