"""Who opens an account says who they are, if their browser agreed to be counted (P4.4)."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import Site
from comm100.core.tenancy import working_for
from visitors.models import Identification, Source
from visitors.operations import identify
from visitors.visits.choices import choices_of
from visitors.visits.meeting import meet


@receiver(email_confirmed)
def meet_new_user(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """The address is theirs now; the company's site knows them as a contact from then on."""
    company = Site.objects.filter(is_company=True).first()
    if company is None or not choices_of(request).counted:
        return
    user = email_address.user
    with working_for(company.pk, kind="public"):
        contact = identify(email=email_address.email, name=user.name, source=Source.ACCOUNT)
        meet(request, contact, how=Identification.How.ACCOUNT, where="account")
