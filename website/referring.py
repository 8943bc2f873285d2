"""Refer a friend: one mail, sent while the visitor waits; nothing of it is kept (P5.2-P5.4).

All that is ever written is a keyed hash, when the friend asks never to be invited.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from accounts.models import Site
from comm100.core.addresses import address_hash, normalise_email
from comm100.core.letters import write_letter
from comm100.core.tenancy import working_for
from comm100.core.tokens import BadToken, make_token, read_token
from mail.models import Suppression
from mail.unkept import send_unkept
from website.models import NeverInvite

PURPOSE = "never-invite"
PIECES, BITS = 3, 43  # a hash of 128 bits, in numbers that a token can hold


@dataclass(frozen=True, repr=False)
class Invitation:
    """What the visitor typed: the friend's name and address, and the visitor's own name."""

    friend_name: str
    friend_email: str
    own_name: str


def invite(invitation: Invitation) -> None:
    """Send the one mail, unless this address asked for none. Raises NotSent."""
    company = Site.objects.company()
    hashed = address_hash(normalise_email(invitation.friend_email))
    if wants_none(hashed, company):
        return
    send_unkept(invitation_letter(invitation, hashed), site_id=company.pk)


def wants_none(hashed: bytes, company: Site) -> bool:
    """They said so to an invitation, or they get no marketing mail of the company."""
    if NeverInvite.objects.filter(address_hash=hashed).exists():
        return True
    with working_for(company.pk, kind="public"):
        return Suppression.objects.filter(address_hash=hashed).exists()


def invitation_letter(invitation: Invitation, hashed: bytes) -> EmailMultiAlternatives:
    never = never_url(hashed)
    letter = write_letter(
        "website/mail/referral",
        to=invitation.friend_email,
        friend_name=invitation.friend_name,
        own_name=invitation.own_name,
        never=never,
    )
    letter.extra_headers = {
        "List-Unsubscribe": f"<{never}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Auto-Response-Suppress": "All",
    }
    return letter


def never_url(hashed: bytes) -> str:
    """Where a friend asks for no more invitations; the link holds the hash and nothing else."""
    number = int.from_bytes(hashed, "big")
    pieces = [number >> (BITS * place) & (2**BITS - 1) for place in range(PIECES)]
    return f"{settings.PUBLIC_URL}/refer/never/{make_token(PURPOSE, *pieces)}/"


def read_never(token: str) -> bytes:
    """The hash in the link. Raises BadToken."""
    pieces = read_token(PURPOSE, token)
    number = sum(piece << (BITS * place) for place, piece in enumerate(pieces))
    if len(pieces) != PIECES or number >= 2**128:
        raise BadToken(PURPOSE)
    return number.to_bytes(16, "big")


def never_again(hashed: bytes) -> None:
    """Safe to repeat."""
    NeverInvite.objects.get_or_create(address_hash=hashed)
