"""Do two simulators agree? Means over replications, judged by Welch's t test.

Both sides run the same design from an empty start for the same time, so they agree in law, warm-up included, and no
steady state is needed. One family of quantities of one design is judged at 99.9 % together (Bonferroni), so the
tolerance comes from the replications alone. Two floors: percentiles may be off by the histogram's documented 1 %, and
everything by 1e-9 for rounding.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Any

from scipy import stats

FAMILY_LEVEL = 0.001
HISTOGRAM_ERROR = 0.01
ROUNDING = 1e-9

Sample = dict[str, list[float]]


def headline(result: dict[str, Any]) -> dict[str, float | None]:
    """One run's numbers by dotted name: what both simulators report."""
    numbers: dict[str, float | None] = {f"requests.{k}": v for k, v in result["requests"].items()}
    numbers |= {f"latency_ms.{k}": v for k, v in result["latency_ms"].items() if k != "max"}
    numbers |= {f"errors.{k}": v for k, v in result["errors"].items()}
    for name in ("cache_hit_ratio", "stale_reads", "writes_lost"):
        numbers[name] = result.get(name)
    for name, report in result["components"].items():
        for quantity in ("arrived", "done", "failed", "queue_mean", "utilisation", "lag_ms", "dead_letters", "messages_lost", "instances"):
            if quantity in report:
                numbers[f"{name}.{quantity}"] = report[quantity]
    return numbers


def sample(results: Iterable[dict[str, Any]]) -> Sample:
    """Replications by quantity. An error that did not occur counts 0; what does not exist in every run is left out."""
    rows = [headline(result) for result in results]
    names = sorted({name for row in rows for name in row})
    columns = {name: [row.get(name, 0.0 if name.startswith("errors.") else None) for row in rows] for name in names}
    return {name: [float(v) for v in values if v is not None] for name, values in columns.items() if None not in values}


@dataclass(frozen=True)
class Verdict:
    quantity: str
    ours: float
    theirs: float
    allowed: float

    @property
    def agrees(self) -> bool:
        return abs(self.ours - self.theirs) <= self.allowed

    def __str__(self) -> str:
        return f"{self.quantity}: {self.ours:.6g} against {self.theirs:.6g}, {self.allowed:.3g} allowed"


def floor(quantity: str, size: float) -> float:
    is_percentile = quantity.startswith("latency_ms.p")
    return size * (HISTOGRAM_ERROR if is_percentile else ROUNDING) + ROUNDING


def welch(quantity: str, ours: list[float], theirs: list[float], level: float) -> Verdict:
    a, b = variance(ours) / len(ours), variance(theirs) / len(theirs)
    mean_a, mean_b = fmean(ours), fmean(theirs)
    allowed = floor(quantity, max(abs(mean_a), abs(mean_b)))
    if a + b > 0:
        freedom = (a + b) ** 2 / (a**2 / (len(ours) - 1) + b**2 / (len(theirs) - 1))
        allowed += float(stats.t.isf(level / 2, freedom)) * math.sqrt(a + b)
    return Verdict(quantity, mean_a, mean_b, allowed)


def compare(ours: Sample, theirs: Sample, level: float = FAMILY_LEVEL) -> list[Verdict]:
    common = sorted(ours.keys() & theirs.keys())
    absent = {name for name in ours.keys() ^ theirs.keys() if name.startswith("errors.")}
    pairs = [(name, ours[name], theirs[name]) for name in common]
    pairs += [(name, ours.get(name, never(ours)), theirs.get(name, never(theirs))) for name in sorted(absent)]
    return [welch(name, mine, other, level / len(pairs)) for name, mine, other in pairs]


def never(runs: Sample) -> list[float]:
    """What did not happen in any of the runs."""
    return [0.0] * max(len(values) for values in runs.values())


def disagreements(ours: Sample, theirs: Sample, level: float = FAMILY_LEVEL) -> list[str]:
    return [str(verdict) for verdict in compare(ours, theirs, level) if not verdict.agrees]


def holds(values: list[float], expected: float, level: float = FAMILY_LEVEL) -> bool:
    """Is the expected value inside the replications' confidence interval?"""
    spread = math.sqrt(variance(values) / len(values))
    reach = float(stats.t.isf(level / 2, len(values) - 1)) * spread
    return abs(fmean(values) - expected) <= reach + ROUNDING * (1 + abs(expected))
