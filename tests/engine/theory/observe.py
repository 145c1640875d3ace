"""Runs of the engine, and what can be read off them. One run serves every row that reads from it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.world.latencies import BIN_MIDDLES_MS
from tests.engine.oracle.designs import Document

if TYPE_CHECKING:
    from sim_engine import Run

Frame = dict[str, Any]
Summary = dict[str, Any]


class NotReported(Exception):
    """The engine's summary does not have this quantity (yet)."""


@dataclass(frozen=True)
class Experiment:
    """A design, how long its frames are, and what to keep of each frame."""

    design: Document
    tick_s: float = 10.0
    keep: Callable[[Frame], Any] | None = None
    look: Callable[["Run"], Any] | None = None  # at the run when it is over

    def key(self) -> str:
        return json.dumps(self.design, sort_keys=True)


@dataclass
class Seen:
    """What one run showed."""

    summary: Summary
    kept: list[Any] = field(default_factory=list)
    latencies: NDArray[np.int64] | None = None
    """Of the clients' requests that were done, as a histogram."""
    looked: Any = None

    @property
    def seconds(self) -> float:
        return float(self.summary["simulated_s"])

    def requests(self, name: str) -> int:
        return int(self.summary["requests"][name])

    def latency_s(self, name: str) -> float:
        return float(self.summary["latency_ms"][name]) / 1000

    def quantile_s(self, share: float) -> float:
        """Within its bin a quantile lies where a straight line puts it: nearer than the bin is wide."""
        assert self.latencies is not None
        counts = np.cumsum(self.latencies)
        place = int(np.searchsorted(counts, share * counts[-1]))
        middle, low = BIN_MIDDLES_MS[place], (BIN_MIDDLES_MS[place - 1] + BIN_MIDDLES_MS[place]) / 2
        inside = (share * counts[-1] - (counts[place] - self.latencies[place])) / self.latencies[place]
        return float(low + 2 * (middle - low) * inside) / 1000

    def errors(self, cause: str) -> int:
        return int(self.summary["errors"].get(cause, 0))

    def part(self, component: str, quantity: str, figure: str | None = None) -> float:
        found = self.summary["components"][component].get(quantity)
        if found is not None and figure is not None:
            found = found[figure]
        if found is None:
            raise NotReported(f"{component}.{quantity}")
        return float(found)

    def wait_s(self, component: str = "server") -> float:
        """Mean wait of a station by Little's law: who waits, over who goes through a second."""
        return self.part(component, "queue_mean") * self.seconds / self.part(component, "done")


Look = Callable[["Run"], Any]


def run_engine(design: Document, seed: int, tick_s: float, keep: Callable[[Frame], Any] | None = None, look: Look | None = None) -> Seen:
    from sim_engine import Run

    run = Run(design, scenario="steady", seed=seed)
    run.command({"action": "tick", "tick_s": tick_s})
    kept = []
    while not run.finished:
        frame = run.advance()
        if keep is not None:
            kept.append(keep(frame))
    assert run.limit is None, f"the run was cut off: {run.limit}"
    return Seen(run.summary(), kept, run.world.memory.state.histograms[0].copy(), None if look is None else look(run))


@lru_cache(maxsize=400)
def _remembered(key: str, seed: int, tick_s: float, keep: Callable[[Frame], Any] | None, look: Look | None) -> Seen:
    return run_engine(json.loads(key), seed, tick_s, keep, look)


def observe(experiment: Experiment, seed: int) -> Seen:
    return _remembered(experiment.key(), seed, experiment.tick_s, experiment.keep, experiment.look)
