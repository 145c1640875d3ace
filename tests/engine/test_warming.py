"""Nobody waits for a compiler in the middle of a run: what warming has compiled is all that runs ever call."""

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from sim_engine.components import KINDS
from sim_engine.experiments.drawing import Document, kill
from sim_engine.kernel.compiling import ENTRY_POINTS
from sim_engine.warming import warm
from tests.engine.support import play

EVERY_PART = Path(__file__).resolve().parents[2] / "examples" / "every-part.json"


def broken() -> Document:
    """Every part, most of them killed, with leaking connections."""
    document: Document = json.loads(EVERY_PART.read_text(encoding="utf-8"))
    kinds = {name: part["kind"] for name, part in document["components"].items()}
    faults = [kill(name, 1.0, for_s=1.0) for name, kind in kinds.items() if "kill" in KINDS[kind].actions]
    leak = {"at_s": 0.5, "for_s": 2.0, "action": "pool_exhausted", "arguments": {"ratio": 0.5}}
    faults += [{**leak, "component": name} for name, kind in kinds.items() if kind in ("sql_database", "server")]
    document["scenarios"] = {"only": {"title": "Only", "duration_s": 4.0, "traffic": [], "faults": faults}}
    document["scenario"] = "only"
    return document


def compiled() -> dict[str, int]:
    return {entry.py_func.__name__: len(entry.signatures) for entry in ENTRY_POINTS}


def warmed_and_after_a_run() -> tuple[dict[str, int], dict[str, int]]:
    warm()
    return compiled(), (play(broken()), compiled())[1]


def test_runs_ask_for_nothing_else() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:  # where nothing was called before
        warmed, afterwards = elsewhere.submit(warmed_and_after_a_run).result()
    assert warmed == dict.fromkeys(warmed, 1)
    assert afterwards == warmed
