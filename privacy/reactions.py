"""What follows when something happened between staff and a site's data."""

from accounts.models import User
from comm100.core.events import together_with, when
from comm100.core.tenancy import current_context, working_for
from operators.models import Operator
from privacy import mails
from privacy.alerting import staff_to_tell
from privacy.events import (
    AccountClosed,
    AccountCopyAsked,
    DisclosureSealed,
    GrantAdmitted,
    GrantApproved,
    GrantClosed,
    GrantObjected,
    GrantOpened,
)
from privacy.grants import who_may_decide
from privacy.models import AccessGrant
from privacy.tasks import erase_account, make_account_copy, tell_of_disclosures


@when(DisclosureSealed)
def tell_the_site(event: DisclosureSealed) -> None:
    tell_of_disclosures.delay()


@when(AccountCopyAsked)
def make_the_copy(event: AccountCopyAsked) -> None:
    make_account_copy.delay(event.copy_id)


@when(AccountClosed)
def erase_the_person(event: AccountClosed) -> None:
    erase_account.delay(event.erasure_id)


@together_with(GrantOpened)
def tell_the_owners_of_the_grant(event: GrantOpened) -> None:
    with working_for(event.site_id):
        grant = _grant(event.grant_id)
        for owner in Operator.objects.owners().select_related("user"):
            mails.grant_letter(grant, to=owner.user).send()


@together_with(GrantOpened)
def tell_who_may_decide_on_the_grant(event: GrantOpened) -> None:
    with working_for(event.site_id):
        grant = _grant(event.grant_id)
        for colleague in who_may_decide(grant) if grant.needs_second else ():
            mails.asked_letter(grant, to=colleague).send()


@together_with(GrantClosed)
def tell_whom_a_colleague_refused(event: GrantClosed) -> None:
    with working_for(event.site_id):
        grant = _grant(event.grant_id)
        if grant.refused_by:
            by = User.objects.get(pk=grant.refused_by)
            mails.refused_letter(grant, by=by).send()


@together_with(GrantApproved)
def tell_who_waited_for_a_colleague(event: GrantApproved) -> None:
    with working_for(event.site_id):
        mails.approved_letter(_grant(event.grant_id)).send()


@together_with(GrantAdmitted)
def tell_who_waited_for_the_site(event: GrantAdmitted) -> None:
    mails.admitted_letter(_grant(event.grant_id)).send()


@together_with(GrantObjected)
def tell_staff_of_the_objection(event: GrantObjected) -> None:
    grant, context = _grant(event.grant_id), current_context()
    objector = User.objects.get(pk=context.user_id if context else 0)
    for address in staff_to_tell(grant):
        mails.objected_letter(grant, to=address, objector=objector).send()


def _grant(grant_id: int) -> AccessGrant:
    return AccessGrant.objects.select_related("staff", "second", "site").get(pk=grant_id)
