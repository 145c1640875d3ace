"""Texts in the visitor's language.

Three sources, one mechanism: the web half and its templates (domain `django`), the engine's catalogue (the same domain;
the English sentence is the key), and the browser's modules (domain `djangojs`, sent in the boot block).
"""

import gettext
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as translate

# Keys of the catalogue whose values are read by people; everything else is a name.
TEXT_KEYS = frozenset({"title", "summary", "help", "source", "label", "left_out"})
# Keys whose value maps names to texts.
SENTENCE_KEYS = frozenset({"messages", "short", "rules", "mends", "instances"})


@lru_cache(maxsize=8)
def for_browser(language: str) -> dict[str, str]:
    """English sentence → translation, of the browser's own texts."""
    found = gettext.translation("djangojs", str(settings.LOCALE_PATHS[0]), [language], fallback=True)
    catalogue: dict[Any, str] = getattr(found, "_catalog", {})
    return {key: text for key, text in catalogue.items() if isinstance(key, str) and key}


def translated(value: Any, key: str = "") -> Any:
    """A copy of the catalogue with the texts for people translated."""
    if isinstance(value, dict):
        if key in SENTENCE_KEYS:
            return {name: translate(text) for name, text in value.items()}
        return {name: translated(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [translated(item, key) for item in value]
    return translate(value) if isinstance(value, str) and value and key in TEXT_KEYS else value


def sentences(value: Any, key: str = "") -> set[str]:
    """Every text of the catalogue that `translated` would look up."""
    if isinstance(value, dict):
        if key in SENTENCE_KEYS:
            return {text for text in value.values() if text}
        return set().union(*(sentences(item, name) for name, item in value.items()))
    if isinstance(value, list):
        return set().union(*(sentences(item, key) for item in value))
    return {value} if isinstance(value, str) and value and key in TEXT_KEYS else set()
