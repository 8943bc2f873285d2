"""Letters to the people at work, and to those who are asked to join."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from accounts.models import Site
from comm100.core.letters import write_letter
from operators.invitations import joining_path
from operators.models import Invitation, Operator, Role, SiteCopy


def invitation_letter(invitation: Invitation) -> EmailMultiAlternatives:
    return write_letter(
        "operators/mail/invitation",
        to=invitation.email,
        invitation=invitation,
        site=invitation.site,
        inviter=invitation.invited_by.user if invitation.invited_by else None,
        role=Role(invitation.role).label,
        link=settings.PUBLIC_URL + joining_path(invitation.site_id, invitation.number),
    )


def joined_letter(operator: Operator, *, to: Operator) -> EmailMultiAlternatives:
    return _about(operator, "joined", to=to)


def role_letter(operator: Operator, *, by: Operator) -> EmailMultiAlternatives:
    return _about(operator, "role", to=operator, by=by.user)


def removed_letter(operator: Operator, *, by: Operator) -> EmailMultiAlternatives:
    return _about(operator, "removed", to=operator, by=by.user)


def factor_letter(operator: Operator, *, by: Operator) -> EmailMultiAlternatives:
    page = _address(reverse("mfa_index"))
    return _about(operator, "factor", to=operator, by=by.user, page=page)


def standing_letter(owner: Operator, *, standing: int, reason: str) -> EmailMultiAlternatives:
    label = Site.Standing(standing).label.lower()
    return _about(owner, "standing", to=owner, standing=label, reason=reason)


def closing_letter(operator: Operator, *, is_soon: bool) -> EmailMultiAlternatives:
    page = reverse("operators:deletion", args=[operator.site.slug])
    return _about(operator, "closing", to=operator, is_soon=is_soon, page=_address(page))


def copy_letter(copy: SiteCopy, *, to: Operator) -> EmailMultiAlternatives:
    page = reverse("operators:copies", args=[to.site.slug])
    return _about(to, "copied", to=to, copy=copy, page=_address(page))


def kept_letter(operator: Operator, *, by: Operator) -> EmailMultiAlternatives:
    return _about(operator, "kept", to=operator, by=by.user)


def _address(path: str) -> str:
    return settings.PUBLIC_URL + path


def _about(
    operator: Operator, name: str, *, to: Operator, **facts: object
) -> EmailMultiAlternatives:
    return write_letter(
        f"operators/mail/{name}",
        to=to.user.email,
        person=operator.user,
        recipient=to.user,
        site=operator.site,
        role=Role(operator.role).label,
        link=settings.PUBLIC_URL + operator.site.get_absolute_url(),
        **facts,
    )
