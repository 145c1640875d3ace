"""Links: what a message between two components takes. Not a component, but declared the same way.

Left out: routing, congestion that other traffic causes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sim_engine.catalogue.classes import CLASS_NAMES, CLASSES
from sim_engine.catalogue.component import Metric
from sim_engine.catalogue.parameter import Parameter, When, boolean, choice, heavy_distribution_parameters, integer, number, several
from sim_engine.texts import _

_SPREAD = heavy_distribution_parameters("latency", _("Latency distribution"), "lognormal", 0.2)


# The parameters that say whether a call is made at all: they stand in the caller's code, which is written anew when one changes
SHAPES_CODE: Final = ("when", "asynchronous", "classes", "share", "on_write")
RULE, RETRIES, BREAKER, TCP = _("Wiring rule"), _("Retries and hedging"), _("Circuit breaker and bulkhead"), _("Connection")
WITH_RETRIES = When("retries", tuple(range(1, 21)))


@dataclass(frozen=True, slots=True)
class LinkKind:
    parameters: tuple[Parameter, ...]
    metrics: tuple[Metric, ...]
    latency: tuple[str, str, str]  # kind, mean, cv
    # in the order of sim_engine.kernel.links: BANDWIDTH … CLASSES
    kernel_order: tuple[str, ...]
    actions: tuple[str, ...]  # keys of ACTIONS
    left_out: str

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
            "actions": list(self.actions),
        }


LINK: Final = LinkKind(
    parameters=(
        number("latency_ms", _("Latency"), 0.25, "ms", 0.0, 60_000.0, _("Mean time that a message takes one way."),
               source=_("A round trip within a data centre takes about 0.5 ms (Dean, Numbers everyone should know).")),
        *_SPREAD,
        number("bandwidth_mbit_s", _("Bandwidth"), 10_000.0, "Mbit/s", 0.0, 1_000_000.0,
               _("What it carries each way; 0 is without limit.")),
        number("loss_ratio", _("Loss"), 0.0, "ratio", 0.0, 1.0, _("Share of messages that are lost and must be sent again.")),
        number("retransmit_timeout_ms", _("Retransmission timeout"), 200.0, "ms", 1.0, 60_000.0,
               _("Wait until a lost message is sent again; it doubles each time."), advanced=True,
               source=_("Linux's smallest TCP retransmission timeout is 200 ms.")),
        number("timeout_ms", _("Timeout"), 5_000.0, "ms", 1.0, 86_400_000.0,
               _("How long the caller waits for an answer. The work that it asked for goes on.")),
        integer("retries", _("Retries"), 0, "", 0, 20, _("How often the caller repeats a call that has failed."), section=RETRIES),
        number("backoff_ms", _("Backoff"), 50.0, "ms", 0.0, 60_000.0, _("Wait before the first retry."), section=RETRIES,
               when=WITH_RETRIES),
        number("backoff_factor", _("Backoff factor"), 2.0, "", 1.0, 10.0, _("Each further wait is longer by this factor, up to 60 s."),
               section=RETRIES, when=WITH_RETRIES),
        boolean("backoff_jitter", _("Backoff jitter"), True,
                _("Multiplies each wait by a random number from 0 to 1, so that retries do not come in waves."), section=RETRIES,
                when=WITH_RETRIES, source=_("Brooker, Exponential Backoff and Jitter, 2015 (full jitter).")),
        number("retry_budget", _("Retry budget"), 0.0, "ratio", 0.0, 10.0,
               _("Retries for each call, on average over the last few; 0 is without limit."), section=RETRIES, when=WITH_RETRIES,
               source=_("Google SRE Book, chapter 21: retries at most 10 % of the requests.")),
        number("hedge_after_ms", _("Hedge after"), 0.0, "ms", 0.0, 600_000.0,
               _("Sends a second copy when no answer has come for so long, and takes whichever comes first; 0: never."), section=RETRIES,
               source=_("Dean and Barroso, The Tail at Scale, 2013: after the 95th percentile, for 5 % more load.")),
        integer("breaker_failures", _("Circuit breaker after"), 0, "", 0, 10_000,
                _("Failures in a row until the caller stops calling; 0: no breaker."), section=BREAKER,
                source=_("Nygard, Release It, 2018, chapter 5: five.")),
        number("breaker_open_s", _("Stays open"), 10.0, "s", 0.0, 3_600.0, _("How long until it lets probes through."), section=BREAKER),
        integer("breaker_probes", _("Probes"), 1, "", 1, 1_000, _("Calls at a time while it is half open; the first good one closes it."),
                section=BREAKER),
        integer("bulkhead", _("Bulkhead"), 0, "requests", 0, 10_000_000,
                _("Calls that one caller may have under way to one target; what is beyond fails at once. 0: no limit."), section=BREAKER),
        number("handshake_round_trips", _("Handshake"), 0.0, "", 0.0, 10.0,
               _("Round trips before a request goes out: 1 for TCP, 1 more for TLS 1.3, 2 for TLS 1.2. 0: a connection that is there."),
               section=TCP),
        number("first_window_kb", _("First window"), 0.0, "kB", 0.0, 100_000.0,
               _("What a new connection sends in its first round trip; it doubles with each. 0: no slow start."), section=TCP,
               source=_("RFC 6928: 10 segments, 14.6 kB.")),
        number("window_kb", _("Largest window"), 0.0, "kB", 0.0, 1_000_000.0,
               _("At most so much is under way in one round trip; 0: no limit."), section=TCP,
               source=_("RFC 7323: 64 kB without scaling.")),
        number("share", _("Share of requests"), 1.0, "ratio", 0.0, 1.0, _("How many of the requests make this call at all."), section=RULE),
        several("classes", _("Traffic classes"), CLASS_NAMES, tuple((known.name, known.title) for known in CLASSES),
                _("The classes of traffic that go this way."), section=RULE),
        choice("when", _("Called"), "auto",
               (("auto", _("By the rule")), ("always", _("For every request")), ("reads", _("For reads")), ("writes", _("For writes")),
                ("on_miss", _("On a cache miss"))),
               _("When a server makes this call. The rule is the sentence above: it follows from what is linked to what."), section=RULE),
        choice("on_write", _("When something is written"), "delete",
               (("delete", _("The key is deleted")), ("put", _("The new value is put")), ("leave", _("Nothing: until it expires"))),
               _("What a server does with the key in a cache that it fills itself."), section=RULE,
               source=_("Nishtala et al., Scaling Memcache at Facebook, 2013: delete, since that can be repeated safely.")),
        boolean("asynchronous", _("Without waiting"), False, _("The caller does not wait for the answer, nor hear of a failure."),
                section=RULE),
        number("weight", _("Weight"), 1.0, "", 0.0, 1_000.0, _("Share of the traffic, where the caller chooses by weight."), section=RULE),
        integer("priority", _("Priority"), 1, "", 1, 100, _("1 comes first, where the caller takes the first that is healthy."),
                section=RULE),
    ),
    metrics=(
        Metric("sent_per_s", _("Requests"), "requests/s", "rate"),
        Metric("failed_per_s", _("Failed"), "requests/s", "rate"),
    ),
    latency=("latency_distribution", "latency_ms", "latency_cv"),
    kernel_order=(
        "bandwidth_mbit_s", "loss_ratio", "retransmit_timeout_ms", "timeout_ms", "retries", "backoff_ms", "backoff_factor",
        "backoff_jitter", "retry_budget", "hedge_after_ms", "breaker_failures", "breaker_open_s", "breaker_probes", "bulkhead",
        "handshake_round_trips", "first_window_kb", "window_kb", "share", "classes",
    ),
    actions=("delay", "loss", "cut"),
    left_out=_("Routing, and congestion that other traffic causes."),
)  # fmt: skip
