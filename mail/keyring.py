"""Under whose name a mail leaves: who signs it and where its bounces go, kept for each process.

A mail from a site's own domain is signed with that domain's key, every other one with the
company's key of its lane. Keys are read as `comm100_post` and kept for a minute, so a rotation
takes effect within it; while the database is away, what is known goes on.
"""

import logging
import time
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import Site
from comm100.core.sealing import CannotOpen
from comm100.core.tenancy import across_sites
from mail.keys import make_key, signer_of, slots_of
from mail.models import DkimKey, SendingDomain
from mail.signing import Signer

log = logging.getLogger("mail.keyring")
SECONDS = 60.0
MOST = 500  # domains in one process; a key takes about 3 KB
NOBODY = 0  # in place of a site's id


class Identity(NamedTuple):
    signers: tuple[Signer, ...]
    return_host: str


_known: dict[tuple[int, str, int], tuple[Identity, float]] = {}


def identity_of(site_id: int, domain: str, lane: int) -> Identity:
    """For a mail of this site whose From is at `domain`; one look into a dict when it is known."""
    own = _kept(site_id, domain.lower(), lane)
    return own if own.signers else _kept(NOBODY, settings.MAIL_HOST.lower(), lane)


def forget() -> None:
    """Read the keys anew."""
    _known.clear()


def _kept(site_id: int, domain: str, lane: int) -> Identity:
    key = (site_id, domain, lane)
    found = _known.get(key)
    if found and time.monotonic() < found[1]:
        return found[0]
    try:
        identity = _read(site_id, domain, lane)
    except DatabaseError:
        if found:
            return found[0]
        raise
    while len(_known) >= MOST:
        _known.pop(next(iter(_known)), None)
    _known.pop(key, None)  # the oldest stand first
    _known[key] = (identity, time.monotonic() + SECONDS)
    return identity


def _read(site_id: int, domain: str, lane: int) -> Identity:
    with across_sites():
        keys = _active(site_id, domain, lane)
        if not keys and site_id == NOBODY:
            company_domain()
            keys = _active(site_id, domain, lane)
    signers = tuple(_opened(keys))
    return Identity(signers, keys[0].domain.return_host if keys else settings.MAIL_HOST)


def _active(site_id: int, domain: str, lane: int) -> list[DkimKey]:
    keys = DkimKey.objects.using("post").filter(state=DkimKey.State.ACTIVE, domain__name=domain)
    whose = {"site__is_company": True} if site_id == NOBODY else {"site_id": site_id}
    found = keys.filter(**whose).select_related("domain").order_by("algorithm")
    return [key for key in found if key.lane in {None, lane}]


def _opened(keys: Iterable[DkimKey]) -> Iterable[Signer]:
    for key in keys:
        try:
            yield signer_of(key)
        except CannotOpen:  # a mail without a signature is better than none
            log.exception("%s cannot be opened: is the secret key of before named?", key)


def company_domain() -> SendingDomain | None:
    """The row of MAIL_HOST with its keys, made when it is not there; None before `prepare`."""
    name = settings.MAIL_HOST.lower()
    with across_sites(), transaction.atomic(using="post"):
        company = Site.objects.using("post").filter(is_company=True).first()
        if company is None:
            return None
        domain, is_new = SendingDomain.objects.using("post").get_or_create(
            site_id=company.pk, number=0, defaults={"name": name, "own_return_path": False}
        )
        if domain.name != name:  # the setting changed; keys are bound to the name
            is_new, domain.name, domain.state = True, name, SendingDomain.State.WAITING
            domain.findings, domain.checked_at = [], None
            domain.save(using="post")
            DkimKey.objects.using("post").filter(domain=domain).delete()
        if is_new:
            DkimKey.objects.using("post").bulk_create(_first_keys(domain))
    return domain


def _first_keys(domain: SendingDomain) -> list[DkimKey]:
    """They sign at once: a signature without a record is as good as none, and no worse."""
    active, now = DkimKey.State.ACTIVE, timezone.now()
    keys = [make_key(domain, slot, state=active) for slot in slots_of(domain)]
    for key in keys:
        key.activated_at = now
    return keys
