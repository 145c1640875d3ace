"""Parameters: what can be set on a component, a link or clients, with unit, bounds, default, help and source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sim_engine.texts import _

Value = float | int | bool | str
ParameterType = Literal["number", "integer", "boolean", "choice", "text"]

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

    def document(self) -> dict[str, Any]:
        """The parameter as it stands in the catalogue's JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "type": self.type,
            "unit": self.unit,
            "default": self.default,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "choices": [{"value": c.value, "title": c.title} for c in self.choices] or None,
            "advanced": self.advanced,
            "help": self.help,
            "source": self.source,
            "when": None if self.when is None else {"parameter": self.when.parameter, "is": list(self.when.values)},
            "live": self.live and self.type != "text",
        }

    def kernel_value(self, value: Value) -> float:
        """The value as the kernel reads it: seconds for ms, a choice's place in the list."""
        if self.type == "choice":
            return float([choice.value for choice in self.choices].index(str(value)))
        return float(value) * SCALE.get(self.unit, 1.0)


def number(name: str, title: str, default: float, unit: str, minimum: float, maximum: float, help: str, **more: Any) -> Parameter:
    return Parameter(name, title, "number", default, help, unit, minimum, maximum, **more)


def integer(name: str, title: str, default: int, unit: str, minimum: int, maximum: int, help: str, **more: Any) -> Parameter:
    return Parameter(name, title, "integer", default, help, unit, minimum, maximum, **more)


def boolean(name: str, title: str, default: bool, help: str, **more: Any) -> Parameter:
    return Parameter(name, title, "boolean", default, help, **more)


def choice(name: str, title: str, default: str, choices: tuple[tuple[str, str], ...], help: str, **more: Any) -> Parameter:
    return Parameter(name, title, "choice", default, help, choices=tuple(Choice(*c) for c in choices), **more)


DISTRIBUTIONS: Final = (
    ("constant", _("Constant")),
    ("exponential", _("Exponential")),
    ("lognormal", _("Lognormal")),
    ("erlang", _("Erlang")),
    ("hyperexponential", _("Hyperexponential")),
)
WITH_CV: Final = ("lognormal", "erlang", "hyperexponential")


def distribution_parameters(prefix: str, title: str, default: str = "exponential") -> tuple[Parameter, Parameter]:
    """The two parameters that say how a duration is spread around its mean."""
    name = f"{prefix}_distribution"
    return (
        choice(
            name, title, default, DISTRIBUTIONS,
            _("How the times spread around their mean. Exponential is the textbook case; real ones are often lognormal."),
            advanced=True,
        ),
        number(
            f"{prefix}_cv", _("Coefficient of variation"), 1.0, "ratio", 0.05, 10.0,
            _("Standard deviation divided by the mean. Above 1 a few take very long."),
            advanced=True, when=When(name, WITH_CV),
        ),
    )  # fmt: skip
