"""What a link means, in sentences: the rule that follows from what is linked to what, and what the link's own rule changes about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sim_engine.catalogue.component import Component, Port

Sentence = tuple[str, dict[str, Any]]  # a key of RULES, and what fills its blanks


@dataclass(frozen=True, slots=True)
class Wire:
    """One link as the kind at its source sees it."""

    source: type[Component]
    target: type[Component]
    port: Port
    label: str
    target_label: str
    own: Mapping[str, Any]  # parameters of the source
    rule: Mapping[str, Any]  # parameters of the link
    ports: tuple[str, ...]  # those over which the source has links
    alike: int  # links over this port, this one included

    def says(self, code: str, **arguments: Any) -> Sentence:
        return code, {"label": self.label, "target": self.target_label, **arguments}


CACHE: Final = {
    "always": "rule_cache_always", "reads": "rule_cache_reads", "writes": "rule_cache_writes", "on_miss": "rule_cache_on_miss",
}  # fmt: skip
DATABASE: Final = {
    "always": "rule_database_always", "reads": "rule_database_reads", "writes": "rule_database_writes", "on_miss": "rule_database_on_miss",
}  # fmt: skip
SERVICE: Final = {"reads": "rule_service_reads", "writes": "rule_service_writes", "on_miss": "rule_service_on_miss"}
STYLES: Final = {"control": "rule_controls", "replication": "rule_replicates"}


def default_rule(wire: Wire) -> Sentence:
    """What a link means by default, by what the target provides."""
    if wire.port.style in STYLES:
        return wire.says(STYLES[wire.port.style])
    if wire.port.style == "message":
        return wire.says("rule_publishes" if wire.target.provides == "queue" else "rule_hands_out")
    if wire.source.passes_on is not None:
        return wire.says("rule_balances", policy=_policy(wire))
    if wire.source.is_source:
        return wire.says("rule_sends_some", count=wire.alike) if wire.alike > 1 else wire.says("rule_sends_all")
    when = str(wire.rule["when"])
    if wire.target.provides == "cache":
        has_data = not {"database", "service"}.isdisjoint(wire.ports)
        return wire.says(CACHE.get(when, "rule_cache_aside" if has_data else "rule_cache_alone"))
    if wire.target.provides == "sql":
        return wire.says(DATABASE.get(when, "rule_database_behind_cache" if "cache" in wire.ports else "rule_database"))
    return wire.says(SERVICE.get(when, "rule_service"))


def _policy(wire: Wire) -> str:
    parameter = wire.source.parameter(str(wire.source.passes_on))
    return next(choice.title for choice in parameter.choices if choice.value == wire.own[parameter.name])


def exceptions(wire: Wire) -> list[Sentence]:
    """What the link's own rule changes about its default."""
    if wire.port.style == "control":
        return []
    found = []
    if wire.alike > 1 and wire.port.style == "call" and wire.target.provides in ("cache", "sql") and wire.rule["when"] == "auto":
        found.append(wire.says("rule_turns", count=wire.alike))
    if wire.rule["asynchronous"]:
        found.append(wire.says("rule_without_waiting"))
    if wire.rule["share"] < 1.0:
        found.append(wire.says("rule_share", percent=100.0 * float(wire.rule["share"])))
    return found
