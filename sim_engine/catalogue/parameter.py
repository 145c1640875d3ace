"""Parameters: what can be set on a component, a link or clients, with unit, bounds, default, help and source."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sim_engine.texts import _

Value = float | int | bool | str | tuple[str, ...]
ParameterType = Literal["number", "integer", "boolean", "choice", "text", "set", "component"]

# Kernel units for those that differ from what people read
SCALE: Final[Mapping[str, float]] = {"ms": 1e-3}

UNCALIBRATED: Final = _("Not calibrated: a plausible round figure. Set your own.")


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    title: str


@dataclass(frozen=True, slots=True)
class When:
    """Shown, and read by the engine, only while another parameter has one of these values."""

    parameter: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    title: str
    type: ParameterType
    default: Value
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Choice, ...] = ()
    advanced: bool = False
    source: str = UNCALIBRATED
    when: When | None = None
    live: bool = True  # may change under traffic
    section: str | None = None  # parameters with the same one stand together under it

    @property
    def in_kernel(self) -> bool:
        """Whether its value is a number to the kernel."""
        return self.type not in ("text", "component")

    def document(self) -> dict[str, Any]:
        """The parameter as it stands in the catalogue's JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "type": self.type,
            "unit": self.unit,
            "default": list(self.default) if isinstance(self.default, tuple) else self.default,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "choices": [{"value": c.value, "title": c.title} for c in self.choices] or None,
            "advanced": self.advanced,
            "help": self.help,
            "source": self.source,
            "when": None if self.when is None else {"parameter": self.when.parameter, "is": list(self.when.values)},
            "live": self.live and self.type != "text",
            "section": self.section,
        }

    def kernel_value(self, value: Value) -> float:
        """The value as the kernel reads it: seconds for ms, a choice's place in the list, a bit mask for a set."""
        if isinstance(value, tuple):
            return float(sum(1 << place for place, choice in enumerate(self.choices) if choice.value in value))
        if self.type == "choice":
            return float([choice.value for choice in self.choices].index(str(value)))
        return float(value) * SCALE.get(self.unit, 1.0)

    def clean(self, value: Any) -> Value:
        """A value that is good, as the engine keeps it: whole numbers whole, a set in the order of its choices."""
        if self.type == "set":
            return tuple(choice.value for choice in self.choices if choice.value in value)
        if self.type == "integer":
            return int(value)
        return float(value) if self.type == "number" else value


def number(name: str, title: str, default: float, unit: str, minimum: float, maximum: float, help: str, **more: Any) -> Parameter:
    return Parameter(name, title, "number", default, help, unit, minimum, maximum, **more)


def integer(name: str, title: str, default: int, unit: str, minimum: int, maximum: int, help: str, **more: Any) -> Parameter:
    return Parameter(name, title, "integer", default, help, unit, minimum, maximum, **more)


def boolean(name: str, title: str, default: bool, help: str, **more: Any) -> Parameter:
    return Parameter(name, title, "boolean", default, help, **more)


def choice(name: str, title: str, default: str, choices: tuple[tuple[str, str], ...], help: str, **more: Any) -> Parameter:
    return Parameter(name, title, "choice", default, help, choices=tuple(Choice(*c) for c in choices), **more)


def several(name: str, title: str, default: tuple[str, ...], choices: tuple[tuple[str, str], ...], help: str, **more: Any) -> Parameter:
    """A set of choices."""
    return Parameter(name, title, "set", default, help, choices=tuple(Choice(*c) for c in choices), **more)


DISTRIBUTIONS: Final = (
    ("constant", _("Constant")),
    ("exponential", _("Exponential")),
    ("lognormal", _("Lognormal")),
    ("erlang", _("Erlang")),
    ("hyperexponential", _("Hyperexponential")),
    ("pareto", _("Pareto")),
    ("pareto_exponential", _("Pareto and exponential")),
)
WITH_CV: Final = ("lognormal", "erlang", "hyperexponential")
HEAVY: Final = ("pareto", "pareto_exponential")


def distribution_parameters(prefix: str, title: str, default: str = "exponential") -> tuple[Parameter, Parameter]:
    """The two parameters that say how a duration is spread around its mean."""
    name = f"{prefix}_distribution"
    return (
        choice(
            name, title, default, tuple(known for known in DISTRIBUTIONS if known[0] not in HEAVY),
            _("How the times spread around their mean. Exponential is the textbook case; real ones are often lognormal."),
            advanced=True,
        ),
        number(
            f"{prefix}_cv", _("Coefficient of variation"), 1.0, "ratio", 0.05, 10.0,
            _("Standard deviation divided by the mean. Above 1 a few take very long."),
            advanced=True, when=When(name, WITH_CV),
        ),
    )  # fmt: skip


def heavy_distribution_parameters(prefix: str, title: str, default: str = "exponential", default_cv: float = 1.0) -> tuple[Parameter, ...]:
    """The same, with tails that are heavier than any with a coefficient of variation."""
    how, cv = distribution_parameters(prefix, title, default)
    mixed = When(how.name, ("pareto_exponential",))
    return (
        replace(how, choices=tuple(Choice(*known) for known in DISTRIBUTIONS)),
        replace(cv, default=default_cv),
        number(
            f"{prefix}_tail", _("Tail index"), 2.5, "", 1.05, 100.0,
            _("The share of times above x falls as x to the power of minus this. Up to 2 the variance has no limit."),
            advanced=True, when=When(how.name, HEAVY), source=_("Pareto's law; 1.5 to 10 in Bailis et al., VLDB 2012, table 3."),
        ),
        number(
            f"{prefix}_exponential_share", _("Exponential share"), 0.1, "ratio", 0.0, 1.0,
            _("Share of times that are exponential; the others are Pareto."),
            advanced=True, when=mixed, source=_("0.02 to 0.6 in Bailis et al., VLDB 2012, table 3."),
        ),
        number(
            f"{prefix}_exponential_factor", _("Mean of the exponential part"), 10.0, "", 0.001, 10_000.0,
            _("How many times that of the Pareto part. The mean of all stays what it is."),
            advanced=True, when=mixed, source=_("2 to 80 in Bailis et al., VLDB 2012, table 3."),
        ),
    )  # fmt: skip


def heavy_tail(values: Mapping[str, Any], prefix: str) -> tuple[float, float, float]:
    """What the kernel wants to know about such a tail: its index, and the exponential part's share and mean over that of the rest."""
    given = (("tail", 2.5), ("exponential_share", 0.1), ("exponential_factor", 10.0))
    tail, share, factor = (float(values.get(f"{prefix}_{name}", otherwise)) for name, otherwise in given)
    return tail, share, factor
