"""Sending the letters of operators/mails.py: through the transactional lane, safe to run twice."""

from celery import shared_task

from operators import mails
from operators.models import Invitation, Operator


@shared_task
def transactional_invite(invitation_id: int) -> None:
    """An invitation that was used or withdrawn meanwhile says nothing."""
    invitations = Invitation.objects.open().select_related("site", "invited_by__user")
    if invitation := invitations.filter(pk=invitation_id).first():
        mails.invitation_letter(invitation).send()


@shared_task
def transactional_tell_of_joining(invitation_id: int, operator_id: int) -> None:
    """Tell the one who invited, if they still work here."""
    invitation = Invitation.objects.select_related("invited_by__user").get(pk=invitation_id)
    inviter = invitation.invited_by
    if inviter and inviter.left_at is None:
        mails.joined_letter(_operator(operator_id), to=inviter).send()


@shared_task
def transactional_tell_of_role(operator_id: int, by_id: int) -> None:
    mails.role_letter(_operator(operator_id), by=_operator(by_id)).send()


@shared_task
def transactional_tell_of_removal(operator_id: int, by_id: int) -> None:
    mails.removed_letter(_operator(operator_id), by=_operator(by_id)).send()


def _operator(operator_id: int) -> Operator:
    return Operator.objects.select_related("user", "site").get(pk=operator_id)
