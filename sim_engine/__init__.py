"""Simulates designs of distributed systems, request by request. docs/engine-api.md says how to use it.

It knows no web framework: `python -m sim_engine` and the playground use the same functions.
"""

from typing import Any

from sim_engine.catalogue.document import catalogue_document
from sim_engine.design.check import check
from sim_engine.design.rules import wiring_rules
from sim_engine.design.upgrade import upgraded
from sim_engine.limits import LIMITS
from sim_engine.messages import DesignError, Problem
from sim_engine.run import Run
from sim_engine.warming import warm


def modelled_document() -> dict[str, Any]:
    """What each parameter does to what (sim_engine.modelled); loads the experiments, which nothing else needs."""
    from sim_engine.modelled import modelled_document as made

    return made()


__all__ = [
    "LIMITS",
    "DesignError",
    "Problem",
    "Run",
    "catalogue_document",
    "check",
    "modelled_document",
    "upgraded",
    "warm",
    "wiring_rules",
]
