"""A component is one class: what it is called, what can be set, what it has, the path of a request through it, its own life.

Subclasses live in `sim_engine/components/`, one file each; nothing else in the project names a kind.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim_engine.catalogue.parameter import Parameter
from sim_engine.catalogue.prices import Prices
from sim_engine.catalogue.wire import Sentence, Wire, default_rule

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.places import Ground
    from sim_engine.world.world import World


NOTHING = "theory_nothing"  # a key of MESSAGES


@dataclass(frozen=True, slots=True)
class Port:
    """Where links go out. A link fits the first port that accepts what its target provides, or whatever grows."""

    name: str
    title: str
    accepts: tuple[str, ...]
    by_verb: bool = False  # reads and writes may go to different nodes of the target
    policy: str | None = None  # the parameter that says how one of several is chosen; None: round robin
    style: str = "call"  # or "replication", or "control": no traffic
    empty_cause: str = "no_route"
    required: bool = False
    managed: bool = False  # the component itself says who is behind it
    by_key: bool = False  # it is chosen by the key that a request is about
    asks: str = "read"  # the verb for which the target says who answers, where verbs do not go apart
    sticky: str | None = None  # the parameter that says whether a client keeps its target
    settings: tuple[tuple[str, str], ...] = ()  # (field of the kernel's route, parameter)
    grows: bool = False  # it takes every kind that may be several instances

    @property
    def carries_traffic(self) -> bool:
        return self.style != "control"

    def takes(self, kind: "type[Component]") -> bool:
        return kind.provides in self.accepts or (self.grows and kind.grows)

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name, "title": self.title, "accepts": list(self.accepts), "grows": self.grows, "style": self.style,
            "required": self.required,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pool:
    """Units that requests take and hold. `capacity` and `queue_limit` name parameters; so does `less`: what is taken off the capacity."""

    name: str
    capacity: str
    queue_limit: str | None = None
    never_waits: bool = False
    full: str = "queue_full"
    capacity_value: float | None = None
    less: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Station:
    """Equal servers with an unlimited queue. `servers` and `discipline` name parameters."""

    name: str
    servers: str
    discipline: str | None = None
    servers_value: float | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A network card: one transmission after the other. `bandwidth` names a parameter in Mbit/s."""

    name: str
    bandwidth: str


@dataclass(frozen=True, slots=True)
class Duration:
    """A distribution, made of parameters: its mean, and optionally its kind and coefficient of variation.

    times: the parameter that says how often in a row it happens.
    """

    name: str
    mean: str
    kind: str | None = None
    cv: str | None = None
    mean_s: float | None = None
    times: str | None = None


@dataclass(frozen=True, slots=True)
class KeyStore:
    """A cache with real keys: so many of them (None: as many as there are), or as many as fit into so many kB."""

    capacity: str | None
    room_kb: Callable[[Mapping[str, Any]], float] | None = None
    files_only: bool = False  # it never holds anything but static objects
    share: Callable[[Mapping[str, Any]], float] | None = None  # of all keys that fit, where `capacity` is None
    eviction: str | None = None  # the parameter that says who goes: least recently used, least frequently used, oldest, any
    slides: str | None = None  # the parameter that says whether a hit makes a value good for its whole life again
    inner: bool = False  # no cache to others: the memory of something that has a disk
    keeps_expired: str | None = None  # the parameter that says whether what has expired may still be served


@dataclass(frozen=True, slots=True)
class Disk:
    """What keeps what is stored (`on.store`). Parameters: its size and what is there already in GB, what stays of a write, for how long.

    size: None, or 0 GB: as large as need be. gives_back: what is stored there does not stay.
    """

    size: str | None = None
    holds: str | None = None
    share: str | None = None
    retention_s: str | None = None
    gives_back: bool = False


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


@dataclass(frozen=True, slots=True)
class Demand:
    """What a source sends: requests at a rate, or users who wait for their answers."""

    rate_per_s: float = 0.0
    users: int = 0


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
    outside: ClassVar[bool] = False  # it is out on the internet: what is sent to it is paid for
    ports: ClassVar[tuple[Port, ...]] = ()
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    _by_name: ClassVar[dict[str, Parameter]] = {}  # the same
    pools: ClassVar[tuple[Pool | Station | Card, ...]] = ()
    durations: ClassVar[tuple[Duration, ...]] = ()
    decides: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # parameter -> others whose actual value depends on it
    key_store: ClassVar[KeyStore | None] = None
    disk: ClassVar[Disk | None] = None
    record_size: ClassVar[str] = "row_kb"  # parameter of what keeps data: the size of what belongs to one key
    has_versions: ClassVar[bool] = False
    limits: ClassVar[bool] = False  # it has a rate limiter
    queue_rows: ClassVar[int] = 0  # message queues that it can ever have
    resolves: ClassVar[str | None] = None  # it asks for names; the parameter says how many resolvers remember the answers
    own_timeout: ClassVar[str | None] = None  # parameter: how long its calls wait at most
    own_hedge: ClassVar[str | None] = None  # parameter: when its calls are hedged, whatever their links say
    passes_on: ClassVar[str | None] = None  # it forwards requests; the parameter says how it chooses among its targets
    metrics: ClassVar[tuple[Metric, ...]] = ()
    headline: ClassVar[str | None] = None
    bar: ClassVar[str | None] = None
    queue: ClassVar[str | None] = None
    actions: ClassVar[tuple[str, ...]] = ("kill", "restore", "slow", "errors")  # keys of ACTIONS
    leaks: ClassVar[tuple[str, ...]] = ()  # pools of which a fault takes a share
    place_rank: ClassVar[int] = 0  # above 0 it is a place, which holds components and places of a smaller rank
    is_replica: ClassVar[bool] = False  # it follows whoever is linked to it, which must be one
    in_memory: ClassVar[bool] = False  # all its data is in memory: a cache in front of it is of no use
    rented: ClassVar[bool] = True  # its instances are paid for while they are there; else it says when (World.bills)
    names: ClassVar[bool] = False  # it tells clients whom to call, and they do so over its own links
    everywhere: ClassVar[bool] = False  # it is in no place, wherever it is drawn: its instances have sites of their own
    instance_titles: ClassVar[tuple[str, ...]] = ()  # what its instances can be called, where that is more than a number
    grows: ClassVar[bool] = False  # may be several equal instances; it has the parameters of catalogue.growth

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if cls.grows and "resize" not in cls.actions:
            cls.actions = (*cls.actions, "resize")
        cls._by_name = {parameter.name: parameter for parameter in cls.parameters}

    @classmethod
    def actual(cls, values: Mapping[str, Any], name: str) -> Any:
        """What counts for a parameter: its own value, unless another one decides it, as the size of a machine does its cores."""
        return values[name]

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
        return me.group.in_service

    @classmethod
    def answers_to(cls, me: "Instance", verb: str, asker: "Instance") -> list["Instance"]:
        """The same, where it depends on who asks."""
        return cls.answers(me, verb)

    @classmethod
    def demand(cls, values: Mapping[str, Any]) -> Demand:
        """What a source sends without any multiplier."""
        closed = values["model"] == "closed"
        return Demand(users=values["users"]) if closed else Demand(rate_per_s=values["arrival_rate_per_s"])

    @classmethod
    def written_kb_per_s(cls, values: Mapping[str, Any]) -> float:
        """What the writes of a source carry, without any multiplier, as far as it can be known beforehand."""
        return 0.0

    @classmethod
    def rotated(cls, world: "World", me: "Instance", port: str) -> None:
        """Called when those in rotation behind a port may have changed."""

    @classmethod
    def parted(cls, world: "World", me: "Instance") -> None:
        """Called when a partition has begun or ended: others may be in reach now, or out of it."""

    @classmethod
    def rotation(cls, world: "World", me: "Instance", behind: list[tuple[str, "Instance"]]) -> list[tuple[str, "Instance"]]:
        """Who gets requests, of all who are behind a port (link, instance), those with the best priority first."""
        return [(link_id, answering) for link_id, answering in behind if (link_id, answering.id) not in me.out_of_rotation]

    @classmethod
    def keeps_versions(cls, values: Mapping[str, Any]) -> bool:
        """Whether it stores data of its own, with a version for each key."""
        return cls.has_versions

    @classmethod
    def instances_of(cls, values: Mapping[str, Any]) -> int:
        """How many instances it has when a run begins."""
        return int(values.get("instances", 1))

    @classmethod
    def stores(cls, values: Mapping[str, Any]) -> bool:
        """Whether it keeps anything on its disk."""
        return cls.disk is not None

    @classmethod
    def columns(cls, values: Mapping[str, Any]) -> int:
        """For how many databases and caches the memory of a run needs room for all keys."""
        return int(cls.has_versions or cls.key_store is not None) * cls.instances_of(values)

    @classmethod
    def instance_title(cls, me: "Instance") -> str:
        """What people call one of several instances."""
        return str(me.number)

    @classmethod
    def ground(cls, values: Mapping[str, Any]) -> "Ground | None":
        """Of a place: where on earth it is; None: where the place is that it is in."""
        return None

    @classmethod
    def site(cls, me: "Instance") -> str | None:
        """The name of the location where an instance is, when that is not the place that it was drawn into."""
        return None

    @classmethod
    def member_fails(cls, world: "World", me: "Instance", link_id: str, target: "Instance") -> None:
        """Called when as many calls in a row to a target have failed as its port's route says."""

    @classmethod
    def started(cls, world: "World", me: "Instance", anew: bool) -> None:
        """Called after it has begun to run in the middle of a run: as a new machine, or (not `anew`) after it was dead."""

    @classmethod
    def killed(cls, world: "World", me: "Instance") -> None:
        """Called after the node has died."""

    @classmethod
    def restored(cls, world: "World", me: "Instance") -> None:
        """Called after the node is back."""

    @classmethod
    def disk_freed(cls, world: "World", me: "Instance") -> None:
        """Called when there is room on its disk again."""

    @classmethod
    def keys_moved(cls, world: "World", me: "Instance", keys: NDArray[np.int64], here: bool) -> None:
        """Called after keys have moved to a shard, or (not `here`) away from it."""

    @classmethod
    def act(cls, world: "World", me: "Instance", name: str, arguments: Mapping[str, Any], begins: bool) -> str | None:
        """Does one of `actions` that only this kind knows: None, or the code of the sentence that says why it cannot be done.

        begins: False at the end of one that lasts, when nothing of its kind is on any more.
        """
        raise NotImplementedError(f"{cls.kind} lists {name} and does not know how")

    @classmethod
    def changed(cls, world: "World", me: "Instance", parameter: str) -> None:
        """Called after a parameter has been set in a run; the kernel's values are updated already."""

    @classmethod
    def measure(cls, window: "Figures") -> "Metrics":
        """Its metrics over a window, by name: formulas, written when its instances or parameters have changed."""
        return {}

    @classmethod
    def price_per_hour(cls, values: Mapping[str, Any]) -> float:
        """US dollars for an hour of one instance."""
        return float(values.get("price_per_hour", 0.0))

    @classmethod
    def prices(cls, values: Mapping[str, Any]) -> Prices:
        """By the price parameters that it declares (catalogue/prices.py)."""

        def of(name: str) -> float:
            return float(values.get(name, 0.0))

        return Prices(
            cls.price_per_hour(values), of("price_per_million_requests"), of("price_per_gb_stored"), of("price_per_gb_out"),
            of("storage_gb"),
        )  # fmt: skip

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
    def rule(cls, wire: Wire) -> Sentence:
        """What a link from it means, as a key of RULES and its arguments."""
        return default_rule(wire)

    @classmethod
    def hints(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        """(field, message code) for values that can be meant so, and are worth a word."""
        return []

    @classmethod
    def problems(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        """(field, message code) for values that do not fit together."""
        return []

    @classmethod
    def document(cls) -> dict[str, Any]:
        return {
            "kind": cls.kind, "title": cls.title, "group": cls.group, "icon": cls.icon, "summary": cls.summary,
            "left_out": cls.left_out, "provides": cls.provides, "runs": cls.runs, "place": cls.place_rank > 0,
            "grows": cls.grows or cls.everywhere,
            "actions": list(cls.actions),
            "ports": [port.document() for port in cls.ports if port.accepts or port.grows],
            "parameters": [parameter.document() for parameter in cls.parameters],
            "metrics": [metric.document() for metric in cls.metrics],
            "headline": cls.headline, "bar": cls.bar, "queue": cls.queue,
        }  # fmt: skip

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        return {parameter.name: parameter.default for parameter in cls.parameters}

    @classmethod
    def parameter(cls, name: str) -> Parameter:
        return cls._by_name[name]
