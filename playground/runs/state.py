"""What viewers are told about a run besides its frames, and the language they are told it in."""

from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_noop

# Sentences that workers send in English; listed here so that they are found for translation.
SENTENCES = (
    gettext_noop("Stopped."),
    gettext_noop("Nobody was watching, so the run paused."),
    gettext_noop("The run used up its computing time and was ended."),
    gettext_noop("The run needed more memory than one run may have and was ended."),
    gettext_noop("Its worker was lost and replaying the run took too long."),
    gettext_noop("The simulation stopped with an error; it was logged."),
    gettext_noop("The run is over."),
    gettext_noop("This run has had as many changes as a run may have."),
    gettext_noop("The simulation could not carry this out."),
    gettext_noop("Its worker was lost; the run is being replayed to where it was."),
    gettext_noop("The run ended its worker again and again, so it was given up."),
    gettext_noop("One step took too long, so the run was ended. The design may be too large or too busy."),
    gettext_noop("The run could not be started. Try again in a moment."),
    gettext_noop("The frames in between are no longer kept."),
    gettext_noop("The run could not be replayed exactly, so it starts anew."),
    gettext_noop("Only the visitor who started this run controls it."),
    gettext_noop("Too many commands are waiting for their answer."),
    gettext_noop("Unknown command."),
    gettext_noop("The connection to the run was lost for a moment; try again."),
)

STARTING = {"phase": "starting", "speed": 1, "t": 0.0, "wall_s": 0.0, "text": ""}
OVER = ("finished", "failed")


def language_of(scope: dict[str, Any]) -> str:
    """The visitor's language for a socket, found as Django finds it for a request."""
    cookies = scope.get("cookies", {})
    chosen = unquote(str(cookies.get(settings.LANGUAGE_COOKIE_NAME, "")))
    accepted = dict(scope.get("headers", [])).get(b"accept-language", b"").decode("latin-1")
    for wish in [chosen, *(part.partition(";")[0].strip() for part in accepted.split(","))]:
        try:
            return translation.get_supported_language_variant(wish)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def say(text: str, language: str) -> str:
    """An English sentence of ours in the viewer's language."""
    if not text:
        return ""
    with translation.override(language):
        return str(translation.gettext(text))
