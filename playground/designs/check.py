"""What the engine says about a design, and which of it keeps a design from being saved.

People save unfinished work: a design with a missing link or a value out of bounds is saved as it is. What is no design
document at all is not.
"""

import json
from dataclasses import asdict, is_dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext as translate
from django.utils.translation import override

from playground import limits
from playground.errors import Refused
from playground.runs.engine import engine, module_name

# Wrong in its structure rather than unfinished: nothing here could open it again.
MALFORMED_CODES = frozenset(
    {"not_a_design", "unknown_version", "too_many", "bad_identifier", "wrong_shape", "unknown_kind", "unknown_action", "link_end_missing"}
)
# Arguments of a sentence that are words of the catalogue; the others are the user's own, or numbers.
CATALOGUE_ARGUMENTS = frozenset({"title", "argument", "policy", "classes", "kind", "target_kind", "expected", "what", "detail"})


def problem_document(problem: Any) -> dict[str, Any]:
    """One problem in the shape of docs/design-document.md, with its sentences in the visitor's language."""
    document = plain_problem(problem)
    document["text"] = translated(document)
    if "mend" in document:
        document["mend"] = _mend(document["mend"])
    return document


def _mend(mend: dict[str, Any]) -> dict[str, Any]:
    """What would help; what it adds has a title of the catalogue for its label."""
    components = {
        identifier: {**part, "label": translate(part["label"])} if part and "label" in part else part
        for identifier, part in mend["edit"].get("components", {}).items()
    }
    edit = {**mend["edit"], **({"components": components} if components else {})}
    return {**mend, "text": _said("mends", mend["title_code"], mend["arguments"], mend["text"]).strip(), "edit": edit}


def rules(design: Any) -> dict[str, dict[str, Any]]:
    """What each link means, by its id."""
    return {link_id: _rule(rule) for link_id, rule in engine().wiring_rules(design).items()}


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """The engine's text holds the exceptions, too."""
    also = [{**other, "text": _said("rules", other["code"], other["arguments"], other["text"])} for other in rule["also"]]
    first = _said("rules", rule["code"], rule["arguments"], "")
    text = " ".join([first, *(other["text"] for other in also)]) if first else rule["text"]
    return {**rule, "text": text, "also": also}


def plain_problem(problem: Any) -> dict[str, Any]:
    if isinstance(problem, dict):
        return dict(problem)
    if hasattr(problem, "document"):
        document: dict[str, Any] = problem.document()
        return document
    assert is_dataclass(problem) and not isinstance(problem, type)
    return asdict(problem)


def translated(problem: dict[str, Any]) -> str:
    """The template of the problem's code in the visitor's language, filled; the English sentence when that fails."""
    return _said("messages", problem.get("code"), problem.get("arguments", {}), str(problem["text"]))


def _said(kind: str, code: Any, arguments: dict[str, Any], english: str) -> str:
    template = _templates(module_name())[kind].get(code)
    if not template or translate(template) == template:
        return english
    try:
        return str(translate(template).format(**{name: _word(name, value) for name, value in arguments.items()}))
    except (KeyError, IndexError, ValueError):
        return english


def _word(name: str, value: Any) -> Any:
    if name not in CATALOGUE_ARGUMENTS:
        return value
    if isinstance(value, list):
        return ", ".join(translate(word) for word in value)
    return translate(value) if isinstance(value, str) and value else value


@lru_cache(maxsize=4)
def _templates(_module: str) -> dict[str, dict[str, str]]:
    """The engine's sentences with their blanks, by kind and code."""
    document = engine().catalogue_document()
    return {kind: document.get(kind, {}) for kind in ("messages", "mends", "rules")}


def in_language(error: dict[str, Any], language: str) -> dict[str, Any]:
    """Why a command was refused, with its sentences in a viewer's language."""
    with override(language):
        problems = [{**problem, "text": translated(problem)} for problem in error.get("problems", [])]
        text = problems[0]["text"] if problems else translate(error["text"])
    return {**error, "text": str(text), **({"problems": problems} if problems else {})}


def findings(design: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Problems and hints."""
    found = [problem_document(problem) for problem in engine().check(design)]
    problems = [entry for entry in found if entry["severity"] == "problem"]
    return problems, [entry for entry in found if entry["severity"] != "problem"]


def design_in(body: dict[str, Any]) -> dict[str, Any]:
    """The design of a request, fit to be stored, or `Refused`."""
    design = body.get("design")
    if not isinstance(design, dict):
        raise Refused(400, "bad_field", _("“design” must be a design document."))
    refuse_large(design)
    problems, _hints = findings(design)
    malformed = [problem for problem in problems if is_malformed(problem)]
    if malformed:
        raise Refused(422, "not_a_design", _("This is not a design document: %(text)s") % malformed[0], problems=malformed)
    return design


def refuse_large(design: dict[str, Any]) -> None:
    size_bytes = len(json.dumps(design, separators=(",", ":"), ensure_ascii=False).encode())
    if size_bytes > limits.of("design_bytes"):
        raise Refused(
            413,
            "too_large",
            _("This design is %(size)d kB; at most %(limit)d kB can be saved.")
            % {"size": size_bytes // 1024 + 1, "limit": limits.of("design_bytes") // 1024},
        )


def is_malformed(problem: dict[str, Any]) -> bool:
    return problem.get("code") in MALFORMED_CODES
