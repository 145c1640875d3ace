"""How long servers take for something, whatever else the machine has to do at the time."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.web.servers import Server


class Stopwatch:
    """Seconds since it was made, less those in which this process or one of the servers' was ready and had no processor.

    So waiting that is somebody's choice (a pause, a poll, a batch) counts, and a crowded machine does not. Linux keeps these
    times for each thread (schedstat: ns on a processor, ns waiting for one, turns); elsewhere all time counts.
    """

    def __init__(self, *servers: Server) -> None:
        self._processes = [os.getpid(), *(pid for server in servers for pid in _family(server))]
        self._began_s = time.monotonic()
        self._waited_s = self._waits_s()

    def seconds(self) -> float:
        passed_s = time.monotonic() - self._began_s
        before, now = self._waited_s, self._waits_s()
        return passed_s - sum(waited_s - before.get(thread, 0.0) for thread, waited_s in now.items())

    def _waits_s(self) -> dict[Path, float]:
        """By thread; one that ends meanwhile is left out."""
        return {thread: waited_s for pid in self._processes for thread, waited_s in _waits_of(pid)}


def _family(server: Server) -> list[int]:
    process = psutil.Process(server.process.pid)
    return [process.pid, *(child.pid for child in process.children(recursive=True))]


def _waits_of(pid: int) -> Iterator[tuple[Path, float]]:
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            yield thread, int(thread.read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            pass  # it has ended
