"""Figures that need a fresh process each: memory and start-up."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.measure import Figure

ROOT = Path(__file__).parents[2]

START = """
import json, time
began = time.perf_counter()
import sim_engine
from tests.bench.designs import example, FIRST_PAGE
imported = time.perf_counter()
sim_engine.warm()
warmed = time.perf_counter()
design = example(FIRST_PAGE)
ready = time.perf_counter()
run = sim_engine.Run(design, scenario=design["scenario"], seed=1)
run.advance()
first = time.perf_counter()
print(json.dumps({"import": imported - began, "warm": warmed - imported, "frame": first - ready}))
"""
HELD = """
import json, sys, psutil
import sim_engine
from tests.bench.designs import completed
from tests.engine.oracle.designs import design, link, part
users = int(sys.argv[1])
parts = {"clients": part("clients", model="closed", users=users, think_time_s=1.0, think_distribution="constant"),
         "server": part("server", service_ms=600000.0, service_distribution="constant", workers=1000000)}
document = completed(design(parts, [link("clients", "server")], 3600.0))
sim_engine.warm()
run = sim_engine.Run(document, scenario="bench", seed=1)
run.advance()
for _ in range(30):
    frame = run.advance()
print(json.dumps({"held": frame["totals"]["in_flight"], "rss": psutil.Process().memory_info().rss}))
"""
LONG = """
import json, psutil
import sim_engine
from tests.bench.designs import example, FIRST_PAGE
design = example(FIRST_PAGE)
run = sim_engine.Run(design, scenario=design["scenario"], seed=1)
run.command({"action": "tick", "tick_s": 1.0})
def until(t):
    while run.t < t:
        run.advance()
    return psutil.Process().memory_info().rss
early, late = until(200), until(1000)
print(json.dumps({"growth": late - early, "seconds": 800, "rss": late}))
"""


def ask(program: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """Run a program in a fresh interpreter and read the JSON it prints last."""
    finished = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return answer


def start_up() -> Iterator[Figure]:
    """(h) Cold compile (with an empty cache), warm start, and the first frame after Run."""
    empty = tempfile.mkdtemp()
    try:
        cold = ask(START, SIM_ENGINE_CACHE=empty)
    finally:
        shutil.rmtree(empty)
    warm = [ask(START) for _ in range(3)]
    load = median(answer["import"] + answer["warm"] for answer in warm)
    frame = median(answer["frame"] for answer in warm)
    compiled = cold["import"] + cold["warm"]
    yield Figure("start-warm-against-cold", compiled / load, load, compiled, "s", note="theirs: cold compile")
    yield Figure("first-frame", frame / 0.3, frame, 0.3, "s", "at most 1", "theirs: the goal, 300 ms")


def memory() -> Iterator[Figure]:
    """(g) Memory for each request in flight, and for each simulated second."""
    few, many = ask(HELD, "1000"), ask(HELD, "401000")
    each = (many["rss"] - few["rss"]) / (many["held"] - few["held"])
    note = f"{many['held']} held; theirs: 1 kB"
    yield Figure("memory-per-request-in-flight", each / 1000, each, 1000.0, "bytes", note=note)
    long = ask(LONG)
    each = long["growth"] / long["seconds"]
    yield Figure("memory-per-simulated-second", each / 1000, each, 1000.0, "bytes", note="theirs: 1 kB")
