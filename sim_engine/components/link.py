"""Links: what a message between two components takes. Not a component, but declared the same way.

Left out: routing, TCP's slow start and windows, TLS handshakes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sim_engine.catalogue.component import Metric
from sim_engine.catalogue.parameter import Parameter, distribution_parameters, number
from sim_engine.texts import _

_SPREAD = distribution_parameters("latency", _("Latency distribution"), "lognormal")


@dataclass(frozen=True, slots=True)
class LinkKind:
    parameters: tuple[Parameter, ...]
    metrics: tuple[Metric, ...]
    latency: tuple[str, str, str]  # kind, mean, cv
    # in the order of sim_engine.kernel.calls: BANDWIDTH, LOSS, RETRANSMIT, TIMEOUT_S
    kernel_order: tuple[str, ...]

    def parameter(self, name: str) -> Parameter:
        return next(p for p in self.parameters if p.name == name)

    def defaults(self) -> dict[str, Any]:
        return {parameter.name: parameter.default for parameter in self.parameters}

    def kernel_value(self, name: str, values: Mapping[str, Any]) -> float:
        return self.parameter(name).kernel_value(values[name])

    def document(self) -> dict[str, Any]:
        return {
            "parameters": [parameter.document() for parameter in self.parameters],
            "metrics": [metric.document() for metric in self.metrics],
        }


LINK: Final = LinkKind(
    parameters=(
        number("latency_ms", _("Latency"), 0.25, "ms", 0.0, 60_000.0, _("Mean time that a message takes one way."),
               source=_("A round trip within a data centre takes about 0.5 ms (Dean, Numbers everyone should know).")),
        _SPREAD[0],
        number("latency_cv", _("Coefficient of variation"), 0.2, "ratio", 0.05, 10.0,
               _SPREAD[1].help, advanced=True, when=_SPREAD[1].when),
        number("bandwidth_mbit_s", _("Bandwidth"), 10_000.0, "Mbit/s", 0.0, 1_000_000.0,
               _("What it carries each way; 0 is without limit.")),
        number("loss_ratio", _("Loss"), 0.0, "ratio", 0.0, 1.0, _("Share of messages that are lost and must be sent again.")),
        number("retransmit_timeout_ms", _("Retransmission timeout"), 200.0, "ms", 1.0, 60_000.0,
               _("Wait until a lost message is sent again; it doubles each time."), advanced=True,
               source=_("Linux's smallest TCP retransmission timeout is 200 ms.")),
        number("timeout_ms", _("Timeout"), 5_000.0, "ms", 1.0, 86_400_000.0,
               _("How long the caller waits for an answer. The work that it asked for goes on.")),
    ),
    metrics=(
        Metric("sent_per_s", _("Requests"), "requests/s", "rate"),
        Metric("failed_per_s", _("Failed"), "requests/s", "rate"),
    ),
    latency=("latency_distribution", "latency_ms", "latency_cv"),
    kernel_order=("bandwidth_mbit_s", "loss_ratio", "retransmit_timeout_ms", "timeout_ms"),
)  # fmt: skip
