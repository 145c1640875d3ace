"""Designs whose instances come and go: autoscalers by each measure, and deployments by each strategy."""

from typing import Any

from tests.engine.oracle.cases import SHORT_CHECKS, clients
from tests.engine.oracle.designs import Document, design, kill, link, part

Points = list[tuple[float, float]]
WAVE: Points = [(0.0, 0.5), (2.0, 0.5), (3.0, 2.0), (6.0, 2.0), (7.0, 0.3), (12.0, 0.3)]


def scaled(
    traffic: Points | None = None,
    faults: list[Document] | None = None,
    server: dict[str, Any] | None = None,
    rate: float = 80.0,
    balanced: bool = True,
    **scaler: Any,
) -> Document:
    """Servers that do fifty a second each, and somebody who decides how many there are."""
    machine = {"service_ms": 20.0, "boot_s": 0.8, "drain_s": 1.0, "instances": 2} | (server or {})
    settings = {"evaluation_s": 0.7, "maximum": 6, "tolerance": 0.1, "cooldown_in_s": 1.5} | scaler
    parts = {
        "clients": clients(rate, timeout_ms=3000.0),
        "server": part("server", **machine),
        "scaler": part("autoscaler", **settings),
    }
    caller = "lb" if balanced else "clients"
    if balanced:
        parts["lb"] = part("load_balancer", policy="least_connections", **SHORT_CHECKS)
    links = [link("clients", "lb", latency_ms=1.0)] if balanced else []
    links += [link(caller, "server", latency_ms=2.0), link("scaler", "server")]
    return design(parts, links, 12.0, faults, traffic)


ON_TIME: dict[str, Any] = {"scheduled": True, "schedule_from_s": 3.0, "schedule_until_s": 6.0, "schedule_instances": 5}
SCALINGS: dict[str, Document] = {
    "scaled by CPU": scaled(WAVE),
    "scaled by CPU, without a balancer": scaled(WAVE, balanced=False),
    "scaled by requests": scaled(WAVE, metric="requests", target_requests_per_s=30.0),
    "scaled by the queue": scaled(WAVE, metric="in_flight", target_in_flight=1.5),
    "scaled with several cores": scaled(WAVE, server={"cores": 2, "service_ms": 35.0}, target_utilisation=0.5),
    "rests before more": scaled(WAVE, cooldown_out_s=2.5, server={"instances": 1}),
    "rests before fewer": scaled(WAVE, cooldown_in_s=4.0),
    "slow to start": scaled(WAVE, server={"boot_s": 2.5, "warm_up_s": 1.0, "cold_factor": 2.0}),
    "starts at once": scaled(WAVE, server={"boot_s": 0.0}),
    "never enough": scaled(WAVE, maximum=3),
    "more than at the beginning": scaled(minimum=4, rate=40.0),
    "fewer than at the beginning": scaled(server={"instances": 8}, rate=60.0, maximum=3),
    "on schedule": scaled(rate=30.0, **ON_TIME),
    "on schedule, and never more": scaled(rate=30.0, maximum=4, **ON_TIME),
    "a wide tolerance": scaled(WAVE, tolerance=0.5),
    "the dead are replaced": scaled(None, [kill("server", 4.0, instance=1)]),
    "all are dead and are replaced": scaled(None, [kill("server", 4.0, "machine")], minimum=2),
    "the dead stay": scaled(None, [kill("server", 4.0, for_s=3.0, instance=2)], replaces_dead=False),
    "drained too long": scaled(
        [(0.0, 1.5), (4.0, 1.5), (4.0, 0.2)], server={"service_ms": 300.0, "cores": 8, "drain_s": 0.2, "instances": 4}, minimum=1
    ),
}


def deploy(at_s: float, quality: str = "good") -> Document:
    return {"at_s": at_s, "component": "pipeline", "action": "deploy", "arguments": {"quality": quality}}


def roll_back(at_s: float) -> Document:
    return {"at_s": at_s, "component": "pipeline", "action": "rollback"}


def shipped(
    strategy: str,
    orders: list[Document] | None = None,
    server: dict[str, Any] | None = None,
    balanced: bool = True,
    rate: float = 90.0,
    scaler: dict[str, Any] | None = None,
    **pipeline: Any,
) -> Document:
    """Two components of servers, and a pipeline that ships to both."""
    machine = {"service_ms": 20.0, "boot_s": 0.8, "drain_s": 0.5, "instances": 3} | (server or {})
    settings = {"build_s": 0.5, "test_s": 0.5, "startup_s": 0.6, "keep_s": 2.5, "observe_s": 2.0, "test_catches": 0.0} | pipeline
    parts = {
        "clients": clients(rate, timeout_ms=2000.0),
        "one": part("server", **machine),
        "two": part("server", **(machine | {"instances": 1, "cores": 2})),
        "pipeline": part("pipeline", strategy=strategy, **settings),
    }
    caller = "lb" if balanced else "clients"
    links = [link("clients", "lb", latency_ms=1.0)] if balanced else []
    if balanced:
        parts["lb"] = part("load_balancer", policy="least_connections", **SHORT_CHECKS)
    links += [link(caller, name, latency_ms=2.0) for name in ("one", "two")]
    links += [link("pipeline", name) for name in ("one", "two")]
    if scaler is not None:
        parts["scaler"] = part("autoscaler", **({"evaluation_s": 0.7, "maximum": 6, "cooldown_in_s": 1.5} | scaler))
        links.append(link("scaler", "one"))
    return design(parts, links, 12.0, orders or [deploy(1.0)])


BAD = [deploy(1.0, "bad")]
TAKEN_BACK = [deploy(1.0, "bad"), roll_back(4.0)]
SHIPPINGS: dict[str, Document] = {
    **{f"shipped {strategy}": shipped(strategy) for strategy in ("all_at_once", "rolling", "blue_green", "canary")},
    **{f"a bad one shipped {strategy}": shipped(strategy, BAD) for strategy in ("all_at_once", "rolling", "blue_green", "canary")},
    **{f"taken back {strategy}": shipped(strategy, TAKEN_BACK) for strategy in ("all_at_once", "rolling", "blue_green", "canary")},
    "all at once without a balancer": shipped("all_at_once", balanced=False),
    "a better one": shipped("rolling", service_factor=0.5, batch=2),
    "a canary that is only slow": shipped("canary", BAD, bad_error_ratio=0.0, bad_service_factor=2.5, canary_share=0.5, batch=2),
    "a canary that is only wrong": shipped("canary", BAD, bad_error_ratio=0.3, bad_service_factor=1.0),
    "a canary that is bad and passes": shipped("canary", BAD, error_threshold=0.9, latency_threshold=50.0),
    "tests that catch half": shipped("rolling", BAD, test_catches=0.5),
    "called off while it builds": shipped("rolling", [deploy(1.0), roll_back(1.7)]),
    "the second set is taken back": shipped("blue_green", [deploy(1.0, "bad"), roll_back(4.2)], keep_s=5.0),
    "taken back later": shipped("rolling", [deploy(1.0, "bad"), roll_back(7.0)], batch=3),
    "two after each other": shipped("rolling", [deploy(0.5, "bad"), deploy(1.0), deploy(6.0)], batch=3),
    "what takes too long ends": shipped("rolling", server={"service_ms": 150.0, "cores": 8, "drain_s": 0.05}),
    "the second set ends": shipped("blue_green", keep_s=0.5, server={"drain_s": 0.0}),
    "scaled after a deployment": shipped("rolling", scaler={"minimum": 2}, batch=2, rate=120.0),
    "a second set is scaled": shipped("blue_green", scaler={"minimum": 2}, keep_s=1.0, rate=140.0),
}
CREW_CASES: dict[str, Document] = {**SCALINGS, **SHIPPINGS}
QUICK_CREWS = [
    "scaled by CPU",
    "scaled by the queue",
    "on schedule",
    "the dead are replaced",
    "shipped rolling",
    "a bad one shipped canary",
    "the second set is taken back",
]
"""One or two of each kind, for the tests that are run often; the long ones compare all of them closely."""
