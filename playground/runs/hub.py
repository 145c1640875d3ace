"""The runs that this web process follows, and its sockets. One for each event loop, made when the first one asks."""

import asyncio
import logging
import time
from collections import Counter
from typing import Protocol

from django.conf import settings

from playground import limits, policy
from playground.runs import records
from playground.runs.live import LiveRun
from playground.runs.pool import DaskPool, Pool
from playground.signals import listen

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 10


class Socket(Protocol):
    async def link_revoked(self) -> None: ...


class Hub:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.live: dict[str, LiveRun] = {}
        self.probation = asyncio.Lock()
        self.sockets_by_address: Counter[str] = Counter()
        self.sockets_by_link: dict[int, set[Socket]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: set[asyncio.Task[None]] = set()

    async def find(self, run_id: str) -> LiveRun | None:
        """The run, followed from now on when somebody joins it; None when there is no such run."""
        if not self._tasks:
            self._tasks = [asyncio.ensure_future(self._sweep()), asyncio.ensure_future(listen(self.link_revoked))]
        known = self.live.get(run_id)
        if known is not None:
            return known
        record = await records.in_thread(records.find, run_id)
        if record is None:
            return None
        # Somebody else may have come in between.
        return self.live.setdefault(run_id, LiveRun(record, self.pool, self.probation))

    def prepare(self, run_id: str) -> None:
        """Opens the actor of a new run while the page is still opening its socket. Callable from any thread."""
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._prepare(run_id)))

    async def _prepare(self, run_id: str) -> None:
        try:
            live = await self.find(run_id)
            if live is not None:
                await live.handle()
        except Exception as error:
            # The viewer's own attempt follows and tells people.
            log.warning("run %s could not be prepared: %s", run_id[:8], error)

    def bind(self) -> "Hub":
        self._loop = asyncio.get_running_loop()
        return self

    async def _sweep(self) -> None:
        """Lets go of runs that nobody watches; they are replayed when somebody returns."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await self.retire_unwatched(limits.of("retire_after_s"))
                for link_id in await records.in_thread(policy.dead_links, list(self.sockets_by_link)):
                    self.link_revoked(link_id)
            except Exception:
                log.exception("sweeping")

    def link_revoked(self, link_id: int) -> None:
        """Whoever watches by this link stops watching now."""
        for socket in list(self.sockets_by_link.get(link_id, ())):
            task = asyncio.ensure_future(socket.link_revoked())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def retire_unwatched(self, after_s: float) -> None:
        now_s = time.monotonic()
        for run_id, live in list(self.live.items()):
            if not live.viewers and now_s - live.unwatched_since_s >= after_s:
                del self.live[run_id]
                await live.retire()

    async def shut_down(self) -> None:
        """Stores how far the runs are, then ends the cluster."""
        for task in self._tasks:
            task.cancel()
        for live in self.live.values():
            await live.stop_following()
            await live.store()
        await self.pool.stop()


_current: Hub | None = None


def get_hub() -> Hub:
    """This process's hub. It belongs to the loop that asked first, which is the server's."""
    global _current
    if _current is None:
        _current = Hub(DaskPool(settings.DASK_SCHEDULER)).bind()
    return _current


def current_hub() -> Hub | None:
    """The hub if there is one: a management command has none."""
    return _current


def replace_hub(hub: Hub | None) -> None:
    """For tests."""
    global _current
    _current = hub
