"""Refuses request bodies that no address of ours takes, before Twisted stores them.

Daphne hands a request on when all of it has arrived, and has no limit of its own: a client could fill the disk.
"""

from typing import Any

import daphne.http_protocol
from daphne.http_protocol import WebRequest

from playground import limits

ANSWER = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BoundedRequest(WebRequest):
    received_bytes = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        super().gotLength(length)
        self.refuse_beyond(length or 0)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self.received_bytes += len(data)
        if not self.refuse_beyond(self.received_bytes):
            super().handleContentChunk(data)

    def refuse_beyond(self, size_bytes: int) -> bool:
        # Twice the limit: what is only a little too large gets a sentence from the view.
        if size_bytes <= 2 * limits.of("request_bytes"):
            return False
        channel: Any = self.channel
        if channel is not None and channel.transport is not None:
            channel.transport.write(ANSWER)
            channel.loseConnection()
        return True


def install() -> None:
    """Daphne's factory looks the class up in its module and offers no other way to name one."""
    daphne.http_protocol.WebRequest = BoundedRequest
