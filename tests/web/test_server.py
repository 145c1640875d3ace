"""The real server: Daphne, sockets and Dask workers in processes of their own, with the engine's double."""

import asyncio
import json
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.web.conftest import a_design
from tests.web.servers import ROOT, Server, Stream, Visitor, secret_of, seqs
from tests.web.stopwatch import Stopwatch


async def whole_run(visitor: Visitor, run: str) -> list[dict[str, Any]]:
    """All frames of a run, watched without a break."""
    async with visitor.socket(run) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_phase("finished", within_s=60)
        return stream.frames


def short(seconds: float, **changes: Any) -> dict[str, Any]:
    return a_design(scenarios={"steady": {"title": "Steady", "duration_s": seconds, "traffic": [], "faults": []}}, **changes)


async def test_first_frame_comes_quickly(server: Server) -> None:
    visitor = Visitor(server)
    await whole_run(visitor, visitor.start_run(short(1), speed="max"))
    watch = Stopwatch(server)
    run = visitor.start_run(a_design())
    async with visitor.socket(run) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_frames(1)
    assert watch.seconds() < 0.5


async def test_real_time_gives_ten_frames_a_second(server: Server) -> None:
    visitor = Visitor(server)
    async with visitor.socket(visitor.start_run(a_design())) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_frames(1)
        started_s = time.monotonic()
        await stream.until_frames(21)
        assert 1.6 < time.monotonic() - started_s < 2.6


async def test_same_seed_same_frames(server: Server) -> None:
    visitor = Visitor(server)
    series = [await whole_run(visitor, visitor.start_run(short(3), speed="max", seed=seed)) for seed in (7, 7, 8)]
    assert series[0] == series[1]
    assert series[0] != series[2]
    assert series[0][-1]["final"] is True


async def test_cut_sockets_lose_and_double_nothing(server: Server) -> None:
    visitor = Visitor(server)
    design = short(5)
    run = visitor.start_run(design, seed=5)
    draws = random.Random(11)
    frames: list[dict[str, Any]] = []
    epoch, seen, cuts = None, -1, 0
    while True:
        async with visitor.socket(run) as connection:
            stream = Stream(connection, seen=seen, epoch=epoch)
            await stream.hello()
            stop_after = draws.randint(1, 8)
            await stream.until(lambda _m, s=stream, n=stop_after: len(s.frames) >= n or s.state.get("phase") == "finished")
            frames += stream.frames
            epoch, seen = stream.epoch, stream.seen
            assert not [message for message in stream.others if message["type"] in ("reset", "skip")]
            if stream.state.get("phase") == "finished":
                break
            # Without a goodbye, as when a cable is pulled.
            connection.transport.abort()
            cuts += 1
        await asyncio.sleep(draws.random() * 0.3)
    assert cuts >= 4
    assert seqs(frames) == list(range(50))
    again = await whole_run(visitor, visitor.start_run(design, seed=5))
    assert frames == again


async def test_killed_worker_is_replayed_to_equal_frames(server: Server) -> None:
    visitor = Visitor(server)
    design = short(5)
    run = visitor.start_run(design, seed=3)
    async with visitor.socket(run) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_frames(10)
        done = await stream.command(1, action="kill", component="web")
        await stream.until_frames(20)
        epoch = stream.epoch
        for worker in server.workers():
            worker.send_signal(signal.SIGKILL)
        await stream.until(lambda message: message["type"] == "state" and message["phase"] == "starting")
        assert "replayed" in stream.state["text"]
        await stream.until_phase("finished", within_s=40)
        assert stream.epoch == epoch
        assert not [message for message in stream.others if message["type"] == "reset"]
    assert seqs(stream.frames) == list(range(50))
    from tests.web import fake_engine

    oracle = fake_engine.Run(design, "steady", 3)
    expected = []
    while not oracle.finished:
        if oracle.t == done["t"]:
            oracle.command({"action": "kill", "component": "web"})
        expected.append(oracle.advance())
    assert stream.frames == expected


async def test_pause_speed_resume_and_stop(server: Server) -> None:
    visitor = Visitor(server)
    async with visitor.socket(visitor.start_run(a_design())) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_frames(3)
        assert (await stream.command(1, action="pause"))["type"] == "done"
        await stream.until_phase("paused")
        shown = len(stream.frames)
        await asyncio.sleep(0.5)
        await stream.say(type="ping")
        await stream.until(lambda message: message["type"] == "pong")
        assert len(stream.frames) == shown
        await stream.command(2, action="speed", speed=10)
        await stream.command(3, action="resume")
        await stream.until_frames(shown + 5)
        assert stream.frames[-1]["dt"] == 1.0
        await stream.command(4, action="stop")
        state = await stream.until_phase("finished")
        assert state["text"] == "Stopped."


async def test_refused_commands_say_why(server: Server) -> None:
    visitor = Visitor(server)
    async with visitor.socket(visitor.start_run(a_design())) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_frames(1)
        answer = await stream.command(1, action="kill", component="nobody")
        assert answer["type"] == "refused"
        assert answer["error"]["problems"][0]["text"] == "There is no such component."
        answer = await stream.command(2, action="tick", tick_s=5)
        assert answer["error"]["code"] == "unknown"


async def test_misbehaving_runs_fail_and_others_go_on(tmp_path: Path) -> None:
    with Server(tmp_path, advance_wall_s=2, recoveries=2, runs_per_visitor=10) as server:
        visitor = Visitor(server)
        watching = asyncio.ensure_future(whole_run(visitor, visitor.start_run(short(5), seed=9)))
        for how, word in (("raise", "error"), ("exit", "again and again"), ("hang", "too long")):
            text = await failure(visitor, visitor.start_run(a_design(misbehave={"at_s": 0.5, "how": how})))
            assert word in text
            watch = Stopwatch(server)
            assert visitor.get("/")[0] == 200
            assert watch.seconds() < 2
        assert seqs(await watching) == list(range(50))


async def failure(visitor: Visitor, run: str) -> str:
    async with visitor.socket(run) as connection:
        stream = Stream(connection)
        await stream.hello()
        state = await stream.until_phase("failed", within_s=60)
        return str(state["text"])


async def test_busy_worker_keeps_answering(server: Server) -> None:
    """A step that holds the interpreter of its worker for ever takes only its own run down."""
    visitor = Visitor(server)
    bad = visitor.start_run(a_design(misbehave={"at_s": 0.3, "how": "spin"}))
    async with visitor.socket(bad) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_frames(3)
        frames = await whole_run(visitor, visitor.start_run(short(2), speed=10))
        assert frames[-1]["final"] is True
        await stream.command(1, action="stop")


async def test_origins(server: Server) -> None:
    visitor = Visitor(server)
    run = visitor.start_run(a_design())
    port = server.port
    refused = [
        None,
        "null",
        "http://evil.example",
        f"https://127.0.0.1:{port}",
        "http://127.0.0.1",
        f"http://127.0.0.1:{port + 1}",
        f"http://127.0.0.1.evil.example:{port}",
        f"http://evil.example:{port}",
        f"chrome-extension://127.0.0.1:{port}",
        f"http://user@127.0.0.1:{port}",
        f"http://127.0.0.1:{port}/path",
        f"http://localhost:{port}",
    ]
    for origin in refused:
        with pytest.raises(websockets.InvalidStatus):
            async with visitor.socket(run, origin=origin):
                pass
    for origin in (server.origin, server.origin.upper().replace("HTTP", "http")):
        async with visitor.socket(run, origin=origin) as connection:
            stream = Stream(connection)
            await stream.hello()
            await stream.until_frames(1)


async def test_no_compression_is_negotiated(server: Server) -> None:
    visitor = Visitor(server)
    async with visitor.socket(visitor.start_run(a_design())) as connection:
        assert connection.protocol.extensions == []


async def test_message_limits(server: Server) -> None:
    visitor = Visitor(server)
    run = visitor.start_run(a_design())

    async def code_after(*texts: str | bytes) -> int:
        async with visitor.socket(run) as connection:
            stream = Stream(connection)
            await stream.hello()
            await stream.until(lambda message: message["type"] == "welcome")
            for text in texts:
                try:
                    await connection.send(text)
                except websockets.ConnectionClosed:
                    break
            return await stream.close_code()

    assert await code_after("no json") == 4400
    assert await code_after(b"\x00\x01") == 4400
    assert await code_after('{"type": "nonsense"}') == 4400
    assert await code_after(json.dumps({"type": "ping", "filler": "x" * 70_000})) == 4400
    assert await code_after('{"type": "hello", "epoch": null, "seen": -1}') == 4400
    assert await code_after(*['{"type": "ping"}'] * 200) == 4029
    # A structural edit may be larger than other messages.
    async with visitor.socket(run) as connection:
        stream = Stream(connection)
        await stream.hello()
        answer = await stream.command(1, action="design", design=a_design(description="x" * 100_000))
        assert answer["type"] == "done"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives slow viewers up soon."""
    with Server(tmp_path_factory.mktemp("impatient"), ack_within_s=4, backlog_frames=15) as server:
        yield server


async def test_stalled_viewer_costs_little_and_is_closed(impatient: Server) -> None:
    visitor = Visitor(impatient)
    run = visitor.start_run(a_design(padding_bytes=16_000))
    async with visitor.socket(run) as quick_socket:
        quick = Stream(quick_socket)
        await quick.hello()
        await quick.until_frames(5)
        before_mb = impatient.memory_mb()
        stalled = [await connect_stalled(visitor, run) for _ in range(10)]
        closing = [asyncio.ensure_future(Stream(one, acknowledge=False).close_code()) for one in stalled]
        started_s = time.monotonic()
        await quick.until_frames(55, within_s=20)
        # The one that reads is not held up by those that do not.
        assert time.monotonic() - started_s < 7
        grown_mb = impatient.memory_mb() - before_mb
        assert grown_mb < 15, grown_mb
        assert await asyncio.gather(*closing) == [4008] * 10


async def connect_stalled(visitor: Visitor, run: str) -> Any:
    """A viewer that says hello and then never acknowledges."""
    connection = await visitor.socket(run)
    await Stream(connection).hello()
    return connection


async def test_viewer_that_falls_behind_skips_to_the_newest(impatient: Server) -> None:
    visitor = Visitor(impatient)
    run = visitor.start_run(short(5))
    async with visitor.socket(run) as connection:
        stream = Stream(connection, acknowledge=False)
        await stream.hello()
        await stream.until_frames(8)
        await asyncio.sleep(3)
        stream.acknowledge = True
        await stream.say(type="ack", seq=stream.seen)
        skip = await stream.until(lambda message: message["type"] == "skip")
        await stream.until_phase("finished", within_s=20)
    numbers = seqs(stream.frames)
    assert skip["to"] - skip["from"] >= 14
    assert set(range(50)) - set(numbers) == set(range(skip["from"], skip["to"] + 1))
    assert stream.frames[-1]["final"] is True


async def test_revoked_link_closes_its_sockets_at_once(server: Server) -> None:
    owner, friend = Visitor(server), Visitor(server)
    _status, saved = owner.post("/api/designs/", {"design": a_design()})
    edit = saved["edit_token"]
    _status, link = owner.post(f"/api/designs/{edit}/links/", {"kind": "view"})
    run = owner.start_run(a_design(), token=edit)
    async with owner.socket(run) as one, friend.socket(run) as other:
        controlling, watching = Stream(one), Stream(other)
        await controlling.hello()
        await watching.hello(token=secret_of(link["url"]))
        await watching.until_frames(2)
        assert watching.others[0]["control"] is False
        answer = await watching.command(1, action="stop")
        assert answer["error"]["code"] == "not_allowed"
        watch = Stopwatch(server)
        assert owner.post(f"/api/designs/{edit}/links/{link['id']}/revoke/", {})[0] == 200
        assert await watching.close_code(within_s=5) == 4403
        assert watch.seconds() < 1
        await controlling.until_frames(5)
    async with friend.socket(run) as again:
        stream = Stream(again)
        await stream.hello(token=secret_of(link["url"]))
        assert await stream.close_code() == 4404


async def test_who_may_not_watch_learns_nothing(server: Server) -> None:
    owner, stranger = Visitor(server), Visitor(server)
    run = owner.start_run(a_design())
    for name in (run, "no-such-run"):
        async with stranger.socket(name) as connection:
            stream = Stream(connection)
            await stream.hello()
            assert await stream.close_code() == 4404
            assert stream.others == []


async def test_restart_tells_sockets_and_runs_come_back(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with server:
        visitor = Visitor(server)
        design = short(3)
        run = visitor.start_run(design, seed=2)
        async with visitor.socket(run) as connection:
            stream = Stream(connection)
            await stream.hello()
            await stream.until_frames(15)
            await stream.command(1, action="kill", component="web")
            await asyncio.to_thread(server.process.send_signal, signal.SIGTERM)
            assert await stream.close_code() == 1012
        assert server.stop() == 0
        server.start()
        async with visitor.socket(run) as connection:
            returned = Stream(connection, seen=stream.seen, epoch=stream.epoch)
            await returned.hello()
            await returned.until_phase("finished", within_s=30)
        assert returned.epoch == stream.epoch
        assert seqs(stream.frames + returned.frames) == list(range(30))


def test_second_server_on_one_database_is_refused(server: Server) -> None:
    command = [sys.executable, "-m", "playground.server"]
    second = subprocess.run(
        command, env={**server.environment, "PORT": "0"}, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert second.returncode == 1
    assert "another server" in second.stderr


def test_several_processes_need_redis(server: Server) -> None:
    environment = {**server.environment, "WEB_CONCURRENCY": "2"}
    refused = subprocess.run([sys.executable, "manage.py", "check"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "REDIS_URL" in refused.stderr


def test_secrets_never_reach_the_log(server: Server) -> None:
    visitor = Visitor(server)
    _status, saved = visitor.post("/api/designs/", {"design": a_design()})
    secret = saved["edit_token"]
    assert visitor.get(f"/d/{secret}/")[0] == 200
    assert visitor.get(f"/api/designs/{secret}/")[0] == 200
    assert visitor.get(f"/d/{secret}x/?next={secret}")[0] == 404
    log = server.text()
    assert "GET /d/***/" in log
    assert secret not in log


def test_huge_bodies_are_refused_before_they_are_stored(server: Server) -> None:
    for head in ("Content-Length: 100000000", "Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
            connection.sendall(f"POST /api/check/ HTTP/1.1\r\nHost: {server.address}\r\n{head}\r\n\r\n".encode())
            if "chunked" in head:
                try:
                    for _ in range(60):
                        connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                except OSError:
                    pass
            assert b"413" in connection.recv(1000)
