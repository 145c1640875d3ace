"""A run's summary as text for a terminal."""

from typing import Any


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
    if summary["errors"]:
        lines.append("Errors     " + "   ".join(f"{cause} {count:,}" for cause, count in summary["errors"].items()))
    if summary["limit"]:
        lines.append(f"Limit      the run ended at the limit {summary['limit']}")
    lines += _replications(summary)
    return "\n".join([*lines, "", *_components(summary), "", *_events(summary)])


def _steady(summary: dict[str, Any]) -> list[str]:
    """The steady stretch with its error bars."""
    steady = summary["steady"]
    if steady is None:
        return ["Steady     too short a stretch since the last change for error bars"]
    figures = steady["intervals"]
    shown = [
        f"{name.removeprefix('latency_ms.')} {part['value']:.1f} ± {part['half_width']:.1f} ms"
        for name, part in figures.items()
        if name.startswith("latency_ms.")
    ]
    rate = figures.get("throughput_per_s")
    if rate is not None:
        shown.append(f"throughput {rate['value']:.1f} ± {rate['half_width']:.1f}/s")
    return [f"Steady     from {steady['from_s']:.1f} s on, 95 % confidence: " + "   ".join(shown)]


def _replications(summary: dict[str, Any]) -> list[str]:
    """Whole runs with different seeds, with what they differ by."""
    replications = summary.get("replications")
    if replications is None:
        return []
    shown = [
        f"{name.removeprefix('latency_ms.')} {part['value']:.1f} ± {part['half_width']:.1f} ms"
        for name, part in replications["intervals"].items()
        if name.startswith("latency_ms.")
    ]
    return [f"{replications['count']} seeds   95 % confidence: " + "   ".join(shown)]


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} ms"


def _components(summary: dict[str, Any]) -> list[str]:
    lines = [f"{'Component':<24}{'arrived':>12}{'done':>12}{'failed':>10}{'dropped':>10}{'util.':>8}{'queue':>10}{'mean':>12}"]
    for identifier, part in summary["components"].items():
        name = f"{identifier} ({part['role']})" if part["role"] else identifier
        lines.append(
            f"{name:<24}{part['arrived']:>12,}{part['done']:>12,}{part['failed']:>10,}{part['dropped']:>10,}"
            f"{part['utilisation']:>8.1%}{part['queue_mean']:>10.2f}{_ms(part['latency_ms']['mean']):>12}"
        )
    return lines


def _events(summary: dict[str, Any]) -> list[str]:
    return [f"{event['t']:>10.2f} s  {event['text']}" for event in summary["events"]]
