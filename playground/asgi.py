"""HTTP goes to Django, sockets of our own pages to their run."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.urls import path  # noqa: E402

from playground.origins import SameOrigin  # noqa: E402
from playground.runs.consumer import RunSocket  # noqa: E402
from playground.unknown import unknown_socket  # noqa: E402

# Django's `path` is typed for views, Channels' router takes any application.
routes: list[Any] = [("ws/runs/<str:run_id>/", RunSocket.as_asgi()), ("<path:rest>", unknown_socket)]
sockets = URLRouter([path(route, application) for route, application in routes])
application = ProtocolTypeRouter({"http": http, "websocket": SameOrigin(SessionMiddlewareStack(sockets))})
