"""What every API view does: the method, the rate limit, the body, and answers that no cache may keep."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from playground import limits, strict_json
from playground.errors import Refused, too_many
from playground.limits import LIMITS
from playground.rates import BUCKETS
from playground.visitors import address_of

View = Callable[..., HttpResponse]


def by_method(**views: View) -> View:
    """One address, a view for each method; others are answered 405."""

    def dispatch(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        view = views.get("GET" if request.method == "HEAD" else request.method or "")
        if view is None:
            response = Refused(405, "method", _("This address does not take %(method)s.") % {"method": request.method}).response()
            response["Allow"] = ", ".join(sorted(views))
            return response
        return private(view)(request, *arguments, **named)

    return dispatch


def private(view: View) -> View:
    """For whatever has a secret in its address or belongs to one visitor (ASVS 14.3.2)."""

    @wraps(view)
    def wrapped(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            response = view(request, *arguments, **named)
        except Refused as refused:
            response = refused.response()
        response.setdefault("Cache-Control", "no-store")
        return response

    return wrapped


def body_of(request: HttpRequest) -> dict[str, Any]:
    try:
        body = request.body
    except RequestDataTooBig:
        raise Refused(413, "too_large", _("This request is larger than the server accepts.")) from None
    value = strict_json.read(body or b"{}", limits.of("request_bytes"), limits.of("json_depth") + 1)
    if not isinstance(value, dict):
        raise strict_json.bad(_("The body must be a JSON object."))
    return value


def spend(request: HttpRequest, limit_name: str) -> None:
    """Uses up one of the address's allowance, or refuses with the time to wait."""
    wait_s = BUCKETS.take(limit_name, address_of(request), LIMITS[limit_name].value)
    if wait_s is not None:
        raise too_many(_("Too many requests from your address. Try again in %(wait)d s.") % {"wait": int(wait_s) + 1}, wait_s)


def whole_number(body: dict[str, Any], name: str, default: int | None = None) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise Refused(400, "bad_field", _("“%(name)s” must be a whole number from 0.") % {"name": name})
    return value
