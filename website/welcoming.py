"""Who opens an account says who they are, and so does their browser if it agreed (P4.4)."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed, email_confirmed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import Site, User
from comm100.core.tenancy import working_for
from visitors.models import Identification
from visitors.visits.meeting import meet
from website.members import follow_address, introduce


@receiver(email_confirmed)
def meet_new_user(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """The address is theirs now; the company's site knows them as a contact from then on."""
    company = Site.objects.filter(is_company=True).first()
    if company is None or not email_address.primary:
        return
    with working_for(company.pk, kind="public"):
        contact = introduce(email_address.user)
        if contact:
            meet(request, contact, how=Identification.How.ACCOUNT, where="account")


@receiver(email_changed)
def follow_the_address(
    request: HttpRequest,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_: Any,
) -> None:
    company = Site.objects.filter(is_company=True).first()
    if company and from_email_address:
        with working_for(company.pk, kind="public"):
            follow_address(user, before=from_email_address.email)
