"""Real server processes for tests, and clients for them that speak what the browser speaks."""

import asyncio
import contextlib
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import websockets

ROOT = Path(__file__).resolve().parents[2]
FAKE_ENGINE = "tests.web.fake_engine"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`python -m playground.server` with a database of its own. Keyword arguments are limits."""

    def __init__(
        self, folder: Path, engine: str = FAKE_ENGINE, environment: dict[str, str] | None = None, migrate: bool = True, **limits: float
    ) -> None:
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.origin = f"http://{self.address}"
        self.log_path = folder / f"server-{self.port}.log"
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "SIM_ENGINE_MODULE": engine,
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "ACCESS_LOG": "1",
            **{f"LIMIT_{name.upper()}": str(value) for name, value in limits.items()},
            **(environment or {}),
        }
        self._migrate = migrate

    def __enter__(self) -> "Server":
        if self._migrate:
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(command, check=True, env=self.environment, cwd=ROOT)
        self.start()
        return self

    def start(self) -> None:
        self.log = self.log_path.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "playground.server"], env=self.environment, cwd=ROOT, stdout=self.log, stderr=subprocess.STDOUT
        )
        deadline_s = time.monotonic() + 20
        while time.monotonic() < deadline_s and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.text()}")

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(5)
        self.log.close()
        return code

    def text(self) -> str:
        return self.log_path.read_text(errors="replace")

    def workers(self) -> list[psutil.Process]:
        """The simulation processes."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def memory_mb(self) -> float:
        return float(psutil.Process(self.process.pid).memory_info().rss / 1e6)


class Visitor:
    """A browser's cookies, pages and API calls."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self.get("/")

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self._jar}

    def get(self, path: str) -> tuple[int, str]:
        return self._open(urllib.request.Request(self.server.origin + path))

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        headers = {
            "Content-Type": "application/json",
            "X-CSRFToken": self.cookies["csrftoken"],
            "Origin": self.server.origin,
        }
        request = urllib.request.Request(self.server.origin + path, json.dumps(body).encode(), headers)
        status, text = self._open(request)
        return status, json.loads(text)

    def _open(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def start_run(self, design: dict[str, Any], **more: Any) -> str:
        status, answer = self.post("/api/runs/", {"design": design, "speed": 1, **more})
        assert status == 201, answer
        return str(answer["run"])

    def socket(self, run: str, **more: Any) -> Any:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        more.setdefault("origin", self.server.origin)
        return websockets.connect(
            f"ws://{self.server.address}/ws/runs/{run}/", additional_headers={"Cookie": cookie}, max_size=None, **more
        )


class Stream:
    """One viewer: says hello, acknowledges, and keeps what it got."""

    def __init__(self, socket: Any, seen: int = -1, epoch: str | None = None, acknowledge: bool = True) -> None:
        self.socket = socket
        self.seen = seen
        self.epoch = epoch
        self.acknowledge = acknowledge
        self.frames: list[dict[str, Any]] = []
        self.others: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {}

    async def hello(self, **more: Any) -> None:
        await self.say(type="hello", epoch=self.epoch, seen=self.seen, **more)

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        async for text in self.socket:
            message = json.loads(text)
            await self.note(message)
            yield message

    async def note(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "frames":
            self.frames += message["frames"]
            self.seen = message["frames"][-1]["seq"]
            if self.acknowledge:
                await self.say(type="ack", seq=self.seen)
            return
        self.others.append(message)
        if kind == "welcome":
            self.epoch = message["epoch"]
            self.state = message["state"]
        elif kind == "state":
            self.state = message
        elif kind == "reset":
            self.epoch = message.get("epoch", self.epoch)

    async def until(self, wanted: Any, within_s: float = 15) -> dict[str, Any]:
        """Reads on until `wanted(message)`."""
        async with asyncio.timeout(within_s):
            async for message in self.messages():
                if wanted(message):
                    return message
        raise AssertionError("the socket closed first")

    async def until_frames(self, count: int, within_s: float = 15) -> None:
        if len(self.frames) < count:
            await self.until(lambda _message: len(self.frames) >= count, within_s)

    async def until_phase(self, *phases: str, within_s: float = 15) -> dict[str, Any]:
        if self.state.get("phase") in phases:
            return self.state
        return await self.until(lambda message: self.state.get("phase") in phases, within_s)

    async def command(self, number: int, /, **command: Any) -> dict[str, Any]:
        await self.say(type="command", id=number, command=command)
        return await self.until(lambda message: message.get("id") == number)

    async def close_code(self, within_s: float = 15) -> int:
        """Reads until the server closes the socket."""
        async with asyncio.timeout(within_s):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self.note(json.loads(await self.socket.recv()))
        return int(self.socket.close_code)


def seqs(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["seq"] for frame in frames]


def secret_of(address: str) -> str:
    match = re.search(r"/d/([^/]+)/", address)
    assert match
    return match[1]
