"""The same design with several seeds: independent replications, and the intervals that they give."""

from collections.abc import Callable
from typing import Any

from sim_engine.statistics.intervals import Interval, of_replications
from sim_engine.statistics.quantiles import half_bin_ms
from sim_engine.world.latencies import PERCENTILES

Summary = dict[str, Any]


def figures(summary: Summary) -> dict[str, float]:
    """The numbers of a summary that intervals are given for, by dotted name."""
    requests = summary["requests"]
    found: dict[str, float | None] = {f"requests.{name}": float(count) for name, count in requests.items()}
    found |= {f"latency_ms.{name}": value for name, value in summary["latency_ms"].items()}
    found["cache_hit_ratio"] = summary["cache_hit_ratio"]
    for identifier, part in summary["components"].items():
        for name in ("utilisation", "queue_mean", "arrived", "done", "failed", "dropped"):
            found[f"components.{identifier}.{name}"] = float(part[name]) if name in part else None
        found[f"components.{identifier}.latency_ms.mean"] = part["latency_ms"]["mean"]
    return {name: value for name, value in found.items() if value is not None}


def replicate(first: Summary, run: Callable[[int], Summary], count: int) -> dict[str, Any]:
    """Intervals from the first run and count - 1 more. run(seed) gives a summary."""
    summaries = [first, *(run(first["seed"] + place) for place in range(1, count))]
    each = [figures(summary) for summary in summaries]
    names = [name for name in each[0] if all(name in found for found in each)]
    intervals = {name: _interval(name, [found[name] for found in each]) for name in names}
    return {
        "count": count,
        "seeds": [summary["seed"] for summary in summaries],
        "intervals": {name: interval.document() for name, interval in intervals.items()},
    }


def _interval(name: str, values: list[float]) -> Interval:
    """A percentile is the middle of a histogram's bin, and no surer than half of it."""
    found = of_replications(values)
    if name not in {f"latency_ms.{percentile}" for percentile in PERCENTILES}:
        return found
    return Interval(found.value, max(found.half_width, half_bin_ms(found.value)))
