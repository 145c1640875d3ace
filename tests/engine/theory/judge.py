"""Verdicts on rows: one fixed seed against the row's tolerance, and many seeds pooled against the law itself."""

import math
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy import stats

from tests.engine.theory.observe import NotReported
from tests.engine.theory.rules import Rule, Waits, rule_of
from tests.engine.theory.table import Row

HISTOGRAM_ERROR = 0.01
WORST_Z = 4.0


@dataclass(frozen=True)
class Verdict:
    row: Row
    measured: float | None = None
    half_width: float | None = None
    accepted: bool | None = None
    waits_for: str = ""


def judge(row: Row, seeds: range) -> Verdict:
    """The mean over the seeds is shown; every seed on its own must be inside the tolerance."""
    rule = rule_of(row)
    if isinstance(rule, Waits):
        return Verdict(row, waits_for=rule.part)
    try:
        values = [rule.measure(row, seed) for seed in seeds]
    except NotReported as missing:
        return Verdict(row, waits_for=f"{missing} in the summary of a run")
    accepted = all(rule.accepts(row, value) for value in values)
    return Verdict(row, fmean(values), half_width(values), accepted)


def half_width(values: list[float], level: float = 0.05) -> float | None:
    if len(values) < 2:
        return None
    return float(stats.t.isf(level / 2, len(values) - 1)) * stdev(values) / math.sqrt(len(values))


def pooled_z(rule: Rule, row: Row, values: list[float]) -> float:
    """How many standard errors the mean of the seeds is from the law; percentiles carry the histogram's error too."""
    error = stdev(values) / math.sqrt(len(values))
    resolution = HISTOGRAM_ERROR / 2 * row.value if rule.percentile else 0.0
    spread = math.hypot(error, resolution, 1e-9 * (1 + abs(row.value)))
    return (fmean(values) - row.value) / spread
