"""When this happens, do that."""

from accounts.events import SiteFounded
from accounts.models import User
from comm100.core.events import together_with, when
from operators import operations, tasks
from operators.events import InvitationAccepted, OperatorInvited, OperatorLeft, RoleChanged
from operators.models import Role


@together_with(SiteFounded)
def the_founder_is_the_owner(event: SiteFounded) -> None:
    operations.add_operator(User.objects.get(pk=event.founder_id), role=Role.OWNER)


@when(OperatorInvited)
def send_the_invitation(event: OperatorInvited) -> None:
    tasks.transactional_invite.delay(event.invitation_id)


@when(InvitationAccepted)
def tell_the_inviter(event: InvitationAccepted) -> None:
    tasks.transactional_tell_of_joining.delay(event.invitation_id, event.operator_id)


@when(RoleChanged)
def tell_of_the_new_role(event: RoleChanged) -> None:
    if event.operator_id != event.by_id:
        tasks.transactional_tell_of_role.delay(event.operator_id, event.by_id)


@when(OperatorLeft)
def tell_who_was_removed(event: OperatorLeft) -> None:
    if event.operator_id != event.by_id:
        tasks.transactional_tell_of_removal.delay(event.operator_id, event.by_id)
