"""Spans of sampled requests: what one request did at each place it came through."""

from typing import Any

from sim_engine.causes import CAUSES
from sim_engine.kernel import layout
from sim_engine.operations.codes import VERBS
from sim_engine.world.world import World


def collect_spans(world: World) -> list[dict[str, Any]]:
    """The spans that ended in this frame; times in simulated seconds, `waited_s` in queues."""
    state = world.memory.state
    names = {me.node: identifier for identifier, me in world.instances.items()}
    found = []
    for row in state.spans[: int(state.count[layout.SPANS])]:
        found.append({
            "trace": int(row["trace"]), "span": int(row["span"]), "parent": int(row["parent"]) or None,
            "component": names.get(int(row["node"])), "verb": VERBS[int(row["verb"])], "cause": CAUSES[int(row["cause"])].name,
            "sent_s": round(float(row["sent_s"]), 6), "arrived_s": round(float(row["arrived_s"]), 6),
            "ended_s": round(float(row["ended_s"]), 6), "waited_s": round(float(row["waited_s"]), 6),
        })  # fmt: skip
    return found
