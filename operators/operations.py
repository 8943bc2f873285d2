"""What people do with operators: join, be invited, change role, leave, hand over."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.models import take_numbers
from comm100.core.tenancy import Context, across_sites, context, current_site_id, working_for
from operators.events import (
    InvitationAccepted,
    OperatorInvited,
    OperatorJoined,
    OperatorLeft,
    RoleChanged,
)
from operators.models import Invitation, Operator, Role

INVITATION_LASTS = timedelta(days=7)
AGAIN_AFTER = timedelta(minutes=5)
INVITATIONS_A_DAY = 50
MOST_SITES = 50  # of one person, that are told of a sign-in


class Refused(ValueError):
    """It cannot be done; the text says why and what to do, for the person who tried."""


@transaction.atomic
def add_operator(user: User, *, role: int, by: Operator | None = None) -> Operator:
    """Put a user to work on the site in context; one who left comes back."""
    operator, _ = Operator.objects.update_or_create(
        user=user,
        site_id=current_site_id() or 0,
        defaults={"role": role, "added_by": by, "left_at": None},
        create_defaults={"role": role, "added_by": by, "number": take_numbers("operator")},
    )
    record("operator.joined", operator, by=operator, role=role_word(role))
    publish(OperatorJoined(site_id=operator.site_id, operator_id=operator.pk))
    return operator


@transaction.atomic
def invite(*, by: Operator, name: str, email: str, role: int) -> Invitation:
    """Ask somebody to join: name, e-mail and role, nothing else (P2.5).

    Raises:
        Refused: they work here already, were asked already, or the day's limit is reached.
    """
    _check_role(role, by=by)
    if Operator.objects.at_work().filter(user__email=email).exists():
        raise Refused(f"{email} works here already.")
    now = timezone.now()
    if _sent_since(now - timedelta(days=1)) >= INVITATIONS_A_DAY:
        raise Refused(f"{INVITATIONS_A_DAY} invitations went out today. Go on tomorrow.")
    Invitation.objects.pending().filter(email=email, expires_at__lte=now).update(revoked_at=now)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                site_id=by.site_id,
                number=take_numbers("invitation"),
                name=name,
                email=email,
                role=role,
                invited_by=by,
                expires_at=now + INVITATION_LASTS,
            )
    except IntegrityError as error:
        raise Refused(f"{email} was invited already. You can send it again below.") from error
    record("operator.invited", invitation, by=by, role=role_word(role))
    _tell_invited(invitation, by=by)
    return invitation


@transaction.atomic
def invite_again(invitation: Invitation, *, by: Operator) -> None:
    """Send a pending invitation once more; it lasts another seven days."""
    invitation = _locked(invitation)
    now = timezone.now()
    _check_role(invitation.role, by=by)
    if now - invitation.sent_at < AGAIN_AFTER:
        raise Refused("It was sent a moment ago. Wait five minutes before you send it again.")
    invitation.sent_at, invitation.expires_at = now, now + INVITATION_LASTS
    invitation.save(update_fields=["sent_at", "expires_at"])
    record("invitation.sent_again", invitation, by=by)
    _tell_invited(invitation, by=by)


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: Operator) -> None:
    invitation = _locked(invitation)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    record("invitation.revoked", invitation, by=by)


@transaction.atomic
def accept_invitation(invitation: Invitation, *, by: User) -> Operator:
    """Join with the role that the invitation names; it works once.

    Raises:
        Refused: it was used, revoked, or is too old.
    """
    invitation = _locked(invitation)
    if invitation.state == "expired":
        raise Refused("The invitation has expired. Ask for a new one.")
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    operator = Operator.objects.at_work().filter(user=by).first()
    if operator is None:
        operator = add_operator(by, role=invitation.role, by=invitation.invited_by)
    accepted = InvitationAccepted(
        site_id=invitation.site_id, invitation_id=invitation.pk, operator_id=operator.pk
    )
    publish(accepted)
    return operator


@transaction.atomic
def change_role(operator: Operator, *, by: Operator, role: int) -> bool:
    """Give another role; answer whether that changed anything.

    Raises:
        Refused: the actor may not, or the site would have no owner.
    """
    operator = _locked_among_owners(operator)
    _check_role(role, by=by)
    _check_reach(operator, by=by)
    if operator.role == role:
        return False
    if operator.is_owner:
        _check_another_owner(operator)
    before, operator.role = operator.role, role
    operator.save(update_fields=["role"])
    if not operator.may("operators:write"):
        _revoke_invitations_of(operator)
    words = {"before": role_word(before), "after": role_word(role)}
    record("operator.role_changed", operator, by=by, **words)
    publish(RoleChanged(site_id=operator.site_id, operator_id=operator.pk, by_id=by.pk, role=role))
    return True


@transaction.atomic
def remove_operator(operator: Operator, *, by: Operator) -> None:
    """End somebody's work here; they lose access with their next request.

    Raises:
        Refused: the actor may not, or the site would have no owner.
    """
    operator = _locked_among_owners(operator)
    _check_reach(operator, by=by)
    _end_work(operator, by=by)


@transaction.atomic
def leave(operator: Operator) -> None:
    """Raises Refused when the site would have no owner."""
    operator = _locked_among_owners(operator)
    _end_work(operator, by=operator)


@transaction.atomic
def leave_everywhere(user_id: int) -> None:
    """End somebody's work at every site.

    Raises:
        Refused: one of them would have no owner; nothing has changed.
    """
    for operator in _at_work_anywhere(user_id):
        with working_for(operator.site_id):
            if is_only_owner(operator):
                words = f"{operator.site.name} needs an owner. Hand it over, or delete it, first."
                raise Refused(words)
            leave(operator)


def is_only_owner(operator: Operator) -> bool:
    return operator.is_owner and not _has_another_owner(operator)


def only_owner_of(user_id: int) -> list[Site]:
    """Sites that would have no owner without this person."""
    alone = []
    for operator in _at_work_anywhere(user_id):
        with working_for(operator.site_id):
            if is_only_owner(operator):
                alone.append(operator.site)
    return alone


def _at_work_anywhere(user_id: int) -> list[Operator]:
    """Always in the same order, because each journal's head is a lock."""
    with context(Context(kind="user", user_id=user_id)), across_sites():
        works = Operator.objects.at_work().filter(user_id=user_id)
        return list(works.select_related("site").order_by("site_id"))


@transaction.atomic
def transfer_ownership(*, to: Operator, by: Operator) -> None:
    """Make another operator the owner; the one who gives it goes on as admin."""
    to = _locked_among_owners(to)
    giver = Operator.objects.owners().filter(pk=by.pk).first()
    if giver is None or to.pk == giver.pk:
        raise Refused("Only an owner can hand over the site, and only to somebody else.")
    for operator, role in ((to, Role.OWNER), (giver, Role.ADMIN)):
        operator.role = role
        operator.save(update_fields=["role"])
        changed = {"operator_id": operator.pk, "by_id": giver.pk, "role": role}
        publish(RoleChanged(site_id=operator.site_id, **changed))
    record("site.handed_over", to, by=giver)


@transaction.atomic
def note_where_at_work(user_id: int, action: str, **facts: Any) -> None:
    """Write what somebody did with their account into the journal of each site of theirs.

    At most MOST_SITES; always in the same order, because each head is a lock.
    """
    if current_site_id():  # who joins by invitation is at that site already
        found = list(Operator.objects.at_work().filter(user_id=user_id))
    else:
        with context(Context(kind="user", user_id=user_id)), across_sites():
            works = Operator.objects.at_work().filter(user_id=user_id).order_by("site_id")
            found = list(works[:MOST_SITES])
    for operator in found:
        with working_for(operator.site_id):
            record(action, operator, by=operator, **facts)


def role_word(role: int) -> str:
    return Role(role).name.lower()


def _end_work(operator: Operator, *, by: Operator) -> None:
    if operator.is_owner:
        _check_another_owner(operator)
    operator.left_at = timezone.now()
    operator.save(update_fields=["left_at"])
    _revoke_invitations_of(operator)
    record("operator.left" if by.pk == operator.pk else "operator.removed", operator, by=by)
    publish(OperatorLeft(site_id=operator.site_id, operator_id=operator.pk, by_id=by.pk))


def _locked(invitation: Invitation) -> Invitation:
    found = Invitation.objects.pending().select_for_update().filter(pk=invitation.pk).first()
    if found is None:
        raise Refused("The invitation was used or withdrawn.")
    return found


def _locked_among_owners(operator: Operator) -> Operator:
    """Lock the owners, then the operator: of two acts at once the second sees the first's."""
    list(Operator.objects.owners().select_for_update().order_by("pk"))
    found = Operator.objects.at_work().select_for_update().filter(pk=operator.pk).first()
    if found is None:
        raise Refused("This operator does not work here any more.")
    return found


def _check_role(role: int, *, by: Operator) -> None:
    if role not in by.may_give:
        raise Refused("Only an owner can make somebody an owner.")


def _check_reach(operator: Operator, *, by: Operator) -> None:
    by.refresh_from_db(fields=["role", "left_at"])
    if by.left_at or not by.may_change(operator):
        raise Refused("You cannot change this operator.")


def _check_another_owner(operator: Operator) -> None:
    if not _has_another_owner(operator):
        raise Refused("A site needs an owner. Hand over the ownership first.")


def _has_another_owner(operator: Operator) -> bool:
    return Operator.objects.owners().exclude(pk=operator.pk).exists()


def _revoke_invitations_of(operator: Operator) -> None:
    """What somebody without the right to invite has promised does not hold."""
    Invitation.objects.pending().filter(invited_by=operator).update(revoked_at=timezone.now())


def _sent_since(moment: object) -> int:
    return Invitation.objects.filter(sent_at__gt=moment).count()


def _tell_invited(invitation: Invitation, *, by: Operator) -> None:
    publish(OperatorInvited(site_id=invitation.site_id, invitation_id=invitation.pk, by_id=by.pk))
