"""`manage.py texts`: finds every text of the project and brings the .po files up to date."""

from typing import Any

from django.core.management.base import BaseCommand

from playground import extraction


class Command(BaseCommand):
    help = "Extract every text into the .po files and say which have no translation yet."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        for language in extraction.LANGUAGES:
            for domain in ("django", "djangojs"):
                catalogue = extraction.updated(domain, language)
                path = extraction.path_of(domain, language)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(extraction.as_text(catalogue))
                missing = extraction.missing(catalogue)
                self.stdout.write(f"{path}: {len(catalogue)} texts, {len(missing)} without a translation")
                for text in missing:
                    self.stdout.write(f"  {text}")
