"""Sending domains: added, checked, used, given new keys, removed."""

from base64 import b32encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from secrets import token_bytes

from django.db import transaction
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.models import take_numbers
from mail.events import DomainBroke, DomainCheckAsked
from mail.keys import make_key, seal_again, slots_of, turn_of
from mail.models import DkimKey, SendingDomain
from mail.records import Finding, key_name, records_of
from operators.models import Operator

State, KeyState = SendingDomain.State, DkimKey.State
REST = timedelta(days=7)  # mails that a retired key signed may still be on their way


@transaction.atomic
def add_domain(*, by: Operator, name: str, sender: str) -> SendingDomain:
    """A domain with its keys and its proof; `name` is normalised, checked and not there yet.

    The first one is used as soon as it is verified.
    """
    domain = SendingDomain.objects.create(
        site_id=by.site_id,
        number=take_numbers("sending_domain"),
        name=name,
        sender=sender,
        is_used=not SendingDomain.objects.filter(is_used=True).exists(),
        proof=b32encode(token_bytes(15)).decode().lower(),
    )
    keys = [make_key(domain, slot, state=KeyState.NEW) for slot in slots_of(domain)]
    DkimKey.objects.bulk_create(keys)
    record("domain.added", domain, by=by, name=name)
    return domain


@transaction.atomic
def remove_domain(domain: SendingDomain, *, by: Operator) -> None:
    """With its keys; campaigns leave from the company's domain again."""
    record("domain.removed", domain, by=by, name=domain.name)
    domain.delete()


@transaction.atomic
def change_domain(
    domain: SendingDomain, *, by: Operator, sender: str, is_used: bool, own_return_path: bool
) -> None:
    """Which address campaigns leave from; only one domain of a site is in use."""
    if is_used and not domain.is_used:
        SendingDomain.objects.filter(is_used=True).update(is_used=False)
    domain.sender, domain.is_used, domain.own_return_path = sender, is_used, own_return_path
    domain.save(update_fields=["sender", "is_used", "own_return_path"])
    record("domain.changed", domain, by=by, name=domain.name, used=is_used)
    ask_for_check(domain)


@transaction.atomic
def rotate_keys(domain: SendingDomain, *, by: Operator) -> int:
    """New keys beside those that sign; they take over when their records are seen.

    Answers how many: none while others wait already.
    """
    keys = list(DkimKey.objects.filter(domain=domain).select_for_update())
    if any(key.state == KeyState.NEW for key in keys):
        return 0
    DkimKey.objects.filter(domain=domain, state=KeyState.RETIRED).delete()
    signing = {(key.lane, key.algorithm): key for key in keys if key.state == KeyState.ACTIVE}
    made = []
    for slot in slots_of(domain):
        turn = 3 - turn_of(signing[slot]) if slot in signing else 1
        made.append(make_key(domain, slot, turn=turn, state=KeyState.NEW))
    DkimKey.objects.bulk_create(made)
    record("domain.keys_made", domain, by=by, name=domain.name, keys=len(made))
    return len(made)


@transaction.atomic
def ask_for_check(domain: SendingDomain) -> bool:
    """Look at the DNS soon; nothing while a look is under way."""
    if domain.is_being_checked:
        return False
    domain.checking_since = timezone.now()
    domain.save(update_fields=["checking_since"])
    publish(DomainCheckAsked(site_id=domain.site_id, domain_id=domain.pk))
    return True


@transaction.atomic
def note_findings(domain_id: int, findings: Sequence[Finding]) -> None:
    """What the DNS said: keys change over, and the domain is verified, waits or broke.

    Where name servers were silent about what is needed, nothing changes.
    """
    domain = SendingDomain.objects.select_for_update().filter(pk=domain_id).first()
    if domain is None:  # removed meanwhile
        return
    states = {finding.record: finding.state for finding in findings}
    _change_over(domain, states)
    needed = {states.get(row.key, "missing") for row in records_of(domain) if row.needed}
    if needed == {"found"}:
        _verify(domain)
    elif domain.is_verified and not needed <= {"found", "silent"}:
        _break(domain)
    domain.findings = [finding.as_json() for finding in findings]
    domain.checked_at, domain.checking_since = timezone.now(), None
    domain.save(
        update_fields=[
            *("state", "findings", "checked_at", "checking_since"),
            *("verified_at", "broken_since"),
        ]
    )


def _change_over(domain: SendingDomain, states: Mapping[str, str]) -> None:
    """A new key whose record is seen signs from now on; the one before it retires."""
    keys, now = list(domain.keys.all()), timezone.now()
    for key in keys:
        if key.state != KeyState.NEW or states.get(key_name(key)) != "found":
            continue
        for old in keys:
            if old.state == KeyState.ACTIVE and _same_slot(old, key):
                old.state, old.retired_at = KeyState.RETIRED, now
                old.save(update_fields=["state", "retired_at"])
        key.state, key.activated_at = KeyState.ACTIVE, now
        key.save(update_fields=["state", "activated_at"])
        record("domain.key_signs", domain, by="mail", name=domain.name, **key.facts())


def _same_slot(one: DkimKey, other: DkimKey) -> bool:
    return (one.lane, one.algorithm) == (other.lane, other.algorithm)


def _verify(domain: SendingDomain) -> None:
    if domain.is_verified:
        return
    domain.state, domain.broken_since = State.VERIFIED, None
    domain.verified_at = domain.verified_at or timezone.now()
    record("domain.verified", domain, by="mail", name=domain.name)


def _break(domain: SendingDomain) -> None:
    domain.state, domain.broken_since = State.BROKEN, timezone.now()
    record("domain.broke", domain, by="mail", name=domain.name)
    publish(DomainBroke(site_id=domain.site_id, domain_id=domain.pk))


@transaction.atomic
def tidy_keys() -> None:
    """Of the site in context: forget retired keys, and seal again what stands under an old key."""
    DkimKey.objects.filter(state=KeyState.RETIRED, retired_at__lt=timezone.now() - REST).delete()
    seal_again(DkimKey.objects.select_related("domain").iterator())
