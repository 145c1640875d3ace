"""Experiments for how a load balancer chooses, what it notices by itself, and what becomes of its address."""

from typing import Any

from sim_engine.experiments.designs import DEAD_FOR_TEN, balanced
from sim_engine.experiments.drawing import Document
from sim_engine.experiments.experiment import DOWN, UP, rows
from sim_engine.experiments.figures import failed, fewest, mean_ms, of, when

UNCHECKED: Document = {"health_check_interval_s": 600.0}


def many(**balancer: Any) -> Document:
    """Twenty busy machines behind a balancer."""
    document = balanced({"arrival_rate_per_s": 1_800.0}, **balancer)
    document["components"]["one"]["parameters"] = {"instances": 20, "cores": 1, "service_ms": 10.0}
    del document["components"]["two"], document["links"]["balancer-two"]
    return document


def faulty(**balancer: Any) -> Document:
    """One of two targets answers with errors for some seconds."""
    fault = {"at_s": 2.0, "action": "errors", "component": "one", "for_s": 5.0, "arguments": {"ratio": 1.0}}
    return balanced(faults=[fault], **balancer)


def orphaned(**balancer: Any) -> Document:
    """One of two instances of the balancer dies."""
    fault = {"at_s": 2.0, "action": "kill", "component": "balancer", "for_s": None, "arguments": {"mode": "process", "instance": 1}}
    return balanced(faults=[fault], **balancer)


EXPERIMENTS = rows(
    "load_balancer", "balancer",
    ("choices", 2, 10, mean_ms, DOWN, many(policy="power_of_two")),
    ("hash_key", False, True, fewest("one", "two"), DOWN, balanced({"keys": 1}, policy="consistent_hash", **UNCHECKED)),
    ("sticky", False, True, fewest("one", "two"), DOWN, balanced({"client_addresses": 1}, **UNCHECKED)),
    ("slow_start_s", 0.0, 10.0, of("one", "done"), DOWN, balanced(faults=DEAD_FOR_TEN)),
    ("ejects_after", 0, 3, failed, DOWN, faulty()),
    ("ejection_s", 1.0, 15.0, when("target_readmitted"), UP, faulty(ejects_after=3)),
    ("takeover_s", 0.5, 10.0, failed, UP, orphaned(instances=2)),
)  # fmt: skip
