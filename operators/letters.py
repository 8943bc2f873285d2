"""Who is told that a site closes, when, and that it stays after all."""

from collections.abc import Iterable

from django.utils import timezone

from accounts.models import Site
from operators import mails
from operators.closing import SOON, TOLD, TOLD_AGAIN
from operators.models import Operator, Role


def tell_of_closing(site: Site) -> None:
    """At once, and again a week before the end; each once."""
    if site.closes_at is None or site.is_over:
        return
    is_soon = site.closes_at - SOON <= timezone.now()
    due = TOLD_AGAIN if is_soon else TOLD
    if site.closing_told >= due:
        return
    for operator in owners_and_admins():
        mails.closing_letter(operator, is_soon=is_soon).send()
    site.closing_told = due
    site.save(update_fields=["closing_told"])


def owners_and_admins() -> Iterable[Operator]:
    people = Operator.objects.at_work().filter(role__in=[Role.OWNER, Role.ADMIN])
    return people.select_related("user", "site").order_by("number")
