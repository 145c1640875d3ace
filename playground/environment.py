"""Reads the environment: which real parts replace the embedded ones, and the secret key of the embedded default."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class BadEnvironment(Exception):
    """A variable holds something that cannot be used; the text says which and why."""


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return value in ("1", "true", "yes", "on") if value else default


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    value = os.environ.get(name, "")
    return [word.strip() for word in value.split(",") if word.strip()] or default


def secret_key(run_directory: Path) -> str:
    """SECRET_KEY from the environment, else one that is made once for this copy and kept out of git."""
    given = os.environ.get("SECRET_KEY", "")
    if given:
        return given
    path = run_directory / "secret_key"
    run_directory.mkdir(exist_ok=True)
    try:
        # O_EXCL: of two first starts at the same moment one makes the key and the other reads it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    key = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    return key


def database(url: str, embedded: Path) -> dict[str, Any]:
    """Django's settings for one database: SQLite in a file by default, else what DATABASE_URL names."""
    if not url:
        return sqlite(str(embedded))
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # sqlite:///relative/path and sqlite:////absolute/path, as everywhere.
        return sqlite(unquote(parts.path[1:]))
    if parts.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "OPTIONS": dict(parse_qsl(parts.query)),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise BadEnvironment(f"DATABASE_URL must begin with postgresql:// or sqlite:///, not {parts.scheme}://")


def sqlite(name: str) -> dict[str, Any]:
    """Eight writing processes: 14 % of transactions fail with Django's defaults, none with these (reliability, C19)."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def channel_layers(redis_url: str) -> dict[str, Any]:
    """The layer carries small signals only (a link was revoked), never frames."""
    if not redis_url:
        return {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    # redis-py gives up a silent socket after 5 s by default, which is just how long channels_redis waits for a message.
    host = {"address": redis_url, "socket_timeout": 30}
    return {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host], "expiry": 10}}}


def refuse_processes_without_redis(redis_url: str) -> None:
    """Several web processes cannot tell each other that a link was revoked without Redis."""
    processes = os.environ.get("WEB_CONCURRENCY", "1")
    if processes.isdigit() and int(processes) > 1 and not redis_url:
        raise BadEnvironment("WEB_CONCURRENCY is above 1 but REDIS_URL is not set: web processes need Redis to signal")
