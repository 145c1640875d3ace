"""How long servers take for something, whatever else the machine has to do at the time."""

import os
import time
from pathlib import Path

import psutil

from tests.web.servers import Server

Thread = tuple[int, str]


class Stopwatch:
    """Seconds since it was made, less those that the work had to wait for a processor.

    So waiting that is somebody's choice (a pause, a poll, a batch) counts, and a crowded machine does not. Of each process (this one,
    and those of the servers, which hand the work on to each other) that thread counts which waited longest: what several wait
    at the same time is taken off once. Linux keeps these times for each thread (schedstat: ns on a processor, ns waiting for one,
    turns); elsewhere all time counts.
    """

    def __init__(self, *servers: Server) -> None:
        self._processes = [os.getpid(), *(pid for server in servers for pid in _family(server))]
        self._began_s = time.monotonic()
        self._before = self._waits_s()

    def seconds(self) -> float:
        passed_s = time.monotonic() - self._began_s
        longest = dict.fromkeys(self._processes, 0.0)
        for (pid, thread), waited_s in self._waits_s().items():
            longest[pid] = max(longest[pid], waited_s - self._before.get((pid, thread), 0.0))
        return passed_s - sum(longest.values())

    def _waits_s(self) -> dict[Thread, float]:
        """One that ends meanwhile is left out."""
        found = {}
        for pid in self._processes:
            for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                try:
                    found[pid, thread.parent.name] = int(thread.read_text().split()[1]) / 1e9
                except (OSError, IndexError):
                    pass  # it has ended
        return found


def _family(server: Server) -> list[int]:
    process = psutil.Process(server.process.pid)
    return [process.pid, *(child.pid for child in process.children(recursive=True))]
