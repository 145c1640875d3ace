"""Spans of sampled requests: what one request did at each place it came through."""

from typing import Any

from sim_engine.causes import CAUSES
from sim_engine.kernel import layout
from sim_engine.operations.codes import VERBS
from sim_engine.world.world import World


def collect_spans(world: World) -> list[dict[str, Any]]:
    """The spans that ended in this frame; times in simulated seconds, `waited_s` in queues."""
    state = world.memory.state
    rows = state.spans[: int(state.count[layout.SPANS])].tolist()
    return [_document(dict(zip(layout.SPAN.names or (), row, strict=True)), world) for row in rows]


def _document(row: dict[str, Any], world: World) -> dict[str, Any]:
    return {
        "trace": row["trace"], "span": row["span"], "parent": row["parent"] or None,
        "component": world.component_at(row["node"]), "verb": VERBS[row["verb"]], "cause": CAUSES[row["cause"]].name,
        "sent_s": round(row["sent_s"], 6), "arrived_s": round(row["arrived_s"], 6),
        "ended_s": round(row["ended_s"], 6), "waited_s": round(row["waited_s"], 6),
    }  # fmt: skip
