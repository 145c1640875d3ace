"""Which pages may open a socket: the site's own, and those listed in CSRF_TRUSTED_ORIGINS, by their full origin.

Channels' own validator compares hosts alone, so that a page on another port or scheme of the same machine gets in.
Browsers always send Origin; whoever sends none is not a page of ours.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class SameOrigin:
    def __init__(self, application: App) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if allowed(scope):
            await self.application(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4403})


def allowed(scope: dict[str, Any]) -> bool:
    headers = [(name.lower(), value.decode("latin-1")) for name, value in scope.get("headers", [])]
    origins = [value for name, value in headers if name == b"origin"]
    hosts = [value for name, value in headers if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    origin, host = origins[0].lower(), hosts[0].lower()
    if origin in {trusted.lower() for trusted in settings.CSRF_TRUSTED_ORIGINS}:
        return True
    # Against DNS rebinding: the host that the browser thinks it talks to must be ours.
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    scheme = "https" if scope.get("scheme") == "wss" or settings.HTTPS else "http"
    return origin == f"{scheme}://{host}"
