"""A run as this web process follows it: pulls its frames while somebody watches, and brings it back when it is lost.

The actor on the worker owns the simulation; the stored record owns what the run is made of. What stands here can be
thrown away at any time and made again from those two. Recorded commands are stored before the frames that show their
effect are handed on, so that no viewer ever saw what a replay would not give again.
"""

import asyncio
import json
import logging
import time
from typing import Any

from django.conf import settings

from playground import limits
from playground.limits import TABLE
from playground.models import RunRecord
from playground.runs import engine, records
from playground.runs.actor import RunOrder, refusal
from playground.runs.pool import Handle, Lost, Pool
from playground.runs.ring import Frame, Ring
from playground.runs.state import OVER, STARTING
from playground.runs.viewer import Viewer

log = logging.getLogger(__name__)

# About ten pulls a second; the first frames are fetched as soon as they are there.
PULL_EVERY_S = 0.09
PULL_WAIT_S = 1.0
NOTE_EVERY_S = 5.0
# Another web process may be opening the actor at this moment.
ATTACH_WITHIN_S = 3.0
ACTOR_LIMITS = (
    "ring_frames",
    "ring_bytes",
    "idle_after_s",
    "run_cpu_s",
    "worker_memory_mb",
    "replay_wall_s",
    "commands_kept",
)


class LiveRun:
    def __init__(self, record: RunRecord, pool: Pool, probation: asyncio.Lock) -> None:
        self.run_id = record.pk
        self.epoch = record.epoch
        self.record = record
        self.ring = Ring(limits.of("ring_frames"), limits.of("ring_bytes"))
        self.state: dict[str, Any] = {**STARTING, "speed": speed_value(record.speed), "t": record.reached_s}
        self.state_version = 0
        self.viewers: set[Viewer] = set()
        self.commands: list[dict[str, Any]] = json.loads(record.commands)
        self.unwatched_since_s = time.monotonic()
        self._pool = pool
        # Held by the one run of this process that is being replayed although that may be what ends workers.
        self._probation = probation
        self._on_probation = False
        self._handle: Handle | None = None
        self._opening = asyncio.Lock()
        self._known_version = -1
        self._verify: Frame | None = None
        self.reached_s = record.reached_s
        self._earlier_wall_s = 0.0
        self._lost_incarnation = -1
        self._fruitless = 0
        self._recovered_at = -2
        self._follower: asyncio.Task[None] | None = None
        self._noted_s = 0.0
        self._last_batch: tuple[tuple[int, int, bool], str] | None = None

    # --- viewers -------------------------------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        return self.state["phase"] in OVER

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)
        self.follow()

    async def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        if not self.viewers:
            self.unwatched_since_s = time.monotonic()
            await records.in_thread(records.note_watched, self.run_id, False, self._progress())

    def follow(self) -> None:
        if self.record.ended == "failed":
            self._fail(self.record.ended_text)
        elif self._follower is None or self._follower.done():
            self._follower = asyncio.ensure_future(self._follow())

    def batch(self, frames: list[Frame], caught_up: bool) -> str:
        """The message for these frames. Viewers in step share one text."""
        key = (frames[0].seq, frames[-1].seq, caught_up)
        if self._last_batch is None or self._last_batch[0] != key:
            body = ",".join(frame.text for frame in frames)
            flag = "true" if caught_up else "false"
            text = f'{{"type":"frames","epoch":"{self.epoch}","frames":[{body}],"caught_up":{flag}}}'
            self._last_batch = (key, text)
        return self._last_batch[1]

    def _tell(self, **changes: Any) -> None:
        state = {**self.state, **changes}
        if state != self.state:
            self.state = state
            self.state_version += 1
            self._wake()

    def _wake(self) -> None:
        for viewer in self.viewers:
            viewer.news.set()

    # --- following the actor -------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Until nobody watches or the run is over."""
        try:
            while self.viewers and not self.over:
                started_s = time.monotonic()
                try:
                    await self._pull()
                except Lost as lost:
                    log.warning("run %s lost its worker: %s", self.run_id[:8], lost)
                    await self._recover()
                # The first frame goes out as soon as it is there.
                pause_s = PULL_EVERY_S - (time.monotonic() - started_s) if len(self.ring) else 0
                await asyncio.sleep(max(0, pause_s))
        except Exception:
            log.exception("following run %s", self.run_id[:8])
            self._fail("The simulation stopped with an error; it was logged.")
        finally:
            self._leave_probation()
        if self.over:
            await self._note(force=True)

    async def _pull(self) -> None:
        handle = await self.handle()
        since = self.ring.last - 1 if self._verify is not None else self.ring.last
        report = await handle.pull(since, len(self.commands), self._known_version, PULL_WAIT_S)
        if report["commands"]:
            self.commands += report["commands"]
            await records.in_thread(records.update, self.run_id, {"commands": records.commands_text(self.commands)})
        self._take(report)
        if report["busy_s"] > limits.of("advance_wall_s"):
            await self._end_stuck(handle)
        await self._note()

    def _take(self, report: dict[str, Any]) -> None:
        frames = [Frame(seq, text) for seq, text in report["frames"]]
        if self._verify is not None and frames:
            frames = self._verified(frames)
        for frame in frames:
            self.ring.append(frame)
        if frames:
            self._leave_probation()
            self._wake()
        self._known_version = report["version"]
        self.record.paused = report["paused"]
        self.reached_s = max(self.reached_s, report["state"]["t"])
        # The last word comes after the last frame.
        if not report["ended"] or self.ring.last >= report["last"]:
            self._see(report["state"])

    def _see(self, state: dict[str, Any]) -> None:
        state = {**state, "wall_s": round(state["wall_s"] + self._earlier_wall_s, 1)}
        if state["phase"] == "starting":
            # While a replay goes on, the clock that viewers know does not run backwards.
            state |= {"t": self.reached_s, "text": self.state["text"]}
        same = all(state[key] == self.state[key] for key in ("phase", "speed", "text"))
        if not same or int(state["wall_s"]) != int(self.state["wall_s"]):
            self._tell(**state)

    def _verified(self, frames: list[Frame]) -> list[Frame]:
        """After a replay: the newest frame that viewers have must have come out the same, or the epoch is another."""
        known, self._verify = self._verify, None
        if known is not None and frames[0].seq == known.seq and frames[0].text == known.text:
            return frames[1:]
        log.warning("run %s did not replay to equal frames", self.run_id[:8])
        self.epoch = f"{self.epoch.partition('.')[0]}.{self.record.incarnation}"
        self._last_batch = None
        self.ring.clear()
        return frames

    async def _note(self, force: bool = False) -> None:
        """Every few seconds the record learns how far the run is and that it is watched."""
        now_s = time.monotonic()
        if not force and now_s - self._noted_s < NOTE_EVERY_S:
            return
        self._noted_s = now_s
        await records.in_thread(records.note_watched, self.run_id, bool(self.viewers) and not self.over, self._progress())

    def _progress(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            "reached_s": self.reached_s,
            "epoch": self.epoch,
            "paused": self.record.paused,
            "speed": str(self.state["speed"]),
        }
        if self.over:
            values |= {"ended": self.state["phase"], "ended_text": self.state["text"]}
        return values

    # --- the actor -------------------------------------------------------------------------------------------------

    async def handle(self) -> Handle:
        """The actor, opened or found when this process has none yet."""
        async with self._opening:
            if self._handle is None:
                self._handle = await self._open()
        return self._handle

    async def _open(self) -> Handle:
        """The actor of another web process when there is one, else a new one, made by exactly one process."""
        fresh = await records.in_thread(records.find, self.run_id)
        if fresh is None:
            raise Lost("the record is gone")
        self._adopt(fresh)
        if fresh.incarnation not in (0, self._lost_incarnation):
            try:
                # Without Redis there is one web process, and nobody else who could be opening it.
                patience_s = ATTACH_WITHIN_S if settings.REDIS_URL and records.is_recent(fresh) else 0
                return await self._pool.attach(self._key(), patience_s)
            except Lost as lost:
                log.info("run %s has no actor: %s", self.run_id[:8], lost)
        if not await records.in_thread(records.take_over, self.run_id, fresh.incarnation):
            raise Lost("another web process is replaying it")
        self.record.incarnation = fresh.incarnation + 1
        return await self._pool.open(self._key(), self._order())

    def _adopt(self, fresh: RunRecord) -> None:
        stored = json.loads(fresh.commands)
        if len(stored) > len(self.commands):
            self.commands = stored
        self.reached_s = max(self.reached_s, fresh.reached_s)
        self.record = fresh

    def _key(self) -> str:
        return f"run-{self.run_id}-{self.record.incarnation}"

    def _order(self) -> RunOrder:
        record = self.record
        values = {entry.name: entry.value for entry in TABLE}
        return RunOrder(
            document=record.document,
            scenario=record.scenario,
            seed=record.seed,
            commands=records.commands_text(self.commands),
            speed=str(self.state["speed"]),
            reached_s=self.reached_s,
            paused=record.paused,
            ended=record.ended,
            ended_text=record.ended_text,
            limits={name: values[name] for name in ACTOR_LIMITS},
            engine_module=engine.module_name(),
        )

    async def _recover(self) -> None:
        """The actor is gone: replays the run elsewhere, unless it keeps ending its workers."""
        self._handle = None
        self._lost_incarnation = self.record.incarnation
        self._fruitless = self._fruitless + 1 if self.ring.last == self._recovered_at else 1
        self._recovered_at = self.ring.last
        if self._fruitless > limits.of("recoveries"):
            self._fail("The run ended its worker again and again, so it was given up.")
            return
        self._verify = self.ring.get(self.ring.last)
        self._known_version = -1
        self._earlier_wall_s = self.state["wall_s"]
        if self._verify is not None:
            self._tell(phase="starting", text="Its worker was lost; the run is being replayed to where it was.")
        if self._fruitless > 1 and not self._on_probation:
            # Runs that share a worker are lost together. Replayed one at a time, only the one at fault is lost again.
            await self._probation.acquire()
            self._on_probation = True

    def _leave_probation(self) -> None:
        if self._on_probation:
            self._on_probation = False
            self._probation.release()

    async def _end_stuck(self, handle: Handle) -> None:
        self._fail("One step took too long, so the run was ended. The design may be too large or too busy.")
        self._handle = None
        await handle.kill_worker()

    def _fail(self, text: str) -> None:
        self._tell(phase="failed", text=text)

    async def command(self, command: dict[str, Any]) -> dict[str, Any]:
        """The actor's answer: {"t": …} or {"error": …}. `Lost` when it could not be asked."""
        size_bytes = len(json.dumps(command)) + len(records.commands_text(self.commands))
        if size_bytes > limits.of("commands_bytes_kept"):
            return refusal("too_many", "This run has had as many changes as a run may have.")
        if self._handle is None and self._lost_incarnation >= 0:
            raise Lost("the run is being replayed")
        return await (await self.handle()).command(command)

    async def stop_following(self) -> None:
        follower, self._follower = self._follower, None
        if follower is not None:
            follower.cancel()

    async def store(self) -> None:
        """How far the run is, for whoever replays it."""
        await self._note(force=True)

    async def retire(self) -> None:
        """Leaves the worker. The record stays, and a viewer who returns gets a replay."""
        await self.stop_following()
        await self.store()
        handle, self._handle = self._handle, None
        if handle is not None:
            await handle.close()


def speed_value(speed: str) -> int | str:
    return speed if speed == "max" else int(speed)
