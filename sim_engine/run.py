"""A run: (design, scenario, seed, commands) → frames. The same four give the same frames, bit for bit.

Commands take effect at the edge between two frames and are recorded with that time; so a run can be replayed, and gone on with.
"""

import gc
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.commands import apply_command
from sim_engine.design.check import wiring_problems
from sim_engine.design.document import SEEDS, Design, is_seed, parse
from sim_engine.kernel import layout
from sim_engine.limits import LIMITS, LimitReached, limit
from sim_engine.messages import DesignError, Problem
from sim_engine.spans import collect_spans
from sim_engine.statistics.record import Record
from sim_engine.summary import expectation, summary
from sim_engine.world.frames import frame
from sim_engine.world.laws import check_flow, check_integrals
from sim_engine.world.moments import Moment, moment_of
from sim_engine.world.world import World

FIRST_TICK_S = 0.1
THEORY_EVERY = 5  # frames
THEORY_ROUND = 4  # such frames in which every component's formula comes up once
THEORIES_IN_A_FRAME = 10


@contextmanager
def no_collection() -> Iterator[None]:
    """Holds off the search for reference cycles while thousands of small objects are made that have none.

    It would come several times within a large frame, and take what is made for long-lived: a fifth of the time of 500 components.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def runnable(raw: Any) -> Design:
    """The design in a JSON value; DesignError with all its problems when it cannot run."""
    design, problems = parse(raw)
    if design is not None and not problems:
        problems = wiring_problems(design)
    if design is None or problems:
        raise DesignError(problems)
    return design


class Run:
    """One run of a design. Belongs to one thread."""

    def __init__(self, design: Mapping[str, Any], scenario: str | None = None, seed: int | None = None) -> None:
        """design: a design document. scenario: its id, by default the design's own. Raises DesignError."""
        self.design = runnable(design)
        self.scenario = scenario if scenario is not None else self.design.scenario
        if not isinstance(self.scenario, str) or self.scenario not in self.design.scenarios:
            arguments = (("value", self.scenario),)
            raise DesignError([Problem("unknown_scenario", "scenario", str(self.scenario), None, arguments)])
        self.seed = self.design.seed if seed is None else seed
        if not is_seed(self.seed):
            raise DesignError([Problem("wrong_shape", "design", None, "seed", (("where", "run"), ("field", "seed"), ("expected", SEEDS)))])
        chosen = self.design.scenarios[self.scenario]
        self.duration_s = chosen.duration_s
        self.tick_s = FIRST_TICK_S
        self.seq = 0
        self.finished = False
        self.commands: list[dict[str, Any]] = []
        self.spans: list[dict[str, Any]] = []
        self.limit: str | None = None
        self._met: str | None = None  # a limit that a command met; the next advance() ends the run there
        self._law_told = False
        self._slowest_s = 0.0
        self._began = time.perf_counter()
        self._tick_began = self._began
        self.world = World(self.design, chosen, self.seed)
        self.world.pause_for_breath = self._watch_clock  # type: ignore[method-assign]
        self.world.story.tell("run_started", None, "", "info", arguments={"scenario": chosen.title, "seed": self.seed})
        self._first = self._before = moment_of(self.world.memory)
        self._spare: NDArray[np.int64] | None = None  # words of a moment that is over
        self.record = Record(self._first)
        self._changes = self.world.changes

    @property
    def t(self) -> float:
        """Simulated seconds so far."""
        return float(self.world.env.now)

    def advance(self) -> dict[str, Any]:
        """Simulates one tick and returns its frame."""
        assert not self.finished, "the run is over"
        until_s = min(round(self.t + self.tick_s, 9), self.duration_s)
        self._tick_began = time.perf_counter()
        self._reset_window()
        try:
            if self._met is not None:
                raise LimitReached(self._met)
            self.world.run_until(until_s)
        except LimitReached as reached:
            self._end_at_limit(reached.name)
        if until_s >= self.duration_s and not self.finished:
            self.finished = True
            self.world.story.tell("run_finished", None, "", "info")
        return self._close_window()

    def _reset_window(self) -> None:
        state = self.world.memory.state
        state.clock[layout.LATENCY_MAX] = 0.0
        state.count[layout.SPANS] = 0

    def _close_window(self) -> dict[str, Any]:
        self.world.accrue()
        self._check_laws()
        after = moment_of(self.world.memory, self._spare)
        with no_collection():
            made = frame(self.world, self.seq, self._before, after)
        self._slowest_s = max(self._slowest_s, float(after.clock[layout.LATENCY_MAX]))
        self._remember(after)
        made["theory"] = self._theory()
        made["spans"] = collect_spans(self.world)
        self.spans = [*self.spans, *made["spans"]][-limit("spans_kept") :]
        if self.limit is not None:
            made["notices"].append({"code": "limit_reached", "limit": self.limit, "text": LIMITS[self.limit].reason})
        self._before, self._spare = after, self._before.words if self._before is not self._first else None
        self.seq += 1
        if self.finished:
            made["final"] = True
            made["summary"] = {k: v for k, v in self.summary().items() if k not in ("events", "wall_s")}
        return made

    def _remember(self, moment: Moment) -> None:
        """Keeps what intervals are made from; after a change they start anew."""
        if self.world.changes != self._changes:
            self._changes = self.world.changes
            self.record.restart(moment)
        else:
            self.record.add(moment)

    def _theory(self) -> dict[str, Any]:
        """What formulas expect of some components, others in the next frames."""
        if self.seq % THEORY_EVERY:
            return {}
        identifiers = list(self.world.groups)
        share = max(1, min(THEORIES_IN_A_FRAME, -(-len(identifiers) // THEORY_ROUND)))
        first = self.seq // THEORY_EVERY * share
        chosen = {identifiers[(first + place) % len(identifiers)] for place in range(share)} if identifiers else set()
        steady = self.record.steady()
        return {identifier: expectation(self.world, identifier, steady) for identifier in sorted(chosen)}

    def _check_laws(self) -> None:
        """Flow conservation in every frame, the integrals at the end."""
        broken = check_flow(self.world.memory, self.world.instances)
        if self.finished:
            broken += check_integrals(self.world.memory, self.world.instances)
        if broken and not self._law_told:
            self._law_told = True
            first = broken[0]
            arguments = {"law": first.law, "residual": first.residual}
            self.world.story.tell("law_broken", first.component, first.component or "", "error", True, arguments)

    def _watch_clock(self) -> None:
        if time.perf_counter() - self._tick_began > limit("tick_wall_seconds"):
            raise LimitReached("tick_wall_seconds")

    def _end_at_limit(self, name: str) -> None:
        self.finished = True
        self.limit = name
        reached = LIMITS[name]
        arguments = {"reason": reached.reason, "limit": name, "value": reached.value, "unit": reached.unit}
        self.world.story.tell("limit_reached", None, "", "error", True, arguments)
        now_s = float(self.world.memory.state.clock[layout.NOW])
        if now_s > self.world.env.now:
            self.world.env.run(until=now_s)

    def command(self, command: Mapping[str, Any]) -> None:
        """Changes the running system now. Raises DesignError with the reason when that cannot be done."""
        if self.finished:
            raise DesignError([Problem("run_over")])
        if len(self.commands) >= limit("commands"):
            raise DesignError([Problem("too_many_commands", arguments=(("maximum", limit("commands")),))])
        try:
            apply_command(self, command)
        except LimitReached as reached:
            self._met = reached.name
        self.commands.append({"t": self.t, "command": dict(command)})

    @classmethod
    def replay(
        cls,
        design: Mapping[str, Any],
        scenario: str | None,
        seed: int | None,
        commands: list[dict[str, Any]],
        until_s: float,
    ) -> "Run":
        """The run that these made, as it was at `until_s`."""
        run = cls(design, scenario, seed)
        waiting = list(commands)
        while True:
            while waiting and waiting[0]["t"] <= run.t + 1e-9:
                run.command(waiting.pop(0)["command"])
            if run.finished or run.t >= until_s - 1e-9:
                return run
            run.advance()

    def moments(self) -> tuple[Moment, Moment]:
        """The beginning and the last closed window's end."""
        return self._first, self._before

    @property
    def slowest_s(self) -> float:
        return self._slowest_s

    @property
    def kernel_events(self) -> int:
        """Events that the kernel has handled so far."""
        return int(self.world.memory.state.count[layout.EVENTS])

    @property
    def pending_events(self) -> int:
        return int(self.world.memory.state.count[layout.HEAP_SIZE])

    @property
    def kernel_s(self) -> float:
        """Seconds spent in the compiled kernel so far."""
        return self.world.kernel_s

    @property
    def wall_s(self) -> float:
        return time.perf_counter() - self._began

    def summary(self) -> dict[str, Any]:
        """What the command line prints as JSON."""
        return summary(self)
