"""Shared by all tests: a database of this test run's own, so that several runs can go on side by side."""

import gc
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


def pytest_collection_finish() -> None:
    """What has been imported stays: a fifth of the time would go into looking at it again (measured with the oracle)."""
    gc.collect()
    gc.freeze()


class Grouped(LoadScopeScheduling):
    """Tests whose servers, browser or runs are shared stay together; any other goes to the next free worker.

    Larger groups begin first (xdist sorts them), so that no worker is left with one at the end.
    """

    def _split_scope(self, nodeid: str) -> str:
        _tests, folder, *_rest = nodeid.split("/")
        if folder in ("web", "browser"):
            return folder
        if "/test_kernel_" in nodeid:
            return "kernel"  # what is compiled for one is there for the others
        test, _, case = nodeid.partition("[")
        if test.startswith("tests/engine/test_theory.py"):
            return f"{test} {case.split(' ')[0]}"  # the rows of one result
        if test.startswith("tests/engine/test_every_fault.py"):
            return f"{test} {case.rpartition('-')[2]}"  # all that is done to one kind
        return nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Grouped:
    return Grouped(config, log)
