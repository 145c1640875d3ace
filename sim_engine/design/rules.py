"""What each link of a design means, for people: shown where the link is inspected."""

from typing import Any

from sim_engine.catalogue.classes import CLASSES
from sim_engine.catalogue.rules import RULES
from sim_engine.catalogue.wire import Sentence, Wire, exceptions
from sim_engine.components.link import LINK
from sim_engine.design.document import LinkSpec, parse
from sim_engine.design.ports import Wiring
from sim_engine.messages import filled


def wiring_rules(raw: Any) -> dict[str, dict[str, Any]]:
    """By link id: {"code", "arguments", "text", "also": […]}; links that mean nothing are left out. raw: any JSON value."""
    design, _problems = parse(raw)
    if design is None:
        return {}
    wiring, found = Wiring(design), {}
    for link_id, link in design.links.items():
        sentences = sentences_of(wiring, link)
        if sentences:
            first, *others = [_document(sentence) for sentence in sentences]
            text = " ".join([first["text"], *(other["text"] for other in others)])
            found[link_id] = {**first, "text": text, "also": others}
    return found


def sentences_of(wiring: Wiring, link: LinkSpec) -> list[Sentence]:
    """The rule of a link and its exceptions; none when nothing can go that way."""
    port = wiring.port(link)
    if port is None:
        return []
    source, target = wiring.design.components[link.source], wiring.design.components[link.target]
    ports = {other.name for other in map(wiring.port, wiring.outgoing[link.source]) if other is not None}
    wire = Wire(
        wiring.kind(link.source), wiring.kind(link.target), port, source.label, target.label, source.parameters, link.parameters,
        tuple(sorted(ports)), wiring.over_same_port(link),
    )  # fmt: skip
    return [wire.source.rule(wire), *exceptions(wire), *_classes(wire)]


def _classes(wire: Wire) -> list[Sentence]:
    chosen = wire.rule["classes"]
    if chosen == LINK.parameter("classes").default or wire.port.style == "control":
        return []
    return [wire.says("rule_classes", classes=tuple(known.title for known in CLASSES if known.name in chosen))]


def _document(sentence: Sentence) -> dict[str, Any]:
    code, arguments = sentence
    shown = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
    return {"code": code, "arguments": shown, "text": filled(RULES[code], arguments)}
