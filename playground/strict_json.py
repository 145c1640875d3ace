"""Reads JSON as the specification means it, and no more than we want of it.

Python's parser takes NaN, Infinity, numbers that overflow to infinity, duplicate keys (the last one wins, silently)
and lone surrogates (which no database stores), and recurses as deep as the text does. Here each is refused with a
sentence. Size and depth are tested on the text, before anything is built from it.
"""

import json
import re
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from playground.errors import Refused

STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
# Half characters, and NUL, which PostgreSQL does not store.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Longer ones are no number of ours, and Python's own conversion grows with the square of the length.
LONGEST_NUMBER = 40


def read(body: bytes | str, size_limit_bytes: int, depth_limit: int) -> Any:
    """The value in `body`, or `Refused` with status 400 or 413."""
    size_bytes = len(body) if isinstance(body, bytes) else len(body.encode("utf-8", "surrogatepass"))
    if size_bytes > size_limit_bytes:
        raise Refused(
            413,
            "too_large",
            _("This is %(size)d kB; at most %(limit)d kB are accepted.")
            % {"size": size_bytes // 1024 + 1, "limit": size_limit_bytes // 1024},
        )
    text = decode(body)
    if depth(text) > depth_limit:
        raise bad(_("The JSON is nested deeper than %(limit)d levels.") % {"limit": depth_limit})
    try:
        value = json.loads(
            text,
            object_pairs_hook=object_without_duplicates,
            parse_constant=refuse_constant,
            parse_float=finite_float,
            parse_int=bounded_integer,
        )
    except json.JSONDecodeError as error:
        position = {"line": error.lineno, "column": error.colno}
        raise bad(_("This is not JSON (line %(line)d, column %(column)d).") % position) from error
    refuse_unstorable(value)
    return value


def bad(text: str) -> Refused:
    return Refused(400, "bad_json", text)


def decode(body: bytes | str) -> str:
    if isinstance(body, str):
        return body
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad(_("The text is not UTF-8.")) from error


def depth(text: str) -> int:
    """How deep brackets outside of strings nest."""
    deepest = level = 0
    for match in STRING_OR_BRACKET.finditer(text):
        first = match.group()[0]
        if first in "[{":
            level += 1
            deepest = max(deepest, level)
        elif first in "]}":
            level -= 1
    return deepest


def object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _value in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise bad(_("The name “%(name)s” occurs twice in one object.") % {"name": printable(twice)[:80]})
    return result


def refuse_constant(name: str) -> NoReturn:
    raise bad(_("%(name)s is not a number in JSON.") % {"name": name})


def finite_float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise bad(_("The number %(number)s is too large.") % {"number": text[:LONGEST_NUMBER]})
    return value


def bounded_integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise bad(_("The number %(number)s is too large.") % {"number": text[:LONGEST_NUMBER] + "…"})
    return int(text)


def refuse_unstorable(value: Any) -> None:
    """Depth is bounded by now, so that recursion is safe."""
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            raise bad(_("A text holds half of a character (a lone surrogate) or a NUL character."))
    elif isinstance(value, list):
        for item in value:
            refuse_unstorable(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            refuse_unstorable(key)
            refuse_unstorable(item)


def printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
