"""The JSON reader against hostile texts."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import strict_json
from playground.errors import Refused
from tests.web.conftest import Browser

SIZE, DEPTH = 300_000, 20

HOSTILE = [
    "NaN",
    "Infinity",
    "[-Infinity]",
    "1e400",
    "-1e999",
    '{"a": 1, "a": 2}',
    '{"a": {"b": 1, "\\u0062": 2}}',
    '"\\ud800"',
    '{"\\udc00": 1}',
    '"\\u0000"',
    "[" * 21 + "]" * 21,
    "[" * 100_000,
    '{"a":' * 100_000,
    "1" * 5_000,
    "{",
    "",
    "'a'",
    "[1,]",
    b"\xff\xfe",
    b'"\xed\xa0\x80"',
    "\ufeff{}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_refused_quickly_with_a_sentence(text: str | bytes) -> None:
    worked_s = time.process_time()
    with pytest.raises(Refused) as refused:
        strict_json.read(text, SIZE, DEPTH)
    assert refused.value.status in (400, 413)
    assert refused.value.text.endswith(".")
    assert time.process_time() - worked_s < 0.1
    assert json.dumps(refused.value.document()).isascii()


def test_size_is_looked_at_first() -> None:
    with pytest.raises(Refused) as refused:
        strict_json.read("[" * 400_000, SIZE, DEPTH)
    assert refused.value.status == 413


def test_depth_counts_brackets_outside_of_texts_only() -> None:
    assert strict_json.read('{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[\\"]]]{{{"}', SIZE, 2) == {"a": '[[[[[[[[[[[[[[[[[[[[[[[[["]]]{{{'}
    assert strict_json.read("[" * 20 + "]" * 20, SIZE, 20)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=5), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(plain)
def test_reads_what_python_writes(value: Any) -> None:
    assert strict_json.read(json.dumps(value), SIZE, 60) == value
    assert strict_json.read(json.dumps(value, ensure_ascii=False).encode(), SIZE, 60) == value


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_nothing_else_is_ever_raised(text: bytes | str) -> None:
    try:
        strict_json.read(text, SIZE, DEPTH)
    except Refused as refused:
        assert refused.status == 400


@pytest.mark.django_db
@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("text", [*HOSTILE[:10], "[]", "7", '"text"', "null"])
def test_over_http_too(browser: Browser, text: str) -> None:
    for path in ("/api/check/", "/api/designs/", "/api/runs/"):
        answer = browser.post_json(path, text)
        assert answer.status_code == 400, path
        assert answer.json()["error"]["text"]
