"""A visitor says who they are: called where an offer is answered, a form filled in (P4.4)."""

from django.http import HttpRequest

from comm100.core.tenancy import working_for
from visitors.models import Contact
from visitors.operations.visitor import identify_visitor
from visitors.visits.choices import choices_of


def meet(request: HttpRequest, contact: Contact, *, how: int, where: str) -> None:
    """Nothing happens for those who did not agree to be counted: there is no visitor of theirs."""
    chosen = choices_of(request)
    if chosen.counted:
        with working_for(contact.site_id, kind="public"):
            identify_visitor(
                chosen.key(contact.site_id),
                contact,
                how=how,
                where=where,
                personalise=chosen.personalise,
            )
