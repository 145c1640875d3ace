"""A component is one class: what it is called, what can be set, what it has, the path of a request through it, its own life.

Subclasses live in `sim_engine/components/`, one file each; nothing else in the project names a kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sim_engine.catalogue.parameter import Parameter

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World


NOTHING = "theory_nothing"  # a key of MESSAGES


@dataclass(frozen=True, slots=True)
class Port:
    """Where links go out. A link fits the first port that accepts what its target provides."""

    name: str
    title: str
    accepts: tuple[str, ...]
    by_verb: bool = False  # reads and writes may go to different nodes of the target
    policy: str | None = None  # the parameter that says how one of several is chosen; None: round robin
    style: str = "call"  # or "replication"
    empty_cause: str = "no_route"
    required: bool = False
    managed: bool = False  # the component itself says who is behind it

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name, "title": self.title, "accepts": list(self.accepts), "style": self.style,
            "required": self.required,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pool:
    """Units that requests take and hold. `capacity` and `queue_limit` name parameters."""

    name: str
    capacity: str
    queue_limit: str | None = None
    never_waits: bool = False
    full: str = "queue_full"
    capacity_value: float | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """Equal servers with an unlimited queue. `servers` and `discipline` name parameters."""

    name: str
    servers: str
    discipline: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A network card: one transmission after the other. `bandwidth` names a parameter in Mbit/s."""

    name: str
    bandwidth: str


@dataclass(frozen=True, slots=True)
class Duration:
    """A distribution, made of parameters: its mean, and optionally its kind and coefficient of variation."""

    name: str
    mean: str
    kind: str | None = None
    cv: str | None = None
    mean_s: float | None = None


@dataclass(frozen=True, slots=True)
class KeyStore:
    """A cache with real keys."""

    capacity: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that the component shows. form: rate, level, share, count or gauge (docs/frames.md)."""

    name: str
    title: str
    unit: str
    form: str
    help: str = ""

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "unit": self.unit, "form": self.form, "help": self.help}


class Component:
    """What every kind declares. The class is never instantiated: state of a run lives in `Instance`."""

    kind: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]
    order: ClassVar[int] = 0  # within the group, in the palette
    icon: ClassVar[str]
    summary: ClassVar[str]
    left_out: ClassVar[str] = ""
    provides: ClassVar[str | None] = None
    runs: ClassVar[bool] = True
    is_source: ClassVar[bool] = False
    ports: ClassVar[tuple[Port, ...]] = ()
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    pools: ClassVar[tuple[Pool | Station | Card, ...]] = ()
    durations: ClassVar[tuple[Duration, ...]] = ()
    key_store: ClassVar[KeyStore | None] = None
    has_versions: ClassVar[bool] = False
    own_timeout: ClassVar[str | None] = None  # parameter: how long its calls wait at most
    passes_on: ClassVar[str | None] = None  # it forwards requests; the parameter says how it chooses among its targets
    metrics: ClassVar[tuple[Metric, ...]] = ()
    headline: ClassVar[str | None] = None
    bar: ClassVar[str | None] = None
    queue: ClassVar[str | None] = None
    can: ClassVar[tuple[str, ...]] = ("kill", "restore")

    @classmethod
    def program(cls, on: "Program", me: "Instance") -> None:
        """Writes the path of each verb that the component answers."""

    @classmethod
    def wire(cls, world: "World", me: "Instance") -> None:
        """Called when the wiring is known, before any code is written."""

    @classmethod
    def wired(cls, world: "World", me: "Instance") -> None:
        """Called when every instance has its code and its routes."""

    @classmethod
    def life(cls, world: "World", me: "Instance") -> Iterator[Any]:
        """SimPy processes (generators) of what happens without a request."""
        return iter(())

    @classmethod
    def answers(cls, me: "Instance", verb: str) -> list["Instance"]:
        """Which instances a caller of this component talks to, for a verb."""
        return [me]

    @classmethod
    def killed(cls, world: "World", me: "Instance") -> None:
        """Called after the node has died."""

    @classmethod
    def restored(cls, world: "World", me: "Instance") -> None:
        """Called after the node is back."""

    @classmethod
    def changed(cls, world: "World", me: "Instance", parameter: str) -> None:
        """Called after a parameter has been set in a run; the kernel's values are updated already."""

    @classmethod
    def measure(cls, window: "NodeWindow") -> dict[str, float | str | None]:
        """Its metrics over a window, by name."""
        return {}

    @classmethod
    def expectation(cls, world: "World", me: "Instance", steady: "Steady | None") -> "Expectation | str":
        """What a formula expects of it, or the key of the message that says why there is none."""
        return NOTHING

    @classmethod
    def role(cls, me: "Instance") -> str | None:
        return None

    @classmethod
    def notices(cls, me: "Instance", world: "World") -> bool:
        """Whether those who send to it know that it is down (asked only then)."""
        return world.nobody_sends_to(me)

    @classmethod
    def problems(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        """(field, message code) for values that do not fit together."""
        return []

    @classmethod
    def document(cls) -> dict[str, Any]:
        return {
            "kind": cls.kind, "title": cls.title, "group": cls.group, "icon": cls.icon, "summary": cls.summary,
            "left_out": cls.left_out, "provides": cls.provides, "runs": cls.runs, "can": list(cls.can) if cls.runs else [],
            "ports": [port.document() for port in cls.ports],
            "parameters": [parameter.document() for parameter in cls.parameters],
            "metrics": [metric.document() for metric in cls.metrics],
            "headline": cls.headline, "bar": cls.bar, "queue": cls.queue,
        }  # fmt: skip

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        return {parameter.name: parameter.default for parameter in cls.parameters}

    @classmethod
    def parameter(cls, name: str) -> Parameter:
        return next(p for p in cls.parameters if p.name == name)
