"""Nothing in the outbox names somebody any more (docs/personal-data.md).

The keyed hash of an address stays, so that nobody who said no is written to again when they are
imported once more.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from comm100.core.personal_data import STEP, NotYet, Person
from mail.models import Bounce, Mailing, Outbox

State = Outbox.State
LETTER_LEAVES_WITHIN = timedelta(hours=1)  # a password letter is not taken out of the lane


@transaction.atomic
def forget_letters(rows: "QuerySet[Outbox]", person: Person) -> int:
    """Blank some of somebody's rows; what waits is not sent. Answer how many.

    Raises:
        NotYet: all is done but what a mail server has in its hands just now, or will in a moment.
    """
    tells = ~Q(address="") | ~Q(smtp_reply="") | Q(content__isnull=False)
    if person.kind == "contact":
        tells |= Q(contact=person.pk)
    left = rows.filter(tells)
    young = timezone.now() - LETTER_LEAVES_WITHIN
    leaving = Q(state=State.INFLIGHT) | Q(state=State.READY, mailing=None, created_at__gt=young)
    at_rest = left.exclude(leaving).select_for_update(of=("self",))
    some = [row.pk for row in at_rest.only("pk").order_by("pk")[:STEP]]
    if not some and left.exists():
        raise NotYet
    _spare(Outbox.objects.filter(pk__in=some, state__in=[State.READY, State.RETRY]))
    blank = {"address": "", "smtp_reply": "", "content": None, "contact": None}
    Outbox.objects.filter(pk__in=some).update(**blank)
    return len(some)


def _spare(waiting: "QuerySet[Outbox]") -> None:
    counts = list(waiting.values_list("mailing_id").annotate(Count("pk")).order_by())
    waiting.update(state=State.SUPPRESSED, settled_at=timezone.now())
    for mailing_id, count in counts:
        Mailing.objects.filter(pk=mailing_id).update(suppressed=F("suppressed") + count)


@transaction.atomic
def forget_bounces(rows: "QuerySet[Bounce]") -> int:
    """What kind of failure it was stays, without the server's words and without a name."""
    some = list(rows.filter(~Q(words="") | Q(contact__isnull=False)).values_list("pk")[:STEP])
    return Bounce.objects.filter(pk__in=[pk for (pk,) in some]).update(words="", contact=None)
