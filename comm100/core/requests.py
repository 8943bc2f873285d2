"""Which request is at work: its number stands in the answer, on error pages and in log lines."""

from collections.abc import Callable
from contextvars import ContextVar
from secrets import token_hex
from typing import Any

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-Id"
_present: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def present_request() -> Any:
    return _present.get()


def number_of(request: Any) -> str:
    """Sixteen digits that mean nothing; "" outside of a request."""
    return getattr(request, "number", "")


class NumberMiddleware:
    """Outermost. The number is our own: one that came with the request could be made up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.number = token_hex(8)
        token = _present.set(request)
        try:
            answer = self.get_response(request)
        finally:
            _present.reset(token)
        answer.headers[HEADER] = request.number
        return answer
