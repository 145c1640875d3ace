"""Wiring: the calls that a component makes for a request, as follows from what it is linked to and from its links' rules.

A cache and a database make cache-aside; several further services are different services, each called for every request.
Links of one port with the same rule are alternatives where the port holds data: one after the other has its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sim_engine.components.link import LINK, SHAPES_CODE
from sim_engine.operations.codes import MOST_FLAGS

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.instance import Instance

ON_A_MISS: Final = "on_miss"
# `when` of a link, by what the call is for
CACHE_IS_ASKED_BY_READS: Final = ("auto", "always", "reads", ON_A_MISS)
CACHE_IS_ASKED_BY_WRITES: Final = ("always",)
CACHE_FORGETS_WHAT_IS_WRITTEN: Final = ("auto", "always", "writes", ON_A_MISS)
CACHE_TAKES_WRITES: Final = ("auto", "always", "writes")
DATABASE_READS_WHAT_MISSED: Final = ("auto", ON_A_MISS)
DATABASE_READS_ALL: Final = ("always", "reads")
DATABASE_WRITES: Final = ("auto", "always", "writes")


@dataclass(frozen=True, slots=True)
class Callee:
    """Who is called by a rule: one of these links. whole: they are all links of the port."""

    port: str
    links: tuple[str, ...]
    whole: bool
    by_verb: bool
    when: str
    waits: bool
    selects: bool  # not every class, or not every request
    on_write: str  # what becomes of a key in a cache
    in_front: bool  # a cache that has its database behind it
    alone: bool  # and nothing else keeps the data

    def call(self, on: Program, verb: str | None = None, size: str = "small") -> None:
        by_verb = verb if self.by_verb else None
        if self.whole:
            on.call(self.port, verb, size, by_verb)
        else:
            on.call_links(self.port, self.links, verb, size, by_verb)

    @contextmanager
    def chosen(self, on: Program) -> Iterator[None]:
        """Only for the requests that the rule lets through."""
        if not self.selects:
            yield
            return
        with on.by_rule(self.links[0]):
            yield

    def tell(self, on: Program, verb: str, size: str = "small") -> None:
        """A call whose failure does not matter."""
        with self.chosen(on):
            if self.waits:
                self.call(on, verb, size)
                on.clear()
            else:
                with on.aside():
                    self.call(on, verb, size)

    def need(self, on: Program, verb: str | None = None, size: str = "small") -> None:
        """A call whose failure is that of the request."""
        with self.chosen(on):
            if self.waits:
                self.call(on, verb, size)
                on.stop_if_failed()
            else:
                with on.aside():
                    self.call(on, verb, size)


def _callee(me: Instance, port: str, links: list[str], whole: bool) -> Callee:
    rule = me.rule(links[0])
    selects = any(rule[name] != LINK.parameter(name).default for name in ("classes", "share"))
    in_front = any(me.group.leads_on(link_id, "database") for link_id in links)
    alone = in_front and not me.links_of("database") and not me.read("own_database", False)
    return Callee(
        port, tuple(links), whole, me.port(port).by_verb, str(rule["when"]), not rule["asynchronous"], selects, str(rule["on_write"]),
        in_front, alone,
    )  # fmt: skip


def alternatives(me: Instance, port: str) -> list[Callee]:
    """The links of a port; those with the same rule take turns."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    for link_id in me.links_of(port):
        rule = me.rule(link_id)
        alike.setdefault(tuple(rule[name] for name in SHAPES_CODE), []).append(link_id)
    return [_callee(me, port, links, len(alike) == 1) for links in alike.values()]


def each(me: Instance, port: str) -> list[Callee]:
    """The links of a port, each for itself."""
    links = me.links_of(port)
    return [_callee(me, port, [link_id], len(links) == 1) for link_id in links]


@dataclass(frozen=True, slots=True)
class OwnData:
    """What a component that keeps data itself does with a read and with a write. It comes before the databases that are linked."""

    read: Callable[[], None]
    write: Callable[[], None]


def call_data_and_services(on: Program, me: Instance, parallel: bool, own: OwnData | None = None) -> None:
    """Caches, databases and further services, for a read or a write; the request ends with the cause of what it needed and did not get."""
    caches, databases, services = alternatives(me, "cache"), alternatives(me, "database"), each(me, "service")
    when_missed = [service for service in services if service.when == ON_A_MISS]
    with on.if_verb("read"):
        _read(on, own, caches, databases, when_missed, parallel, bool(me.read("single_flight", False)))
    with on.if_verb("write"):
        _write(on, own, caches, databases)
    call_services(on, [service for service in services if service.when != ON_A_MISS], parallel)
    for storage in each(me, "storage"):
        _use_storage(on, storage)
    publish(on, me)


def _use_storage(on: Program, storage: Callee) -> None:
    """Files are fetched from object storage and uploads put there, unless the rule of its link says otherwise."""
    classes = {"auto": ("static", "upload"), "reads": ("static",), "writes": ("upload",)}.get(storage.when)
    if classes is None:
        storage.need(on, None, "own")
        return
    with on.if_class(*classes):
        storage.need(on, None, "own")


def publish(on: Program, me: Instance) -> None:
    """A message to each queue: for what is written, unless the rule of its link says otherwise; the broker's answer is waited for."""
    for queue in each(me, "queue"):
        with _for_verb(on, queue, "write"):
            queue.need(on, "publish", "own")


def _read(
    on: Program, own: OwnData | None, caches: list[Callee], databases: list[Callee], services: list[Callee], parallel: bool,
    single_flight: bool,
) -> None:  # fmt: skip
    behind = [database for database in databases if database.when in DATABASE_READS_WHAT_MISSED]

    def fetch() -> bool:
        if own is not None:
            own.read()
        for database in behind:
            database.need(on, "read")
        call_services(on, services, parallel)
        return own is not None or any(callee.waits for callee in (*behind, *services))

    fetched = on.label()

    def fetch_or_wait() -> bool:
        """Of those who want the same key at the same time only the first fetches it; the others go on with its outcome."""
        on.lead_or_follow(fetched)
        return fetch()

    asked = [cache for cache in caches if cache.when in CACHE_IS_ASKED_BY_READS]
    _ask(on, sorted(asked, key=lambda cache: cache.when == ON_A_MISS), 0, fetch_or_wait if single_flight else fetch)
    if single_flight:
        on.land()
        on.place(fetched)
        on.stop_if_failed()
    for database in databases:
        if database.when in DATABASE_READS_ALL:
            database.need(on, "read")


def _ask(on: Program, caches: list[Callee], before: int, fetch: Callable[[], bool]) -> bool:
    """Asks one cache after the other; what nobody has is fetched and put into all. Answers whether anything can be fetched.

    A cache that did not answer is not sent the value either: a dead one costs one timeout, not two. before: how many were asked.
    """
    if before == len(caches):
        return fetch()
    cache, flag = caches[before], min(before, MOST_FLAGS - 1)
    found, missed = on.label(), on.label()
    with cache.chosen(on):
        cache.call(on, "get")
        on.flag_if_ok(flag)
        on.jump_if_failed(missed)
        if cache.in_front:  # it has asked its database itself
            on.jump(found)
        on.jump_if_hit(found)
        on.place(missed)
        if cache.alone:
            on.stop_if_failed()
        on.clear()
    can_fetch = _ask(on, caches, before + 1, fetch)
    if can_fetch:
        with on.if_flag(flag):
            cache.tell(on, "put", "reply")
    on.place(found)
    return can_fetch


def _write(on: Program, own: OwnData | None, caches: list[Callee], databases: list[Callee]) -> None:
    for cache in caches:
        if cache.when in CACHE_IS_ASKED_BY_WRITES:
            with cache.chosen(on):
                cache.call(on, "get")
                on.clear()
    if own is not None:
        own.write()
    for database in databases:
        if database.when in DATABASE_WRITES:
            database.need(on, "write", "own")
    for cache in caches:
        if cache.alone and cache.when in CACHE_TAKES_WRITES:
            cache.need(on, "write", "own")
        elif cache.when in CACHE_FORGETS_WHAT_IS_WRITTEN and cache.on_write != "leave":
            cache.tell(on, cache.on_write, "own" if cache.on_write == "put" else "small")


def call_services(on: Program, services: list[Callee], parallel: bool) -> None:
    """Each of these, one after the other or all at once; the request ends with the cause of the first that fails."""
    awaited = [service for service in services if service.waits]
    if not parallel or len(awaited) < 2:
        for service in services:
            with _for_verb(on, service):
                service.need(on, size="own")
        return
    for service in services:
        if service.waits:
            with on.branch(), _for_verb(on, service), service.chosen(on):
                service.call(on, size="own")
        else:
            with _for_verb(on, service):
                service.need(on, size="own")
    on.join()
    on.stop_if_failed()


@contextmanager
def _for_verb(on: Program, service: Callee, auto: str | None = None) -> Iterator[None]:
    """auto: the verb that it is called for when its link leaves that to the rule; None: every one."""
    verb = {"reads": "read", "writes": "write", "auto": auto}.get(service.when)
    if verb is None:
        yield
        return
    with on.if_verb(verb):
        yield
