"""Measuring in turns, and what a figure looks like on paper."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

REPETITIONS = 5


@dataclass(frozen=True)
class Figure:
    """`ratio` is ours over theirs unless the note says otherwise; `goal` is what it should reach."""

    name: str
    ratio: float
    ours: float
    theirs: float
    unit: str
    goal: str = ""
    note: str = ""

    def line(self) -> str:
        rounded = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in asdict(self).items()}
        return json.dumps(rounded, ensure_ascii=False)


def seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def rate(work: Callable[[], int]) -> float:
    """Things done a second; `work` says how many it did."""
    began = time.thread_time()
    count = work()
    return count / (time.thread_time() - began)


def in_turns(*sides: Callable[[], float], repetitions: int = REPETITIONS) -> list[float]:
    """Each side's median, measured alternately so that a busy machine slows all of them."""
    values = [[side() for side in sides] for _ in range(repetitions)]
    return [median(column) for column in zip(*values, strict=True)]
