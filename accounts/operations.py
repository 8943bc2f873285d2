"""What people do with accounts and sites."""

import hmac
import logging
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.events import (
    AccountOpened,
    FactorsRemoved,
    SignedIn,
    SiteFounded,
    SiteProfileChanged,
    StandingChanged,
    UserRenamed,
)
from accounts.models import Site, User
from comm100.core.addresses import normalise_email
from comm100.core.documents import version_today
from comm100.core.events import publish
from comm100.core.journal import Actor, record
from comm100.core.tenancy import working_for

log = logging.getLogger("accounts.entering")
RESERVED_SLUGS = {"company", "staff", "admin", "new", "www", "mail"}
MOST_BROWSERS = 10
FOUNDING = 0x0C0101  # one new site at a time; the number means nothing


@transaction.atomic
def found_site(*, by: User, web_url: str, name: str = "", **optional: Any) -> Site:
    """Make the site of a new owner; its slug comes from the web address, its name too if blank."""
    with connection.cursor() as cursor:  # two at once must not choose the same slug
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOUNDING])
    host = (urlsplit(web_url).hostname or "site").removeprefix("www.")
    site = Site.objects.create(
        slug=_free_slug(host), name=name or host[:120], web_url=web_url, **optional
    )
    with working_for(site.pk):
        versions = {"policy": by.policy_version, "agreement": by.agreement_version}
        record("site.founded", site, by=by, **versions)
        publish(SiteFounded(site_id=site.pk, founder_id=by.pk))
    return site


@transaction.atomic
def change_site_profile(site: Site, *, by: Actor, by_id: int, **facts: Any) -> tuple[str, ...]:
    """Set what a site tells of itself; answer which fields that changed (P8.1)."""
    changed = tuple(name for name, value in facts.items() if getattr(site, name) != value)
    if changed:
        for name in changed:
            setattr(site, name, facts[name])
        site.save(update_fields=changed)
        record("site.profile_changed", site, by=by, fields=list(changed))
        publish(SiteProfileChanged(site_id=site.pk, by_id=by_id, fields=changed))
    return changed


@transaction.atomic
def register_invited(*, email: str, name: str, password: str, no_news: bool = False) -> User:
    """An account for somebody who opened the link in their own mailbox: the address is proven."""
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(
        user=user, email=normalise_email(email), verified=True, primary=True
    )
    accept_documents(by=user, no_news=no_news)
    tell_of_account(user)
    return user


def tell_of_account(user: User) -> None:
    """Call it when the address of a new account is proven: the company is itself the first site."""
    company = Site.objects.filter(is_company=True).first()
    if company:
        publish(AccountOpened(site_id=company.pk, user_id=user.pk))


@transaction.atomic
def accept_documents(*, by: User, no_news: bool = False) -> None:
    """Note which agreement and which policy a person accepted, and when (P11.1).

    no_news: and said at the same time that they want no product news.
    """
    by.no_news_at_sign_up = no_news
    by.policy_version = version_today("policy")
    by.agreement_version = version_today("agreement")
    by.accepted_at = timezone.now()
    facts = ["policy_version", "agreement_version", "accepted_at", "no_news_at_sign_up"]
    by.save(update_fields=facts)


@transaction.atomic
def change_standing(site: Site, *, standing: int, reason: str, by: Actor | str) -> bool:
    """Say what a site may send, and why; answer whether that changed anything.

    The claim of the mail workers joins the standing: a suspension acts within one batch.
    """
    with working_for(site.pk, kind="staff"):
        row = Site.objects.select_for_update().get(pk=site.pk)
        before, row.standing = row.standing, standing
        if before == standing:
            return False
        row.save(update_fields=["standing"])
        words = [Site.Standing(value).name.lower() for value in (before, standing)]
        facts = {"before": words[0], "standing": words[1], "reason": reason}
        record("site.standing_changed", row, by=by, **facts)
        publish(StandingChanged(site_id=row.pk, before=before, standing=standing, reason=reason))
    return True


@transaction.atomic
def change_rights(user: User, *, by: User, **rights: bool) -> None:
    """Say whether a person may sign in, and whether they work for the company."""
    for name, value in rights.items():
        setattr(user, name, value)
    user.save(update_fields=list(rights))


@transaction.atomic
def lock_out(user: User) -> None:
    """They sign in no more; their account is on its way out."""
    user.is_active = False
    user.save(update_fields=["is_active"])


@transaction.atomic
def end_sessions(user: User) -> None:
    """Out of every browser with this commit."""
    known = UserSession.objects.filter(user=user)
    keys = list(known.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    known.delete()


@transaction.atomic
def rename_user(user: User, *, name: str) -> bool:
    """Set a person's name; answer whether that changed anything."""
    if user.name == name:
        return False
    user.name = name
    user.save(update_fields=["name"])
    publish(UserRenamed(user_id=user.pk))
    return True


@transaction.atomic
def note_sign_in(user: User, *, ways: Iterable[str]) -> None:
    """Tell that somebody came in, and by which ways (P9.5)."""
    publish(SignedIn(user_id=user.pk, ways=tuple(dict.fromkeys(ways))))


@transaction.atomic
def remove_factors(user: User, *, proven: str) -> int:
    """For who lost them all: none is left, every session ends, and the person is told.

    `proven` says how the identity was proven, for the log. Answers how many there were.
    """
    factors = Authenticator.objects.filter(user=user)
    count: int = factors.exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    factors.delete()
    end_sessions(user)
    publish(FactorsRemoved(user_id=user.pk))
    log.warning("second factors removed: %s", proven, extra={"person": user.pk})
    return count


def meet_browser(user: User, *, user_agent: str) -> bool:
    """Note the browser of a sign-in; answer whether it is new beside others that we know (P9.5).

    Kept is a keyed digest of its name without numbers, so that an update makes no new browser.
    """
    name = re.sub(r"[\d._]+", "", user_agent)
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"{user.pk}:{name}".encode(), "sha256")
    browser = digest.hex()[:16]
    known: list[str] = user.known_browsers
    if browser in known:
        return False
    user.known_browsers = [*known, browser][-MOST_BROWSERS:]
    user.save(update_fields=["known_browsers"])
    return bool(known)


def check_password(password: str, *, user: User) -> None:
    """Raises ValidationError with what is wrong with a new password."""
    validate_password(password, user)


def _free_slug(host: str) -> str:
    stem = slugify(host.replace(".", "-"))[:40].rstrip("-") or "site"
    first = slugify(host.split(".", maxsplit=1)[0])[:40].rstrip("-")
    taken = set(Site.objects.filter(slug__startswith=first or stem).values_list("slug", flat=True))
    taken |= RESERVED_SLUGS
    if len(first) > 1 and first not in taken:
        return first
    if stem not in taken:
        return stem
    return next(f"{stem}-{n}" for n in range(2, 10_000) if f"{stem}-{n}" not in taken)
