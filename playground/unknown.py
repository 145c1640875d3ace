"""Sockets to addresses that do not exist are refused instead of raising inside the router."""

from typing import Any


async def unknown_socket(_scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4404})
