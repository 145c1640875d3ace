"""The JSON Schema of the design document (draft 2020-12), made from the catalogue."""

from typing import Any

from sim_engine.catalogue.actions import ACTIONS, Action
from sim_engine.catalogue.parameter import Parameter
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.document import FORMAT, LARGEST_PLACE_PX, SMALLEST_PLACE_PX
from sim_engine.design.upgrade import NEWEST
from sim_engine.limits import limit

IDENTIFIER = {"pattern": "^[A-Za-z0-9_-]{1,64}$"}
TYPES = {"number": "number", "integer": "integer", "boolean": "boolean", "choice": "string", "text": "string", "set": "array",
         "component": "string"}  # fmt: skip


def _parameter(parameter: Parameter) -> dict[str, Any]:
    found: dict[str, Any] = {"type": TYPES[parameter.type], "title": parameter.title, "description": parameter.help}
    if parameter.type == "choice":
        found["enum"] = [choice.value for choice in parameter.choices]
    elif parameter.type == "set":
        found |= {"items": {"enum": [choice.value for choice in parameter.choices]}, "uniqueItems": True}
    elif parameter.type == "component":
        found["pattern"] = "^[A-Za-z0-9_-]{0,64}$"
    elif parameter.type == "text":
        found["maxLength"] = int(parameter.maximum or 0)
    elif parameter.minimum is not None:
        found |= {"minimum": parameter.minimum, "maximum": parameter.maximum}
    return {**found, "default": list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default}


def _parameters(declared: tuple[Parameter, ...]) -> dict[str, Any]:
    properties = {parameter.name: _parameter(parameter) for parameter in declared}
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _component(kind: str) -> dict[str, Any]:
    label = {"type": "string", "maxLength": limit("label_characters")}
    properties = {
        "kind": {"const": kind}, "label": label, "x": {"type": "number"}, "y": {"type": "number"},
        "inside": _or_null({"type": "string", **IDENTIFIER}), "parameters": _parameters(KINDS[kind].parameters),
    }  # fmt: skip
    if KINDS[kind].place_rank:
        side = {"type": "number", "minimum": SMALLEST_PLACE_PX, "maximum": LARGEST_PLACE_PX}
        properties |= {"width": side, "height": side}
    return {"type": "object", "required": ["kind"], "properties": properties}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _action(action: Action) -> dict[str, Any]:
    return {"title": action.title, "description": action.help, "properties": {
        "action": {"const": action.name}, "arguments": _parameters(action.parameters)}}  # fmt: skip


def _scenario() -> dict[str, Any]:
    seconds = {"type": "number", "minimum": 0, "maximum": limit("simulated_seconds")}
    point = {"type": "object", "required": ["at_s", "multiplier"], "properties": {
        "at_s": seconds, "multiplier": {"type": "number", "minimum": 0, "maximum": 10_000}}}  # fmt: skip
    target = _or_null({"type": "string", **IDENTIFIER})
    fault = {
        "type": "object", "required": ["at_s", "action"],
        "properties": {"at_s": seconds, "component": target, "link": target, "for_s": _or_null(seconds)},
        "not": {"required": ["component", "link"], "properties": {"component": {"type": "string"}, "link": {"type": "string"}}},
        "oneOf": [_action(action) for action in ACTIONS.values()],
    }  # fmt: skip
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
