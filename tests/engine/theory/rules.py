"""How a row is measured: a rule names the rows it serves, the design to run and the quantity to read.

Text in a rule is matched at the beginning of a row's field. `build` may return several experiments (a ratio of two,
or a mean over many); `read` gets what each of them showed.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tests.engine.theory.observe import Experiment, Seen, observe
from tests.engine.theory.table import Row, Tolerance, tolerance

Build = Callable[[Row], Experiment | Sequence[Experiment]]
Read = Callable[[Row, list[Seen]], float]


@dataclass(frozen=True)
class Rule:
    id: str
    name: str
    quantity: str
    build: Build
    read: Read
    params: str = ""
    within: Callable[[Row], Tolerance] = tolerance
    runs: int = 1
    """Independent runs whose mean is the measurement: for rows about an event that happens once in a run."""
    quick: bool = True
    """Quick enough for the default suite."""
    exact_law: bool = True
    """False where the row is an approximation or a bound: then no pooled test of the mean makes sense."""
    at_most: bool = False
    """For bounds: the value is an upper bound of the measurement."""
    percentile: bool = False
    """The measurement comes from a histogram, with its documented resolution."""

    def serves(self, row: Row) -> bool:
        fields = ((row.name, self.name), (row.quantity, self.quantity), (row.params, self.params))
        return row.id == self.id and all(text.startswith(start) for text, start in fields)

    def measure(self, row: Row, seed: int) -> float:
        built = self.build(row)
        experiments = [built] if isinstance(built, Experiment) else list(built)
        values = []
        for run in range(self.runs):
            seen = [observe(experiment, seed * self.runs + run) for experiment in experiments]
            values.append(self.read(row, seen))
        return sum(values) / len(values)

    def accepts(self, row: Row, measured: float) -> bool:
        allowed = self.within(row)
        if allowed.is_bound:
            return measured <= row.value if self.at_most else measured >= row.value
        return abs(measured - row.value) <= allowed.around(row.value) + 1e-12


@dataclass(frozen=True)
class Waits:
    """Rows that the engine's parts cannot express today, and for what they wait."""

    id: str
    part: str
    name: str = ""
    quantity: str = ""
    params: str = ""

    def serves(self, row: Row) -> bool:
        fields = ((row.name, self.name), (row.quantity, self.quantity), (row.params, self.params))
        return row.id == self.id and all(text.startswith(start) for text, start in fields)


@lru_cache(maxsize=1)
def every_rule() -> tuple[Rule | Waits, ...]:
    """Those of every module here that has RULES, and what the others wait for."""
    here = importlib.import_module(__package__ or "")
    names = sorted(module.name for module in pkgutil.iter_modules(here.__path__) if not module.name.startswith("_"))
    modules = [importlib.import_module(f"{__package__}.{name}") for name in names]
    return tuple(rule for module in modules for rule in (*getattr(module, "RULES", ()), *getattr(module, "WAITS", ())))


def rule_of(row: Row) -> Rule | Waits:
    found = [rule for rule in every_rule() if rule.serves(row)]
    assert len(found) == 1, f"{row.title}: {len(found)} rules"
    return found[0]
