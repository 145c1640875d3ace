"""Simulates designs of distributed systems, request by request. docs/engine-api.md says how to use it.

It knows no web framework: `python -m sim_engine` and the playground use the same functions.
"""

from sim_engine.catalogue.document import catalogue_document
from sim_engine.design.check import check
from sim_engine.limits import LIMITS
from sim_engine.messages import DesignError, Problem
from sim_engine.run import Run
from sim_engine.warming import warm

__all__ = ["LIMITS", "DesignError", "Problem", "Run", "catalogue_document", "check", "warm"]
