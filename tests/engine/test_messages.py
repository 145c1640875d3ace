"""Every sentence that is said exists, everything that exists is said, and whoever says it fills all its blanks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim_engine.causes import CAUSES, CODE
from sim_engine.messages import MESSAGES, SHORT, Problem, fill, show

ENGINE = Path(__file__).resolve().parents[2] / "sim_engine"
# what a teller adds by itself
ALWAYS = {"label"}
FROM_A_PARAMETER = {"label", "title", "value"}
FROM_A_FAULT = {"title"}


def strings_in(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def uses() -> Iterator[tuple[str, set[str], str]]:
    """(code, names that are there to fill its blanks, place) of each call that says a sentence."""
    for path in ENGINE.rglob("*.py"):
        if path.name == "messages.py" or path.parent.name == "experiments":  # those name metrics, too
            continue
        functions = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)]
        for function in functions:
            around = strings_in(function)
            for call in (n for n in ast.walk(function) if isinstance(n, ast.Call)):
                if getattr(call.func, "attr", "") == "died":  # names the event that will be told
                    continue
                for code in (a.value for a in call.args if isinstance(a, ast.Constant) and a.value in MESSAGES):
                    teller = FROM_A_FAULT if getattr(call.func, "attr", "") == "_tell" else set()
                    names = {keyword.arg for keyword in call.keywords if keyword.arg} | around | ALWAYS | teller
                    yield code, names | (FROM_A_PARAMETER if function.name == "value_problem" else set()), f"{path.name}:{call.lineno}"


USES = list(uses())


def test_there_is_something_to_test() -> None:
    assert len(USES) > 50


def test_blanks_are_filled() -> None:
    for code, names, place in USES:
        blanks = set(re.findall(r"\{(\w+)\}", MESSAGES[code]))
        assert blanks <= names, f"{place} says {code} without {blanks - names}"


def test_every_sentence_is_said_somewhere() -> None:
    """By a literal code; kinds' own problems() and value_problem() return theirs as strings."""
    everywhere: set[str] = set()
    for path in ENGINE.rglob("*.py"):
        if path.name != "messages.py":
            everywhere |= strings_in(ast.parse(path.read_text()))
    assert MESSAGES.keys() <= everywhere, MESSAGES.keys() - everywhere


def test_what_looks_like_a_code_is_one() -> None:
    """Problems and events are made with codes that exist."""
    makers = {"Problem", "_problem", "_refuse", "complain", "tell"}
    for path in ENGINE.rglob("*.py"):
        for call in (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name in makers and call.args and isinstance(call.args[0], ast.Constant):
                assert call.args[0].value in MESSAGES, f"{path.name}:{call.lineno}"


def test_short_words_belong_to_events() -> None:
    assert SHORT.keys() <= MESSAGES.keys()
    assert all(0 < len(word) <= 20 for word in SHORT.values())


@pytest.mark.parametrize("code", MESSAGES)
def test_sentences_are_sentences(code: str) -> None:
    text = MESSAGES[code]
    assert text[0].isupper() or text[0] == "{"
    assert text.endswith(".")
    assert "  " not in text


def test_filling() -> None:
    assert fill("single_point", {"label": "Server"}).startswith("Server is a single point")
    assert fill("parameter_set", {"title": "Cores", "label": "Server", "value": 4, "unit": ""}) == "Cores of Server is now 4."
    assert show(0.123456) == "0.123" and show(1234567.8) == "1,234,568"
    assert len(show("x" * 500)) == 60


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert fill("unknown_command", {"value": "{value}{label}"}) == "There is no command called {value}{label}."


def test_a_problem_as_a_document() -> None:
    found = Problem("unknown_kind", "component", "a", "kind", (("label", "A"), ("value", [[1]]))).document()
    assert found["text"] == "A: there is no kind of component called a list."
    assert found.keys() == {"severity", "code", "where", "component", "field", "text", "arguments"}


def test_causes_are_a_closed_list_with_texts() -> None:
    assert [CODE[cause.name] for cause in CAUSES] == list(range(len(CAUSES)))
    assert {cause.category for cause in CAUSES} == {"done", "dropped", "refused", "timed_out", "failed"}
    assert all(cause.title and cause.help.endswith(".") for cause in CAUSES)
