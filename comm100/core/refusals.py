"""What Django answers with an empty page: a person gets one with words."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


class RefusalMiddleware:
    """Whoever opens the address of a form (a reload, a link that was copied) is told so.

    Django's 405 has no content, and browsers say then that the page does not work.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        is_refusal = answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not answer.streaming
        if is_refusal and not answer.content and _is_opened_by_a_person(request):
            answer.content = render_to_string("405.html").encode()
        return answer


def _is_opened_by_a_person(request: HttpRequest) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")
