"""The socket of one viewer (docs/protocol.md).

Handlers return at once: what takes time runs in tasks of its own, so that the inbound queue, which Daphne does not
bound, never grows behind a slow one.
"""

import asyncio
import logging
import time
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from playground import limits, policy, strict_json
from playground.designs.check import in_language
from playground.errors import Refused
from playground.rates import Bucket
from playground.runs import records
from playground.runs.actor import refusal
from playground.runs.commands import acceptable
from playground.runs.hub import Hub, get_hub
from playground.runs.live import LiveRun
from playground.runs.pool import Lost
from playground.runs.state import language_of
from playground.runs.viewer import TooSlow, Viewer, encode
from playground.visitors import visitor_of

log = logging.getLogger(__name__)

BAD_MESSAGE, NOT_ALLOWED, NO_SUCH_RUN, TOO_SLOW, TOO_MANY, OUR_FAULT = 4400, 4403, 4404, 4008, 4029, 4500
DEPTH = 22  # a design inside a command inside a message


class RunSocket(AsyncWebsocketConsumer):
    """Watches one run; controls it when its visitor started it."""

    hub: Hub
    # No channel of its own: what concerns sockets reaches them through the hub (playground/signals.py).
    channel_layer_alias = "none"

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, without its look at the database connections for each message: sockets use none."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        self.hub = get_hub()
        self.address = str((self.scope.get("client") or [""])[0])
        self.language = language_of(self.scope)
        self.ended = False
        self.live: LiveRun | None = None
        self.viewer: Viewer | None = None
        self.link_id: int | None = None
        self.pending = 0
        self.tasks: set[asyncio.Task[None]] = set()
        rate, burst = limits.LIMITS["messages_per_second"].value, limits.LIMITS["messages_burst"].value
        self.bucket = Bucket.full(rate, burst, time.monotonic())
        self.hub.sockets_by_address[self.address] += 1
        await self.accept()
        if self.hub.sockets_by_address[self.address] > limits.of("sockets_per_address"):
            await self.end(TOO_MANY)
            return
        self.spawn(self.wait_for_hello())

    def spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.finished)

    def finished(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("in a socket", exc_info=task.exception())
            if not self.ended:
                self.spawn(self.end(OUR_FAULT))

    async def end(self, code: int) -> None:
        """Closes once; what still comes in is ignored."""
        if not self.ended:
            self.ended = True
            await self.close(code)

    async def disconnect(self, code: int) -> None:
        self.ended = True
        for task in list(self.tasks):
            task.cancel()
        self.hub.sockets_by_address[self.address] -= 1
        if self.hub.sockets_by_address[self.address] <= 0:
            del self.hub.sockets_by_address[self.address]
        self.forget_link()
        if self.live is not None and self.viewer is not None:
            await self.live.leave(self.viewer)

    # --- inbound -------------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.ended:
            return
        if not self.bucket.take(time.monotonic()):
            await self.end(TOO_MANY)
            return
        message = self.parsed(text_data)
        if message is None:
            await self.end(BAD_MESSAGE)
            return
        await self.handle(message)

    def parsed(self, text: str | None) -> dict[str, Any] | None:
        if text is None or len(text) > limits.of("request_bytes"):
            return None
        try:
            message = strict_json.read(text, limits.of("request_bytes"), DEPTH)
        except Refused:
            return None
        if not isinstance(message, dict):
            return None
        command = message.get("command")
        carries_design = isinstance(command, dict) and command.get("action") == "design"
        if len(text) > limits.of("message_bytes") and not carries_design:
            return None
        return message

    async def handle(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "ping":
            await self.send(encode(type="pong"))
        elif kind == "hello" and self.viewer is None:
            await self.hello(message)
        elif kind == "ack" and self.viewer is not None and is_number(message.get("seq")):
            self.viewer.acknowledge(message["seq"])
        elif kind == "command" and self.viewer is not None and is_number(message.get("id")):
            await self.command(message["id"], message.get("command"))
        else:
            await self.end(BAD_MESSAGE)

    async def wait_for_hello(self) -> None:
        await asyncio.sleep(limits.of("hello_within_s"))
        if self.viewer is None:
            await self.end(BAD_MESSAGE)

    async def hello(self, message: dict[str, Any]) -> None:
        epoch, seen, secret = message.get("epoch"), message.get("seen", -1), message.get("token")
        if not (epoch is None or isinstance(epoch, str)) or not is_number(seen, least=-1):
            await self.end(BAD_MESSAGE)
            return
        live = await self.hub.find(self.scope["url_route"]["kwargs"]["run_id"])
        if live is None:
            await self.end(NO_SUCH_RUN)
            return
        visitor = await records.in_thread(visitor_of, self.scope["session"])
        secret = secret if isinstance(secret, str) else None
        access = await records.in_thread(policy.run_access, live.record, visitor, secret, self.address)
        # The same code as for a run that does not exist: who may not see it learns nothing.
        if not access.watch:
            await self.end(NO_SUCH_RUN)
            return
        if len(live.viewers) >= limits.of("viewers_per_run"):
            await self.end(TOO_MANY)
            return
        if access.link_id is not None and not await self.watch_link(access.link_id):
            return
        await self.join(live, access.control, epoch, seen)

    async def watch_link(self, link_id: int) -> bool:
        """From here on the socket ends with the link; false when it ended in between."""
        self.link_id = link_id
        self.hub.sockets_by_link.setdefault(link_id, set()).add(self)
        if await records.in_thread(policy.dead_links, [link_id]):
            await self.end(NO_SUCH_RUN)
            return False
        return True

    def forget_link(self) -> None:
        if self.link_id is not None:
            watching = self.hub.sockets_by_link.get(self.link_id, set())
            watching.discard(self)
            if not watching:
                self.hub.sockets_by_link.pop(self.link_id, None)

    async def link_revoked(self) -> None:
        await self.end(NOT_ALLOWED)

    # --- outbound ------------------------------------------------------------------------------------------------

    async def join(self, live: LiveRun, control: bool, epoch: str | None, seen: int) -> None:
        viewer = Viewer(live, self.language, control)
        self.live, self.viewer = live, viewer
        for text in viewer.hello(epoch, seen):
            await self.send(text)
        live.join(viewer)
        self.spawn(self.stream(viewer))

    async def stream(self, viewer: Viewer) -> None:
        try:
            async for text in viewer.messages():
                if self.ended:
                    return
                await self.send(text)
        except TooSlow:
            await self.end(TOO_SLOW)

    # --- commands ------------------------------------------------------------------------------------------------

    async def command(self, number: int, command: Any) -> None:
        assert self.viewer is not None
        if not self.viewer.control:
            await self.answer(number, refusal("not_allowed", "Only the visitor who started this run controls it."))
        elif not acceptable(command):
            await self.answer(number, refusal("unknown", "Unknown command."))
        elif self.pending >= limits.of("pending_commands"):
            await self.answer(number, refusal("too_many", "Too many commands are waiting for their answer."))
        else:
            self.pending += 1
            self.spawn(self.carry_out(number, command))

    async def carry_out(self, number: int, command: dict[str, Any]) -> None:
        assert self.live is not None
        try:
            answer = await self.live.command(command)
        except Lost:
            answer = refusal("lost", "The connection to the run was lost for a moment; try again.")
        finally:
            self.pending -= 1
        await self.answer(number, answer)

    async def answer(self, number: int, answer: dict[str, Any]) -> None:
        if "error" not in answer:
            await self.send(encode(type="done", id=number, t=answer["t"]))
            return
        await self.send(encode(type="refused", id=number, error=in_language(answer["error"], self.language)))


def is_number(value: Any, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**53
