"""Shared by all tests: a database of this test run's own, so that several runs can go on side by side."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# The server's usual bounds on one address would stop a test suite; the tests of limits set their own.
for name in ("NEW_DESIGNS_PER_MINUTE", "SAVES_PER_MINUTE", "CHECKS_PER_MINUTE", "RUNS_STARTED_PER_MINUTE"):
    os.environ.setdefault(f"LIMIT_{name}", "100000")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    from django.conf import settings

    database: dict[str, Any] = settings.DATABASES["default"]
    with tempfile.TemporaryDirectory(prefix="playground-db-") as folder:
        if "sqlite3" in database["ENGINE"]:
            # In a file, as in life: what is in memory knows no WAL and no locks.
            database.setdefault("TEST", {})["NAME"] = str(Path(folder) / "test.sqlite3")
        else:
            database.setdefault("TEST", {})["NAME"] = f"test_playground_{os.getpid()}"
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers: one for what serves pages (its servers and static files are shared), the engine's files in between."""
    for item in items:
        folder = item.path.parent.name
        group = "pages" if folder in ("web", "browser") else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
