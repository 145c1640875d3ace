"""Django's record of this application, and the check that says what to do when the set-up was not run."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


class PlaygroundConfig(AppConfig):
    name = "playground"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(browser_packages_are_there, Tags.staticfiles)


def browser_packages_are_there(**_arguments: Any) -> list[CheckMessage]:
    if (settings.NODE_MODULES / "@joint" / "core").is_dir():
        return []
    return [Error("The browser's packages are missing.", hint="Run `make setup`.", id="playground.E001")]
