"""Letters about how data are treated."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from accounts.models import Site, User
from comm100.core.letters import write_letter
from privacy.looks import Look
from privacy.models import AccessAlert, AccessGrant, LegalDisclosure, MailedHead, PublishedText

WHERE = {PublishedText.Name.POLICY: "privacy", PublishedText.Name.AGREEMENT: "agreement"}


def new_text_letter(text: PublishedText, user: User) -> EmailMultiAlternatives:
    """A new version applies soon (P11.2)."""
    link = f"{settings.PUBLIC_URL}/{WHERE[PublishedText.Name(text.name)]}/{text.version}/"
    compared = f"{link}changes/" if text.name == PublishedText.Name.POLICY else ""
    return write_letter(
        "privacy/mail/new_text", to=user.email, text=text, user=user, link=link, changes=compared
    )


def alert_letter(alert: AccessAlert, *, to: str) -> EmailMultiAlternatives:
    """To staff: somebody should look into how a grant is used (P9.3)."""
    link = f"{settings.PUBLIC_URL}/staff/grants/alerts/"
    return write_letter("privacy/mail/alert", to=to, alert=alert, grant=alert.grant, link=link)


def disclosure_letter(disclosure: LegalDisclosure, *, to: str) -> EmailMultiAlternatives:
    """To an owner of the site: something of yours had to be disclosed (P6.3)."""
    link = f"{settings.PUBLIC_URL}/s/{disclosure.site.slug}/disclosures/"
    return write_letter("privacy/mail/disclosure", to=to, disclosure=disclosure, link=link)


def grant_letter(grant: AccessGrant, *, to: User) -> EmailMultiAlternatives:
    """To an owner: somebody of the company asks to look at single records (P9.3)."""
    return _about_grant("privacy/mail/grant", grant, to=to, at=grant.site)


def asked_letter(grant: AccessGrant, *, to: User) -> EmailMultiAlternatives:
    """To staff who may decide: a colleague waits. The reason is read on the page, not here."""
    return _about_grant("privacy/mail/asked", grant, to=to)


def refused_letter(grant: AccessGrant, *, by: User) -> EmailMultiAlternatives:
    """To the staff member who waited: a colleague refused."""
    return _about_grant("privacy/mail/refused", grant, to=grant.staff, colleague=by)


def approved_letter(grant: AccessGrant) -> EmailMultiAlternatives:
    """To the staff member who waited for a colleague: the time runs from now on."""
    return _about_grant("privacy/mail/approved", grant, to=grant.staff)


def admitted_letter(grant: AccessGrant) -> EmailMultiAlternatives:
    """To the staff member who waited for the site."""
    return _about_grant("privacy/mail/admitted", grant, to=grant.staff)


def objected_letter(grant: AccessGrant, *, to: str, objector: User) -> EmailMultiAlternatives:
    """To staff: the site objected, and the access ended with that."""
    link = f"{settings.PUBLIC_URL}/staff/grants/{grant.pk}/"
    facts = {"grant": grant, "site": grant.site, "objector": objector, "link": link}
    return write_letter("privacy/mail/objected", to=to, **facts)


def head_letter(
    head: MailedHead, looks: Sequence[Look], *, added: int, more: bool, to: User, site: Site
) -> EmailMultiAlternatives:
    """To an owner: the seal of the journal today, and what staff did since the last."""
    link = f"{settings.PUBLIC_URL}{reverse('looks:looks', args=[site.slug])}"
    facts = {"head": head, "seal": bytes(head.hash).hex(), "looks": looks, "link": link}
    facts |= {"added": added, "more": more, "recipient": to, "site": site}
    return write_letter("privacy/mail/head", to=to.email, **facts)


def _about_grant(
    name: str, grant: AccessGrant, *, to: User, at: Site | None = None, **more: User
) -> EmailMultiAlternatives:
    link = f"{settings.PUBLIC_URL}/staff/grants/{grant.pk}/"
    if at:
        page = reverse("looks:looks", args=[at.slug])
        link = f"{settings.PUBLIC_URL}{page}?grant={grant.public_id}"
    facts = {"recipient": to, "grant": grant, "site": grant.site, "link": link}
    return write_letter(name, to=to.email, **facts, **more)


def account_closed_letter(user: User) -> EmailMultiAlternatives:
    """The last one."""
    return write_letter("privacy/mail/account_closed", to=user.email, user=user)
