"""What one may not have, as one exception and one JSON shape: {"error": {"code", "text", "problems"?}}."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


class Refused(Exception):
    """A request that is answered with `status` and a sentence for people."""

    def __init__(self, status: int, code: str, text: str, **more: Any) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.problems: list[dict[str, Any]] | None = more.pop("problems", None)
        self.retry_after_s: float | None = more.pop("retry_after_s", None)
        self.more = more

    def document(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "text": self.text}
        if self.problems is not None:
            error["problems"] = self.problems
        return {"error": error, **self.more}

    def response(self) -> JsonResponse:
        response = JsonResponse(self.document(), status=self.status)
        if self.retry_after_s is not None:
            response["Retry-After"] = str(max(1, round(self.retry_after_s)))
        return response


def not_found() -> Refused:
    """The same answer for what does not exist and for what one may not see."""
    return Refused(404, "not_found", _("There is nothing here, or the link was revoked."))


def too_many(text: str, wait_s: float | None = None) -> Refused:
    return Refused(429, "too_many", text, retry_after_s=wait_s)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    text = _("The page's security token was missing or too old. Reload the page and try again.")
    return Refused(403, "csrf", text).response()


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return wrong_page(request, not_found())


def server_error(request: HttpRequest) -> HttpResponse:
    text = _("Something went wrong on our side. It was logged; what you saved is safe.")
    return wrong_page(request, Refused(500, "internal", text))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return wrong_page(request, Refused(400, "bad_request", _("This request could not be understood.")))


def wrong_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """JSON for the API, a page for people."""
    if request.path.startswith("/api/"):
        return refused.response()
    return render(request, "playground/error.html", {"status": refused.status, "text": refused.text}, status=refused.status)
