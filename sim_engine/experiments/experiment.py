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


def resized(kind: str, target: str, to: int, name: str, one: Any, other: Any, figure: Figure, direction: int, made: Document) -> Experiment:
    """The number of instances of the target changes after two seconds."""
    command = {"action": "set", "component": target, "parameter": "instances", "value": to}
    return Experiment(kind, name, one, other, figure, direction, made, target, ((2.0, command),))
