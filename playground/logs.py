"""Keeps secrets out of the logs: a share link's secret stands in the path of its page and of its API.

Both the access log and every log record go through `mask`, the second with its arguments and its traceback, since
Django itself logs paths ("Not Found: /d/…/").
"""

import logging
import re
from typing import IO, Any

from daphne.access import AccessLogGenerator

SECRET_IN_PATH = re.compile(r"(/d/|/api/designs/)[^/\s\"'?]+")
MASKED = r"\1***"


def mask(text: str) -> str:
    return SECRET_IN_PATH.sub(MASKED, text)


class MaskSecrets(logging.Filter):
    """Drops what handlers other than ours could print: the request object with its full path."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.pop("request", None)
        return True


class MaskingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class MaskedAccessLog(AccessLogGenerator):
    """Daphne's access log with the secrets masked and the query string left out."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(stream)

    def write_entry(self, host: str, date: Any, request: str, *rest: Any, **more: Any) -> None:
        super().write_entry(host, date, mask(request.partition("?")[0]), *rest, **more)
