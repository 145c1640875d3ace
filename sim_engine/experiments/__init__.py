"""Experiments: for each parameter of each kind and of links, what it does to what.

A test runs them all (tests/engine/test_knobs.py), and the page "What is modelled" is made from them. A parameter without
an experiment fails the test: whoever adds a parameter adds its row in a module here, in that module's EXPERIMENTS.
"""

import importlib
import pkgutil
from typing import Final

from sim_engine.experiments.experiment import Experiment


def _find() -> list[Experiment]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return [experiment for module in modules for experiment in getattr(module, "EXPERIMENTS", ())]


EXPERIMENTS: Final = _find()
