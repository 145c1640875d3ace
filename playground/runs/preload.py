"""Runs on every worker process before its first run, also on those that replace a dead one."""

import asyncio
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

from playground.runs.engine import engine


class WarmEngine(WorkerPlugin):
    """Loads the compiled kernel, so that the first frame does not wait for it."""

    name = "warm-engine"

    async def setup(self, worker: Any) -> None:
        await asyncio.to_thread(load)


def load() -> None:
    engine().warm()
