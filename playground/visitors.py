"""Who asks: a visitor is a random number in a signed cookie, an address is where the request came from.

No account is needed. The visitor's number decides which runs somebody controls and is what quotas count; access to
designs goes by links alone.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

SESSION_KEY = "visitor"


def visitor_of(session: Mapping[str, Any] | Any) -> str:
    """The visitor's hash, or the empty text for somebody without a session (who then controls nothing)."""
    number = session.get(SESSION_KEY, "")
    return hashed(number) if isinstance(number, str) and number else ""


def ensure_visitor(request: HttpRequest) -> str:
    """The visitor's hash; gives the cookie to somebody who has none."""
    if not visitor_of(request.session):
        request.session[SESSION_KEY] = secrets.token_urlsafe(24)
    return visitor_of(request.session)


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def hashed(secret: str) -> str:
    """SHA-256 is enough for 192 random bits: there is nothing to guess (ASVS 6.5.2)."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
