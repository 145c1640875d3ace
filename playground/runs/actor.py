"""A run, as it lives on a worker process: a Dask actor whose own thread paces the simulation.

The thread is the only one that touches the engine. Everything else (pulls, commands) happens on the worker's event
loop and meets the thread in `_lock`. Frames are encoded here, once, and kept in a bounded ring; whoever wants them asks
"since n" and waits a moment if there are none, so that nothing is ever pushed at somebody slow.

A replay is the same loop without pacing: recorded commands are applied at the very edges where they were applied
first, up to the simulated time that the run had reached. So frames come out equal, and the ring is filled again.
"""

import asyncio
import json
import logging
import os
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from playground.runs import engine as seam
from playground.runs.ring import Frame, Ring

log = logging.getLogger(__name__)

SPEEDS: dict[str, float] = {"1": 1.0, "10": 10.0, "max": float("inf")}
TICKS_S = {"1": 0.1, "10": 1.0, "max": 1.0}
# Further behind than this the run does not try to make good for lost time: it would only race when the load is over.
MOST_LAG_S = 0.5
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class RunOrder:
    """All that a worker needs. Plain values: this travels between processes."""

    document: str
    scenario: str
    seed: int
    commands: str
    speed: str
    reached_s: float
    paused: bool
    # A run that is over is replayed for its frames and then stays over.
    ended: str
    ended_text: str
    limits: dict[str, float]
    engine_module: str = "sim_engine"


@dataclass
class Pending:
    """A command that waits for the next edge between two frames."""

    command: dict[str, Any]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[dict[str, Any]]"

    def settle(self, answer: dict[str, Any]) -> None:
        def set_result() -> None:
            if not self.answer.done():
                self.answer.set_result(answer)

        self.loop.call_soon_threadsafe(set_result)


@dataclass
class Pace:
    """Ties simulated time to the wall clock."""

    factor: float
    wall_s: float = 0.0
    simulated_s: float = 0.0

    def anchor(self, simulated_s: float) -> None:
        self.wall_s, self.simulated_s = time.monotonic(), simulated_s

    def wait_s(self, simulated_s: float) -> float:
        """Until the moment at which `simulated_s` is due; negative when it is late."""
        return self.wall_s + (simulated_s - self.simulated_s) / self.factor - time.monotonic()


class GuardError(Exception):
    """A limit of one run was met; the text says which."""


@dataclass
class Watch:
    """What the run has used of its worker."""

    cpu_s: float
    memory_mb: float
    started_s: float = field(default_factory=time.thread_time)
    rss_mb: float = 0.0

    def test(self) -> None:
        if time.thread_time() - self.started_s > self.cpu_s:
            raise GuardError("The run used up its computing time and was ended.")
        before_mb, self.rss_mb = self.rss_mb, resident_mb()
        # Several runs share a worker: the one that grows is the one to end.
        growing = self.rss_mb - before_mb > 1
        if self.rss_mb > self.memory_mb and before_mb and growing:
            raise GuardError("The run needed more memory than one run may have and was ended.")


def resident_mb() -> float:
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * PAGE_BYTES / 1e6
    except OSError:
        return 0.0


class RunActor:
    def __init__(self, order: RunOrder) -> None:
        self._order = order
        self._lock = threading.Condition()
        self._ring = Ring(int(order.limits["ring_frames"]), int(order.limits["ring_bytes"]))
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._inbox: deque[Pending] = deque()
        self._commands: list[dict[str, Any]] = []
        self._speed = order.speed
        self._speed_changed = False
        self._phase = "starting"
        self._text = ""
        self._paused = order.paused
        self._ended = False
        self._closed = False
        self._version = 0
        self._t = 0.0
        self._pulled_seq = -1
        self._last_pull_s = time.monotonic()
        self._busy_since_s: float | None = None
        self._wall_s = 0.0
        self._running_since_s: float | None = None
        self._pace = Pace(SPEEDS[order.speed])
        self._thread = threading.Thread(target=self._main, daemon=True, name="run")
        self._thread.start()

    # --- asked from the web side, on the worker's event loop -----------------------------------------------------

    async def pull(self, since: int, known_commands: int, known_version: int, wait_s: float) -> dict[str, Any]:
        """What is new since frame `since`; waits up to `wait_s` when nothing is."""
        event = asyncio.Event()
        waiter = (asyncio.get_running_loop(), event)
        with self._lock:
            self._last_pull_s = time.monotonic()
            self._pulled_seq = max(self._pulled_seq, since)
            self._lock.notify_all()
            news = self._ring.last > since or self._version != known_version
            if not news:
                self._waiters.append(waiter)
        if not news:
            try:
                await asyncio.wait_for(event.wait(), wait_s)
            except TimeoutError:
                pass
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            self._last_pull_s = time.monotonic()
            return self._report(since, known_commands)

    def _report(self, since: int, known_commands: int) -> dict[str, Any]:
        frames = self._ring.since(since, 1024 * 1024)
        now_s = time.monotonic()
        return {
            "frames": [(frame.seq, frame.text) for frame in frames],
            "last": self._ring.last,
            "commands": self._commands[known_commands:],
            "version": self._version,
            "busy_s": now_s - self._busy_since_s if self._busy_since_s is not None else 0.0,
            "ended": self._ended,
            "paused": self._paused,
            "pid": os.getpid(),
            "state": {
                "phase": self._phase,
                "speed": int(self._speed) if self._speed != "max" else "max",
                "t": self._t,
                "wall_s": round(self._wall_spent_s(now_s), 3),
                "text": self._text,
            },
        }

    def _wall_spent_s(self, now_s: float) -> float:
        return self._wall_s + (now_s - self._running_since_s if self._running_since_s is not None else 0.0)

    async def command(self, command: dict[str, Any]) -> dict[str, Any]:
        """Applies a command and says when it took effect, or why it did not."""
        action = command.get("action")
        with self._lock:
            if self._ended:
                return refusal("ended", "The run is over.")
            if action in ("pause", "resume", "speed", "stop"):
                self._control(command)
                self._lock.notify_all()
                return {"t": self._t}
            loop = asyncio.get_running_loop()
            pending = Pending(command, loop, loop.create_future())
            self._inbox.append(pending)
            self._lock.notify_all()
        return await pending.answer

    def _control(self, command: dict[str, Any]) -> None:
        action = command["action"]
        if action == "pause":
            self._paused = True
        elif action == "resume":
            self._paused = False
        elif action == "speed":
            self._speed = str(command["speed"])
            self._speed_changed = True
        elif action == "stop":
            self._closed = True
            self._text = "Stopped."

    async def close(self) -> None:
        """The run leaves this worker; what it was made of is kept elsewhere."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()

    # --- the run's own thread ----------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            seam.replace(self._order.engine_module)
            run = self._build()
            self._replay(run)
            if self._order.ended:
                self._end(self._order.ended, self._order.ended_text)
                return
            self._live(run)
            self._end("finished", self._text)
        except GuardError as error:
            self._end("failed", str(error))
        except BaseException as error:
            self._end("failed", "The simulation stopped with an error; it was logged.")
            log.exception("run failed: %s", error)

    def _build(self) -> Any:
        order = self._order
        self._watch = Watch(order.limits["run_cpu_s"], order.limits["worker_memory_mb"])
        return seam.engine().Run(json.loads(order.document), scenario=order.scenario or None, seed=order.seed)

    def _replay(self, run: Any) -> None:
        """Without pacing, up to where the run had been; the commands come from the record."""
        script = deque(json.loads(self._order.commands))
        deadline_s = time.monotonic() + self._order.limits["replay_wall_s"]
        while (script or run.t < self._order.reached_s) and not run.finished and not self._closed:
            while script and script[0]["t"] <= run.t:
                run.command(script.popleft()["command"])
            if run.t >= self._order.reached_s and not script:
                break
            self._step(run)
            if time.monotonic() > deadline_s:
                raise GuardError("Its worker was lost and replaying the run took too long.")
        with self._lock:
            self._note_commands(run)

    def _live(self, run: Any) -> None:
        with self._lock:
            self._set_tick(run)
        if not run.finished and not self._paused:
            self._enter("running")
        self._pace.anchor(run.t)
        while not run.finished and self._wait_for_turn(run):
            self._step(run)

    def _wait_for_turn(self, run: Any) -> bool:
        """Applies commands and waits until the next frame is due; False when the run is to end."""
        while True:
            with self._lock:
                if self._closed:
                    return False
                due_s = self._apply_waiting(run)
                if due_s <= 0:
                    return True
                self._lock.wait(min(due_s, 1.0))

    def _apply_waiting(self, run: Any) -> float:
        """Called with the lock. Seconds until the next frame is due."""
        if self._speed_changed:
            self._speed_changed = False
            self._pace.factor = SPEEDS[self._speed]
            self._pace.anchor(run.t)
            self._set_tick(run)
            self._changed()
        while self._inbox:
            self._apply(run, self._inbox.popleft())
        stopped = "paused" if self._paused else "idle" if self._idle() else ""
        if stopped:
            self._enter(stopped, "Nobody was watching, so the run paused." if stopped == "idle" else "")
            return 1.0
        if self._phase != "running":
            self._enter("running")
            self._pace.anchor(run.t)
        if self._far_ahead():
            return 0.05
        wait_s = self._pace.wait_s(run.t)
        if wait_s < -MOST_LAG_S:
            self._pace.anchor(run.t)
            return 0.0
        return wait_s

    def _idle(self) -> bool:
        return time.monotonic() - self._last_pull_s > self._order.limits["idle_after_s"]

    def _far_ahead(self) -> bool:
        """At full speed the run waits for its reader rather than overwrite what nobody has fetched."""
        return len(self._ring) > 0 and self._ring.last - self._pulled_seq >= self._order.limits["ring_frames"] // 2

    def _apply(self, run: Any, pending: Pending) -> None:
        if len(self._commands) >= self._order.limits["commands_kept"]:
            pending.settle(refusal("too_many", "This run has had as many changes as a run may have."))
            return
        try:
            run.command(pending.command)
        except Exception as error:
            pending.settle(refused_by_engine(error))
            return
        self._note_commands(run)
        pending.settle({"t": run.t})
        self._changed()

    def _set_tick(self, run: Any) -> None:
        """The length of a frame is part of the run, so it is a recorded command like any other."""
        tick_s = TICKS_S[self._speed]
        if abs(run.tick_s - tick_s) > 1e-9:
            run.command({"action": "tick", "tick_s": tick_s})
            self._note_commands(run)

    def _note_commands(self, run: Any) -> None:
        self._commands = list(run.commands)

    def _step(self, run: Any) -> None:
        self._busy_since_s = time.monotonic()
        frame = run.advance()
        encoded = Frame(frame["seq"], json.dumps(frame, separators=(",", ":"), allow_nan=False, default=plain))
        self._busy_since_s = None
        with self._lock:
            self._ring.append(encoded)
            self._t = run.t
            self._wake()
        self._watch.test()

    def _enter(self, phase: str, text: str = "") -> None:
        with self._lock:
            if (phase, text) == (self._phase, self._text):
                return
            now_s = time.monotonic()
            self._wall_s = self._wall_spent_s(now_s)
            self._running_since_s = now_s if phase == "running" else None
            self._phase, self._text = phase, text
            self._changed()

    def _end(self, phase: str, text: str) -> None:
        self._enter(phase, text)
        with self._lock:
            self._ended = True
            self._busy_since_s = None
            while self._inbox:
                self._inbox.popleft().settle(refusal("ended", "The run is over."))
            self._changed()

    def _changed(self) -> None:
        self._version += 1
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for loop, event in waiters:
            loop.call_soon_threadsafe(event.set)


def plain(value: Any) -> Any:
    """NumPy's scalars, should one slip into a frame."""
    return value.item()


def refusal(code: str, text: str, problems: list[Any] | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "text": text}
    if problems is not None:
        error["problems"] = problems
    return {"error": error}


def refused_by_engine(error: Exception) -> dict[str, Any]:
    """A DesignError names what is wrong; anything else is a fault of ours and says so."""
    from playground.designs.check import plain_problem

    problems = [plain_problem(problem) for problem in getattr(error, "problems", [])]
    if problems:
        return refusal("design", problems[0]["text"], problems)
    return refusal("refused", "The simulation could not carry this out.")
