"""What the engine says about a design, and which of it keeps a design from being saved.

People save unfinished work: a design with a missing link or a value out of bounds is saved as it is. What is no design
document at all is not.
"""

import json
from dataclasses import asdict, is_dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext as translate

from playground import limits
from playground.errors import Refused
from playground.runs.engine import engine

# Wrong in its structure rather than unfinished: nothing here could open it again.
MALFORMED_CODES = frozenset(
    {"not_a_design", "unknown_version", "too_many", "bad_identifier", "wrong_shape", "unknown_kind", "link_end_missing"}
)
# Arguments of a sentence that are words of the catalogue; the others are the user's own, or numbers.
CATALOGUE_ARGUMENTS = frozenset({"title", "kind", "target_kind", "expected", "what", "detail"})


def problem_document(problem: Any) -> dict[str, Any]:
    """One problem in the shape of docs/design-document.md, with its sentence in the visitor's language."""
    document = plain_problem(problem)
    document["text"] = translated(document)
    return document


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
    template = engine().catalogue_document()["messages"].get(problem.get("code"))
    if not template or translate(template) == template:
        return str(problem["text"])
    arguments = {
        name: translate(value) if name in CATALOGUE_ARGUMENTS and isinstance(value, str) and value else value
        for name, value in problem.get("arguments", {}).items()
    }
    try:
        return str(translate(template).format(**arguments))
    except (KeyError, IndexError, ValueError):
        return str(problem["text"])


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
