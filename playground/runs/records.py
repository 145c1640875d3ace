"""Stored runs. Short queries only; they are called from the event loop through `in_thread`."""

import asyncio
import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

from django.db import close_old_connections
from django.utils import timezone

from playground import limits
from playground.models import RunRecord

T = TypeVar("T")

# Sockets share these threads, so that one slow query does not hold up all of them (channels has one thread for all).
DATABASE_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="database")
# How long a new run, or one whose viewers are connected, counts as watched without further news.
WATCHED_FOR_S = 30


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    def call() -> T:
        close_old_connections()
        try:
            return function(*arguments)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(DATABASE_THREADS, call)


def create(values: dict[str, Any]) -> RunRecord:
    """A new run. Its number is as hard to guess as a share link."""
    forget_old()
    watched_until = timezone.now() + timedelta(seconds=WATCHED_FOR_S)
    return RunRecord.objects.create(id=secrets.token_urlsafe(24), epoch=secrets.token_hex(6), watched_until=watched_until, **values)


def forget_old() -> None:
    oldest = timezone.now() - timedelta(seconds=limits.of("forget_after_s"))
    RunRecord.objects.filter(touched_at__lt=oldest).delete()


def watched(**which: Any) -> int:
    """How many runs are going on that somebody watches."""
    return RunRecord.objects.filter(ended="", watched_until__gt=timezone.now(), **which).count()


def find(run_id: str) -> RunRecord | None:
    return RunRecord.objects.filter(pk=run_id).first()


def update(run_id: str, values: dict[str, Any]) -> None:
    RunRecord.objects.filter(pk=run_id).update(touched_at=timezone.now(), **values)


def note_watched(run_id: str, is_watched: bool, values: dict[str, Any]) -> None:
    until = timezone.now() + timedelta(seconds=WATCHED_FOR_S if is_watched else 0)
    update(run_id, {"watched_until": until, **values})


def is_recent(record: RunRecord) -> bool:
    return (timezone.now() - record.touched_at).total_seconds() < WATCHED_FOR_S


def take_over(run_id: str, incarnation: int) -> bool:
    """True for exactly one of those who found the same actor lost."""
    same = RunRecord.objects.filter(pk=run_id, incarnation=incarnation)
    return same.update(incarnation=incarnation + 1, touched_at=timezone.now()) == 1


def commands_text(commands: list[dict[str, Any]]) -> str:
    return json.dumps(commands, separators=(",", ":"))
