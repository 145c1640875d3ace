"""Refuses a second web process on the same database when there is no Redis to signal between them."""

import hashlib
import json
import sys
from typing import IO

from django.conf import settings


def hold_database() -> IO[str] | None:
    """A lock that lasts as long as the process. Where the system has no such locks, nothing is refused."""
    try:
        import fcntl
    except ImportError:
        return None
    if settings.REDIS_URL:
        return None
    database = settings.DATABASES["default"]
    named = json.dumps({key: str(database.get(key, "")) for key in ("NAME", "HOST", "PORT")}, sort_keys=True)
    settings.RUN_DIRECTORY.mkdir(exist_ok=True)
    path = settings.RUN_DIRECTORY / f"web-{hashlib.sha256(named.encode()).hexdigest()[:12]}.lock"
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(
            "cannot start: another server of this copy uses the same database. Stop it first, "
            "or set REDIS_URL so that both can signal each other, or DATABASE_URL for a database of its own."
        )
    return lock
