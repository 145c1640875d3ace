"""Hashed static files, and the import map through which native ES modules find their hashed names.

Django's own rewriting of `import` statements works by regular expression and breaks on valid modules, so sources stay
as they are: the browser resolves a relative import to a URL, and the import map sends that URL to the hashed file.
"""

import json
from functools import lru_cache

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Bare names, for files of npm packages that our modules import by name.
VENDOR_MODULES = {
    "dagre": "vendor/dagre/dagre.esm.js",
}
# Only what our modules import: mapping every file of a package would make a page of tens of kilobytes.
VENDOR_FILES = (
    "vendor/joint/joint.min.js",
    "vendor/plotly/plotly-cartesian.min.js",
    "vendor/dagre/dagre.esm.js",
)


class HashedFiles(CompressedManifestStaticFilesStorage):
    """A missing entry is served under its plain name rather than failing the page."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name


def import_map() -> str:
    """The import map as JSON: bare names of packages, and every module of ours to its hashed file."""
    return json.dumps({"imports": mapped_modules()}) if settings.DEBUG else hashed_import_map()


@lru_cache(maxsize=1)
def hashed_import_map() -> str:
    return json.dumps({"imports": mapped_modules()})


def mapped_modules() -> dict[str, str]:
    named = {name: staticfiles_storage.url(path) for name, path in VENDOR_MODULES.items()}
    hashed: dict[str, str] = getattr(staticfiles_storage, "hashed_files", {})
    plain = {
        settings.STATIC_URL + path: settings.STATIC_URL + target
        for path, target in sorted(hashed.items())
        if path.endswith((".js", ".mjs")) and (path in VENDOR_FILES or not path.startswith("vendor/"))
    }
    return {**named, **plain}
