"""Serves HTTP and sockets with Daphne, in one process: `python -m playground.server`.

What the plain `daphne` command does not do: start the simulation workers with the server, keep secrets out of the
access log, refuse a second server on the same embedded database, bound bodies before they are stored, and tell sockets
to come back (1012) before it stops.
"""

import asyncio
import os
import signal
import sys
from typing import Any

RESTARTING = 1012


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    # Twisted's reactor must be the asyncio one before anything else imports Twisted.
    import daphne.server

    from playground.environment import BadEnvironment

    try:
        from playground.asgi import application
        from playground.exclusive import hold_database
    except BadEnvironment as error:
        sys.exit(f"cannot start: {error}")
    lock = hold_database()
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    server = make_server(daphne.server, application, host, port)
    server.run()
    del lock


def make_server(module: Any, application: Any, host: str, port: int) -> Any:
    from daphne.endpoints import build_endpoint_description_strings
    from django.conf import settings

    from playground import bounded_bodies, limits
    from playground.logs import MaskedAccessLog

    bounded_bodies.install()
    quiet = os.environ.get("ACCESS_LOG", "") != "1"
    proxied = settings.TRUST_PROXY
    server: Any = module.Server(
        application=application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        signal_handlers=False,
        action_logger=None if quiet else MaskedAccessLog(sys.stdout),
        http_timeout=30,
        websocket_max_message_size=limits.of("request_bytes"),
        websocket_max_frame_size=limits.of("request_bytes"),
        proxy_forwarded_address_header="X-Forwarded-For" if proxied else None,
        proxy_forwarded_port_header="X-Forwarded-Port" if proxied else None,
        proxy_forwarded_proto_header="X-Forwarded-Proto" if proxied else None,
        server_name="",
        verbosity=1,
        ready_callable=lambda: on_ready(server, host, port),
    )
    return server


def ask_sockets_to_return(server: Any) -> None:
    """Close code 1012. Below Autobahn's `sendClose`, which lets an application say only 1000 and 3000 to 4999."""
    from daphne.ws_protocol import WebSocketProtocol

    for protocol in list(server.connections):
        if isinstance(protocol, WebSocketProtocol) and protocol.state == protocol.STATE_OPEN:
            protocol.sendCloseFrame(code=RESTARTING)


def on_ready(server: Any, host: str, port: int) -> None:
    """Called just before the reactor runs, with its event loop set."""
    from twisted.internet import reactor

    from playground.runs.hub import get_hub

    loop = asyncio.get_event_loop()

    async def begin() -> None:
        hub = get_hub()
        start = getattr(hub.pool, "start", None)
        print(f"Architecture Playground: http://{host}:{port}/", flush=True)
        if start is not None:
            try:
                await start()
            except Exception as error:
                print(f"the simulation workers did not start: {error}", file=sys.stderr, flush=True)

    async def stop() -> None:
        ask_sockets_to_return(server)
        try:
            await asyncio.wait_for(get_hub().shut_down(), 10)
        finally:
            reactor.stop()

    # Tasks live only as long as somebody holds them.
    tasks: list[asyncio.Task[None]] = []
    stopping: list[asyncio.Task[None]] = []

    def on_signal() -> None:
        if not stopping:
            stopping.append(loop.create_task(stop()))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    tasks.append(loop.create_task(begin()))


if __name__ == "__main__":
    main()
