"""A copy of somebody's data as a download."""

from typing import cast

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.utils.cache import patch_cache_control

from privacy.models import CopyWish


def can_be_sent(copy: CopyWish) -> bool:
    return copy.is_ready and default_storage.exists(copy.stored_as)


def send_copy(copy: CopyWish | None, *, name: str) -> HttpResponse:
    """The ZIP, kept by no browser and nothing on the way; 404 when its week is over."""
    if copy is None or not can_be_sent(copy):
        raise Http404
    file = default_storage.open(copy.stored_as, "rb")
    answer = FileResponse(file, as_attachment=True, filename=f"{name}.zip")
    patch_cache_control(answer, private=True, no_store=True)
    return cast("HttpResponse", answer)  # guards take one kind of answer
