"""Compiles the kernel into its cache, or loads it from there, before anybody waits for it."""

from collections.abc import Callable
from typing import Any, Final

from sim_engine.texts import _

# small, but every compiled function is used: checks, promotion, kill, restore, resize, closed users
DESIGN: Final[dict[str, Any]] = {
    "format": "architecture-playground", "version": 1, "name": "warm", "seed": 1,
    "components": {
        "clients": {"kind": "clients", "parameters": {"arrival_rate_per_s": 50, "keys": 100}},
        "balancer": {"kind": "load_balancer", "parameters": {"health_check_interval_s": 0.1, "unhealthy_threshold": 1}},
        "server": {"kind": "server"},
        "cache": {"kind": "cache", "parameters": {"capacity_keys": 10}},
        "database": {"kind": "sql_database", "parameters": {
            "health_check_interval_s": 0.1, "unhealthy_threshold": 1, "promotion_s": 0.1}},
        "replica": {"kind": "read_replica"},
        "store": {"kind": "key_value", "parameters": {"persistence": "snapshots", "snapshot_s": 1}},
    },
    "links": {
        "1": {"from": "clients", "to": "balancer"}, "2": {"from": "balancer", "to": "server"},
        "3": {"from": "server", "to": "cache"}, "4": {"from": "server", "to": "database"},
        "5": {"from": "database", "to": "replica"}, "6": {"from": "server", "to": "store"},
    },
    "scenarios": {"s": {"duration_s": 4.0, "traffic": [], "faults": [
        {"at_s": 0.5, "component": "database", "action": "kill", "for_s": 1.0},
        {"at_s": 0.5, "component": "cache", "action": "kill", "for_s": 0.2}]}},
}  # fmt: skip


def warm(progress: Callable[[int, int, str], None] | None = None) -> None:
    """Makes the compiled kernel ready. progress(done, of, text) is called before and after each step."""
    from sim_engine.kernel.compiling import compile_for
    from sim_engine.run import Run

    steps: list[tuple[str, Callable[[Run], None]]] = [
        (_("request kernel"), lambda run: _advance(run, 2)),
        (_("faults and health checks"), lambda run: _advance(run, 28)),
        (_("live changes"), _change),
    ]
    say = progress or (lambda done, of, text: None)
    say(0, len(steps) + 1, _("building"))
    run = Run(DESIGN)
    for place, (text, step) in enumerate(steps):
        say(place + 1, len(steps) + 1, text)
        step(run)
    compile_for(run.world.memory.state)
    say(len(steps) + 1, len(steps) + 1, _("ready"))


def _advance(run: Any, ticks: int) -> None:
    for _tick in range(ticks):
        run.advance()


def _change(run: Any) -> None:
    for parameter, value in (("model", "closed"), ("users", 20), ("users", 5), ("keys", 200)):
        run.command({"action": "set", "component": "clients", "parameter": parameter, "value": value})
    run.command({"action": "set", "component": "cache", "parameter": "capacity_keys", "value": 20})
    while not run.finished:
        run.advance()
