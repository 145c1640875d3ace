"""A run's summary as text for a terminal."""

from math import floor, log10
from typing import Any, Final

from sim_engine.messages import SHORT

MOST_PLACES: Final = 3  # decimals of a figure with an error bar
CLASS_COLUMNS: Final = ("arrived", "done", "failed", "dropped", "late")


def text_report(summary: dict[str, Any]) -> str:
    """Requests, latency, errors, components and events, a line each."""
    requests, latency = summary["requests"], summary["latency_ms"]
    lines = [
        f"{summary['name'] or 'Design'}, scenario {summary['scenario']}, seed {summary['seed']}: "
        f"{summary['simulated_s']:.1f} s simulated in {summary['wall_s']:.2f} s",
        "",
        "Requests   " + "   ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in requests.items()),
        "Latency    " + "   ".join(f"{name} {_ms(value)}" for name, value in latency.items()),
    ]
    lines += _steady(summary)
    if summary["cost"]["per_month"]:
        lines.append(f"Cost       ${summary['cost']['per_month']:,.2f} for a month like this")
    if summary["errors"]:
        lines.append("Errors     " + "   ".join(f"{cause} {count:,}" for cause, count in summary["errors"].items()))
    lines += _pages(summary)
    if summary["limit"]:
        lines.append(f"Limit      the run ended at the limit {summary['limit']}")
    lines += _replications(summary)
    return "\n".join(
        [*lines, "", *_classes(summary), *_components(summary), *_error_bars(summary), "", *_losses(summary), *_events(summary)]
    )


def _steady(summary: dict[str, Any]) -> list[str]:
    """The steady stretch with its error bars."""
    steady = summary["steady"]
    if steady is None:
        return ["Steady     too short a stretch since the last change for error bars"]
    return [f"Steady     from {steady['from_s']:.1f} s on, 95 % confidence: " + _several(steady["intervals"])]


def _pages(summary: dict[str, Any]) -> list[str]:
    pages = summary.get("pages")
    if pages is None:
        return []
    load = "   ".join(f"{name} {_ms(value)}" for name, value in pages["load_ms"].items())
    return [f"Pages      views {pages['views']:,}   broken {pages['broken']:,}   load {load}"]


def _classes(summary: dict[str, Any]) -> list[str]:
    """A line for each class of traffic, when there is more than one."""
    classes = summary.get("classes")
    if classes is None:
        return []
    columns = "".join(f"{name:>12}" for name in CLASS_COLUMNS)
    lines = [f"{'Class of traffic':<24}{columns}{'p50':>12}{'p95':>12}{'p99':>12}"]
    for name, counts in classes.items():
        numbers = "".join(f"{counts[column]:>12,}" for column in CLASS_COLUMNS)
        lines.append(f"{name:<24}{numbers}" + "".join(f"{_ms(value):>12}" for value in counts["latency_ms"].values()))
    return [*lines, ""]


def _replications(summary: dict[str, Any]) -> list[str]:
    """Whole runs with different seeds, with what they differ by."""
    replications = summary.get("replications")
    if replications is None:
        return []
    ours = {name: interval for name, interval in replications["intervals"].items() if not name.startswith("components.")}
    return [f"{replications['count']} seeds   95 % confidence: " + _several(ours)]


def _several(intervals: dict[str, Any]) -> str:
    """All of them that are more than nothing."""
    shown = (_interval(name, interval) for name, interval in intervals.items() if interval["value"] or interval["half_width"])
    return "   ".join(text for text in shown if " 0.000 ± 0.000" not in text)


def _interval(name: str, interval: dict[str, float]) -> str:
    """A figure with its error bar, in the unit that its name tells, as exact as the error bar allows."""
    label, factor, unit = name.removeprefix("latency_ms.").removeprefix("requests."), 1.0, ""
    if "latency_ms" in name or name.endswith("_ms"):
        label, unit = label.removesuffix("_ms").removeprefix("latency_ms."), " ms"
    elif name.endswith("_per_s"):
        label, unit = label.removesuffix("_per_s"), "/s"
    elif name.endswith(("ratio", "utilisation")):
        label, factor, unit = label.removesuffix("_ratio"), 100.0, " %"
    value, half_width = factor * interval["value"], factor * interval["half_width"]
    places = min(max(1 - floor(log10(half_width)), 0), MOST_PLACES) if half_width > 0.0 else MOST_PLACES
    label = label.replace("_", " ").replace(".", " ")
    return f"{label} {value:,.{places}f} ± {half_width:,.{places}f}{unit}"


def _error_bars(summary: dict[str, Any]) -> list[str]:
    """A line for each component: from the replications when there are some, else from the steady stretch."""
    replications, steady = summary.get("replications"), summary["steady"]
    if replications is not None:
        return [
            "",
            f"{'Component':<24}{replications['count']} seeds, 95 % confidence",
            *_of_replications(summary, replications["intervals"]),
        ]
    if steady is None:
        return []
    lines = [f"{identifier:<24}{_several(found)}" for identifier, found in steady["components"].items()]
    return ["", f"{'Component':<24}steady, 95 % confidence", *lines]


def _of_replications(summary: dict[str, Any], intervals: dict[str, Any]) -> list[str]:
    lines = []
    for identifier in summary["components"]:
        start = f"components.{identifier}."
        own = {name.removeprefix(start): interval for name, interval in intervals.items() if name.startswith(start)}
        lines.append(f"{identifier:<24}{_several(own)}")
    return lines


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} ms"


def _queue(part: dict[str, Any]) -> str:
    """Some kinds have no queue."""
    return f"{part['queue_mean']:.2f}" if "queue_mean" in part else "–"


def _components(summary: dict[str, Any]) -> list[str]:
    lines = [f"{'Component':<24}{'arrived':>12}{'done':>12}{'failed':>10}{'dropped':>10}{'util.':>8}{'queue':>10}{'mean':>12}"]
    for identifier, part in summary["components"].items():
        name = f"{identifier} ({part['role']})" if part["role"] else identifier
        if part.get("instances", 1) > 1:
            name += f" ×{part['instances']}"
        lines.append(
            f"{name:<24}{part['arrived']:>12,}{part['done']:>12,}{part['failed']:>10,}{part['dropped']:>10,}"
            f"{part['utilisation']:>8.1%}{_queue(part):>10}{_ms(part['latency_ms']['mean']):>12}"
        )
    return lines


def _events(summary: dict[str, Any]) -> list[str]:
    return [f"{event['t']:>10.2f} s  {event['text']}" for event in summary["events"]]


def _losses(summary: dict[str, Any]) -> list[str]:
    """A paragraph for each loss: who noticed, when traffic was back, what was lost, what decided it."""
    lines = []
    for incident in summary["incidents"]:
        times = f", {incident['times']} times" if incident["times"] > 1 else ""
        lines.append(f"{incident['happened_s']:>10.2f} s  Loss {incident['number']}: {incident['label']}, {SHORT[incident['kind']]}{times}")
        lines += [f"{'':<14}{line}" for line in (_course(incident), _lost(incident))]
        lines += [f"{'':<14}- {cause['text']}" for cause in incident["causes"]]
    return [*lines, ""] if lines else []


def _course(incident: dict[str, Any]) -> str:
    """When it was noticed, when traffic was back, how long there was no primary."""
    noticed, happened_s, writes = incident["noticed"], incident["happened_s"], incident["writes"]
    parts = [f"noticed by {noticed['label']} after {noticed['after_s']:.1f} s" if noticed else "noticed by nobody's checks"]
    if incident["fell_s"] is None:
        parts.append("traffic went on")
    elif incident["recovered_s"] is None:
        parts.append("traffic is not back")
    else:
        parts.append(f"traffic back after {incident['recovered_s'] - happened_s:.1f} s")
    if writes["without_s"] is not None:
        parts.append(f"no writes for {writes['without_s']:.1f} s" + ("" if writes["back"] else " and still none"))
    if incident["over_s"] is not None:
        parts.append(f"over after {incident['over_s'] - happened_s:.1f} s")
    if incident["overlaps"]:
        parts.append("other losses at the same time are counted with it")
    return "; ".join(parts)


def _lost(incident: dict[str, Any]) -> str:
    """What it cost."""
    requests, writes, latency = incident["requests"], incident["writes"], incident["latency_ms"]
    seconds = f" ({writes['lost_s']:.2f} s of them)" if writes["lost_s"] is not None else ""
    waiting = incident["messages"]["waiting_most"]
    parts = [
        f"lost {requests['above']:,} requests, {writes['lost']:,} writes{seconds}, {incident['messages']['lost']:,} messages",
        *([f"up to {waiting:,} messages more waited"] if waiting else []),
        f"stale reads {incident['stale_reads']:,}",
        f"tried again {requests['retried']:,}",
        f"mean latency {_ms(latency['before'])} before, {_ms(latency['during'])} since",
    ]
    return "; ".join(parts)
