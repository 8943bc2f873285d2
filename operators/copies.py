"""Ask for a copy of the site, fetch it: who may is for the views to say."""

from django.db import IntegrityError, transaction

from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.models import take_numbers
from operators.events import SiteCopyAsked
from operators.models import Operator, SiteCopy
from operators.operations import Refused


@transaction.atomic
def ask_for_copy(*, by: Operator) -> SiteCopy:
    """One at a time.

    Raises:
        Refused: one is being made.
    """
    try:
        with transaction.atomic():
            copy = SiteCopy.objects.create(
                site_id=by.site_id,
                number=take_numbers("copy"),
                state=SiteCopy.State.RUNNING,
                asked_by=by,
            )
    except IntegrityError as error:
        raise Refused("A copy is being made already.") from error
    record("copy.asked", copy, by=by)
    publish(SiteCopyAsked(site_id=by.site_id, copy_id=copy.pk))
    return copy


@transaction.atomic
def note_download(copy: SiteCopy, *, by: Operator) -> None:
    record("copy.downloaded", copy, by=by, sha256=copy.digest)
