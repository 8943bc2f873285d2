"""Files that are sent while they are read, a part at a time.

Each part is read in a short transaction of its own: a table of any length needs no queue, no
storage and no file that would have to expire.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from comm100.core.tenancy import Context
from operators.http import OperatorRequest

CSV = "text/csv"


def work_of(request: OperatorRequest) -> Context:
    """As whom the parts are read, when the transaction of the request is over."""
    return Context(kind="operator", site_id=request.site.pk, user_id=request.user.pk)


def table(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def sent_in_parts(
    request: OperatorRequest, texts: Iterator[str], *, name: str, kind: str, type_: str
) -> HttpResponse:
    answer = StreamingHttpResponse(texts, content_type=f"{type_}; charset=utf-8")
    file = f"{name}-{request.site.slug}-{timezone.now():%Y-%m-%d}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{file}"'
    patch_cache_control(answer, private=True, no_store=True)
    return cast("HttpResponse", answer)  # guards take one kind of answer
