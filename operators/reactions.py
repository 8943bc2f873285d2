"""When this happens, do that.

Letters are written within the transaction: EMAIL_BACKEND is the outbox, so none is lost or sent
for something that did not happen. They leave after the commit.
"""

from accounts.events import SignedIn, SiteFounded, StandingChanged, UserRenamed
from accounts.models import Site, User
from comm100.core.events import together_with, when
from operators import letters, mails, operations, tasks
from operators.events import (
    FactorsDemanded,
    InvitationAccepted,
    OperatorInvited,
    OperatorLeft,
    RoleChanged,
    SiteClosing,
    SiteCopied,
    SiteCopyAsked,
    SiteKept,
)
from operators.models import Invitation, Operator, Role, SiteCopy


@together_with(SiteFounded)
def the_founder_is_the_owner(event: SiteFounded) -> None:
    operations.add_operator(User.objects.get(pk=event.founder_id), role=Role.OWNER)


@together_with(OperatorInvited)
def send_the_invitation(event: OperatorInvited) -> None:
    mails.invitation_letter(_invitation(event.invitation_id)).send()


@together_with(InvitationAccepted)
def tell_the_inviter(event: InvitationAccepted) -> None:
    inviter = _invitation(event.invitation_id).invited_by
    if inviter and inviter.left_at is None:
        mails.joined_letter(_operator(event.operator_id), to=inviter).send()


@together_with(RoleChanged)
def tell_of_the_new_role(event: RoleChanged) -> None:
    if event.operator_id != event.by_id:
        mails.role_letter(_operator(event.operator_id), by=_operator(event.by_id)).send()


@together_with(OperatorLeft)
def tell_who_was_removed(event: OperatorLeft) -> None:
    if event.operator_id != event.by_id:
        mails.removed_letter(_operator(event.operator_id), by=_operator(event.by_id)).send()


@together_with(FactorsDemanded)
def tell_who_has_no_second_factor(event: FactorsDemanded) -> None:
    by = _operator(event.by_id)
    for operator in Operator.objects.for_list().with_factors().select_related("site"):
        if not operator.has_factor:
            mails.factor_letter(operator, by=by).send()


@together_with(StandingChanged)
def tell_the_owners_of_the_standing(event: StandingChanged) -> None:
    for owner in Operator.objects.owners().select_related("user", "site"):
        mails.standing_letter(owner, standing=event.standing, reason=event.reason).send()


@when(SiteCopyAsked)
def begin_the_copy(event: SiteCopyAsked) -> None:
    tasks.make_copy.delay(event.copy_id)


@together_with(SiteCopied)
def tell_who_asked_for_the_copy(event: SiteCopied) -> None:
    copy = SiteCopy.objects.select_related("asked_by__user", "asked_by__site").get(pk=event.copy_id)
    if copy.asked_by and copy.asked_by.left_at is None:
        mails.copy_letter(copy, to=copy.asked_by).send()


@together_with(SiteClosing)
def tell_that_the_site_closes(event: SiteClosing) -> None:
    letters.tell_of_closing(Site.objects.get(pk=event.site_id))


@together_with(SiteKept)
def tell_that_the_site_stays(event: SiteKept) -> None:
    by = _operator(event.by_id)
    for operator in letters.owners_and_admins():
        mails.kept_letter(operator, by=by).send()


@together_with(SignedIn)
def the_journal_of_each_site_notes_the_sign_in(event: SignedIn) -> None:
    ways = {"with": list(event.ways) or ["password"]}
    operations.note_where_at_work(event.user_id, "operator.signed_in", **ways)


@together_with(UserRenamed)
def the_journal_of_each_site_notes_the_new_name(event: UserRenamed) -> None:
    operations.note_where_at_work(event.user_id, "operator.renamed")


def _operator(operator_id: int) -> Operator:
    return Operator.objects.select_related("user", "site").get(pk=operator_id)


def _invitation(invitation_id: int) -> Invitation:
    invitations = Invitation.objects.select_related("site", "invited_by__user")
    return invitations.get(pk=invitation_id)
