"""Shared by all tests: a database of this test run's own, so that several runs can go on side by side."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from playground.bootstrap import collect_static_files

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


def pytest_sessionstart(session: pytest.Session) -> None:
    """The files that all servers of all workers serve, collected once."""
    if not hasattr(session.config, "workerinput"):
        collect_static_files()


class Grouped(LoadScopeScheduling):
    """Tests whose servers or browser are shared stay together; any other goes to the next free worker."""

    def _split_scope(self, nodeid: str) -> str:
        _tests, folder, *_rest = nodeid.split("/")
        return folder if folder in ("web", "browser") else nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Grouped:
    return Grouped(config, log)
