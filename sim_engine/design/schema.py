"""The JSON Schema of the design document (draft 2020-12), made from the catalogue."""

from typing import Any

from sim_engine.catalogue.parameter import Parameter
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.document import FORMAT
from sim_engine.design.upgrade import NEWEST
from sim_engine.limits import limit

IDENTIFIER = {"pattern": "^[A-Za-z0-9_-]{1,64}$"}
TYPES = {"number": "number", "integer": "integer", "boolean": "boolean", "choice": "string", "text": "string"}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    found: dict[str, Any] = {"type": TYPES[parameter.type], "title": parameter.title, "description": parameter.help}
    if parameter.type == "choice":
        found["enum"] = [choice.value for choice in parameter.choices]
    elif parameter.type == "text":
        found["maxLength"] = int(parameter.maximum or 0)
    elif parameter.minimum is not None:
        found |= {"minimum": parameter.minimum, "maximum": parameter.maximum}
    return {**found, "default": parameter.default}


def _parameters(declared: tuple[Parameter, ...]) -> dict[str, Any]:
    properties = {parameter.name: _parameter(parameter) for parameter in declared}
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _component(kind: str) -> dict[str, Any]:
    label = {"type": "string", "maxLength": limit("label_characters")}
    properties = {
        "kind": {"const": kind}, "label": label, "x": {"type": "number"}, "y": {"type": "number"},
        "parameters": _parameters(KINDS[kind].parameters),
    }  # fmt: skip
    return {"type": "object", "required": ["kind"], "properties": properties}


def _scenario() -> dict[str, Any]:
    seconds = {"type": "number", "minimum": 0, "maximum": limit("simulated_seconds")}
    point = {"type": "object", "required": ["at_s", "multiplier"], "properties": {
        "at_s": seconds, "multiplier": {"type": "number", "minimum": 0, "maximum": 10_000}}}  # fmt: skip
    fault = {"type": "object", "required": ["at_s", "component", "action"], "properties": {
        "at_s": seconds, "component": {"type": "string"}, "action": {"enum": ["kill", "restore"]},
        "mode": {"enum": ["process", "machine"]}, "for_s": {"anyOf": [seconds, {"type": "null"}]}}}  # fmt: skip
    most = limit("scenario_points")
    return {"type": "object", "properties": {
        "title": {"type": "string", "maxLength": limit("label_characters")},
        "duration_s": {**seconds, "minimum": 0.1},
        "traffic": {"type": "array", "items": point, "maxItems": most},
        "faults": {"type": "array", "items": fault, "maxItems": most}}}  # fmt: skip


def _map(of: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "object", "propertyNames": IDENTIFIER, "additionalProperties": of, "maxProperties": most}


def schema_document() -> dict[str, Any]:
    link = {"type": "object", "required": ["from", "to"], "properties": {
        "from": {"type": "string", **IDENTIFIER}, "to": {"type": "string", **IDENTIFIER},
        "parameters": _parameters(LINK.parameters)}}  # fmt: skip
    text = {"type": "string", "maxLength": limit("text_characters")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Architecture Playground design",
        "type": "object",
        "required": ["format", "version"],
        "properties": {
            "format": {"const": FORMAT}, "version": {"const": NEWEST}, "name": {"type": "string", "maxLength": limit("label_characters")},
            "description": text, "try_this": text, "seed": {"type": "integer", "minimum": 0, "maximum": 2**53 - 1},
            "components": _map({"oneOf": [_component(kind) for kind in KINDS]}, limit("components")),
            "links": _map(link, limit("links")),
            "scenarios": _map(_scenario(), limit("scenarios")),
            "scenario": {"type": ["string", "null"]},
        },
    }  # fmt: skip
