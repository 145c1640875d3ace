"""Small signals between web processes, over the channel layer: so far one, that a share link was revoked.

One listener for each process, not one for each socket: a socket's own channel would hold a Redis connection, and would
die with Redis. Layers may lose messages, so whoever depends on a signal also looks at the database now and then.
"""

import asyncio
import logging
from collections.abc import Callable

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

log = logging.getLogger(__name__)

GROUP = "revoked-links"
# Groups forget their members after a day; joining again is free.
JOIN_AGAIN_AFTER_S = 3600
RETRY_AFTER_S = 1.0


def tell_revoked(link_id: int) -> None:
    """From a view. A layer that is down must not undo the revocation, which is already stored."""
    try:
        async_to_sync(send_revoked)(link_id)
    except Exception as error:
        log.warning("other processes learn of a revoked link only by their own check: %s", error)


async def send_revoked(link_id: int) -> None:
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(GROUP, {"type": "link.revoked", "link_id": link_id})


async def listen(on_revoked: Callable[[int], None]) -> None:
    """Until cancelled; comes back by itself after the layer was away."""
    while True:
        try:
            await listen_once(on_revoked)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("the channel layer is away: %s", error)
            await asyncio.sleep(RETRY_AFTER_S)


async def listen_once(on_revoked: Callable[[int], None]) -> None:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel("signals")
    while True:
        await layer.group_add(GROUP, channel)
        try:
            async with asyncio.timeout(JOIN_AGAIN_AFTER_S):
                while True:
                    message = await layer.receive(channel)
                    on_revoked(message["link_id"])
        except TimeoutError:
            continue
