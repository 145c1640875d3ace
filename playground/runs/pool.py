"""Where runs live: worker processes of a Dask cluster, embedded by default, or the one at DASK_SCHEDULER.

The embedded cluster talks TLS with certificates made at start: a Dask scheduler runs whatever it is sent, so on a shared
machine an open loopback port would be a way into the server's account.

Whatever goes wrong on the way to an actor (its process died, the connection broke, no answer in time) is one thing to
the caller: `Lost`. The run is then replayed elsewhere.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Any, Protocol

from playground import limits
from playground.runs.actor import RunActor, RunOrder

log = logging.getLogger(__name__)


class Lost(Exception):
    """The actor cannot be reached any more."""


class Handle(Protocol):
    """One actor, wherever it lives."""

    async def pull(self, since: int, known_commands: int, known_version: int, wait_s: float) -> dict[str, Any]: ...
    async def command(self, command: dict[str, Any]) -> dict[str, Any]: ...
    async def close(self) -> None: ...
    async def kill_worker(self) -> None: ...


class Pool(Protocol):
    async def open(self, key: str, order: RunOrder) -> Handle: ...
    async def attach(self, key: str, within_s: float) -> Handle: ...
    async def stop(self) -> None: ...


class DaskPool:
    """Actors on a Dask cluster. Belongs to the event loop in which it was started."""

    def __init__(self, scheduler: str = "", workers: int = 0) -> None:
        self._scheduler = scheduler
        self._workers = workers or default_workers()
        self._cluster: Any = None
        self._client: Any = None
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the cluster is there; many may wait for it."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        import dask
        from distributed import Client, LocalCluster

        from playground.runs.preload import WarmEngine

        dask.config.set(QUIET_CONFIGURATION)
        if self._scheduler:
            self._client = await Client(self._scheduler, asynchronous=True, direct_to_workers=True)
        else:
            self._cluster = await LocalCluster(
                n_workers=self._workers,
                threads_per_worker=2,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                security=True,
                silence_logs=logging.ERROR,
                # Half as much again as a run may use: the nanny is the second line, not the first.
                memory_limit=f"{limits.of('worker_memory_mb') * 3 // 2}MB",
                asynchronous=True,
            )
            self._client = await Client(self._cluster, asynchronous=True, direct_to_workers=True)
        await self._client.register_plugin(WarmEngine())

    async def open(self, key: str, order: RunOrder) -> "DaskHandle":
        await self._ready()
        future = self._client.submit(RunActor, order, actor=True, key=key, pure=False)
        return await self._handle(future, limits.of("replay_wall_s"))

    async def attach(self, key: str, within_s: float) -> "DaskHandle":
        """An actor that another web process opened, perhaps just now."""
        from distributed.actor import Actor

        await self._ready()
        deadline_s = time.monotonic() + within_s
        while not (workers := (await self._client.scheduler.who_has(keys=[key])).get(key)):
            if time.monotonic() > deadline_s:
                raise Lost("no worker has it")
            await asyncio.sleep(0.1)
        # As a worker would hand it over; it holds a future of its own, so that the actor lives as long as we do.
        actor = Actor(RunActor, workers[0], key)
        return DaskHandle(self._client, actor._future, actor)

    async def _ready(self) -> None:
        try:
            await self.start()
        except Exception as error:
            self._starting = None
            raise Lost(f"the cluster could not be reached: {error}") from error

    async def _handle(self, future: Any, within_s: float) -> "DaskHandle":
        try:
            return DaskHandle(self._client, future, await asyncio.wait_for(future, within_s))
        except Exception as error:
            raise Lost(str(error)) from error

    async def stop(self) -> None:
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
        for part in (self._client, self._cluster):
            if part is not None:
                try:
                    await asyncio.wait_for(part.close(), 5)
                except Exception as error:
                    log.info("while closing the cluster: %s", error)


class DaskHandle:
    def __init__(self, client: Any, future: Any, actor: Any) -> None:
        self._client = client
        # The scheduler frees the actor when nobody holds its future.
        self._future = future
        self._actor = actor
        self.address = str(actor._address)

    async def pull(self, since: int, known_commands: int, known_version: int, wait_s: float) -> dict[str, Any]:
        return await self._ask("pull", since, known_commands, known_version, wait_s)

    async def command(self, command: dict[str, Any]) -> dict[str, Any]:
        return await self._ask("command", command)

    async def _ask(self, method: str, *arguments: Any) -> dict[str, Any]:
        try:
            call: Awaitable[dict[str, Any]] = getattr(self._actor, method)(*arguments)
            return await asyncio.wait_for(call, limits.of("worker_silent_s"))
        except Exception as error:
            raise Lost(str(error)) from error

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._actor.close(), 2)
        except Exception as error:
            log.debug("closing an actor that is gone: %s", error)
        self._future.release()

    async def kill_worker(self) -> None:
        """Ends the actor's whole process; other runs on it are replayed elsewhere."""
        try:
            restarted = self._client.restart_workers([self.address], timeout=10, raise_for_error=False)
            await asyncio.wait_for(restarted, 15)
        except Exception as error:
            log.warning("could not restart worker %s: %s", self.address, error)


def default_workers() -> int:
    """One process a core, at least two, so that a killed one leaves another; few, since each costs 150 MB."""
    import os

    return max(2, min(4, os.cpu_count() or 2))


# An actor's memory cannot be spilled or moved, so the worker must not try; and a lost worker is to be noticed at once.
QUIET_CONFIGURATION = {
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.allowed-failures": 0,
    "distributed.admin.large-graph-warning-threshold": "1GB",
    "distributed.comm.timeouts.connect": "5s",
}
