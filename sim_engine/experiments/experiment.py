"""One experiment: a small design, two values of a parameter, and the figure that must move, and which way."""

import copy
from dataclasses import dataclass
from typing import Any, Final

from sim_engine.experiments.drawing import Document
from sim_engine.experiments.figures import Figure

UP: Final = 1
DOWN: Final = -1
LINK: Final = "link"


@dataclass(frozen=True)
class Experiment:
    """target: id of the component or link that is set to `one`, then to `other`, on the same luck."""

    kind: str  # of component, or link
    parameter: str
    one: Any
    other: Any
    figure: Figure
    direction: int
    design: Document
    target: str
    commands: tuple[tuple[float, Document], ...] = ()  # with their times

    def document(self, value: Any) -> Document:
        """The design with that value."""
        document = copy.deepcopy(self.design)
        group = "links" if self.kind == LINK else "components"
        document[group][self.target]["parameters"][self.parameter] = value
        return document


def rows(kind: str, target: str, *given: tuple[str, Any, Any, Figure, int, Document]) -> list[Experiment]:
    return [Experiment(kind, name, one, other, figure, direction, made, target) for name, one, other, figure, direction, made in given]


def heavy_tails(kind: str, target: str, prefix: str, figures: tuple[Figure, Figure], made: Document) -> list[Experiment]:
    """Those of a distribution with a heavy tail. figures: one that a heavier tail raises, one that exponential times that are longer do."""
    of_tail, of_share = figures
    pareto, mixed = copy.deepcopy(made), copy.deepcopy(made)
    group = "links" if kind == LINK else "components"
    pareto[group][target]["parameters"][f"{prefix}_distribution"] = "pareto"
    mixed[group][target]["parameters"][f"{prefix}_distribution"] = "pareto_exponential"
    return rows(
        kind, target,
        (f"{prefix}_tail", 50.0, 2.2, of_tail, UP, pareto),
        (f"{prefix}_exponential_share", 0.0, 0.1, of_share, UP, mixed),
        (f"{prefix}_exponential_factor", 1.0, 20.0, of_share, UP, mixed),
    )  # fmt: skip


def resized(kind: str, target: str, to: int, name: str, one: Any, other: Any, figure: Figure, direction: int, made: Document) -> Experiment:
    """The number of instances of the target changes after two seconds."""
    command = {"action": "set", "component": target, "parameter": "instances", "value": to}
    return Experiment(kind, name, one, other, figure, direction, made, target, ((2.0, command),))
