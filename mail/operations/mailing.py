"""The life of a mailing: frozen, approved, started, held, resumed, cancelled."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import Actor, record
from comm100.core.tenancy import current_site_id
from mail.content import MailingContent, canonical
from mail.encoding import BadAddress, wire_address
from mail.events import (
    MailingApproved,
    MailingCancelled,
    MailingHeld,
    MailingOpened,
    MailingStarted,
)
from mail.merge import one_line
from mail.models import Mailing, Outbox
from mail.operations.proving import clear_results

SYSTEM = "system"
State = Mailing.State


class MailingRefused(RuntimeError):
    """The mailing cannot do that in its state; the message says why."""


class ContentRefused(MailingRefused):
    """The content could not become a mail; the message says what to mend."""


class ContentChanged(MailingRefused):
    """The content is not the one that was read and decided on (P9.4)."""


class OverCap(MailingRefused):
    """There are more recipients than were approved."""


class HeldForResults(MailingRefused):
    """Bounces or complaints stopped it: a moderator lets it go on."""


@transaction.atomic
def freeze(content: MailingContent) -> Mailing:
    """Keep exactly this content, for the site in context; it waits for approval.

    Raises:
        ContentRefused: a header would hold a line break, or an address is none.
    """
    _check_headers(content)
    mailing = Mailing.objects.create(
        site_id=current_site_id() or 0,
        content=canonical(content),
        recipient_cap=content.recipient_cap,
        kind=content.kind,
    )
    return Mailing.objects.get(pk=mailing.pk)  # with the hash that the database computed


def _check_headers(content: MailingContent) -> None:
    for name in ("subject", "sender_name", "sender_email", "reply_to", "list_name"):
        value = getattr(content, name)
        if value.strip() != one_line(value):
            raise ContentRefused(f"Take the line break out of the {name.replace('_', ' ')}.")
    for address in filter(None, (content.sender_email, content.reply_to)):
        try:
            sendable = wire_address(address).isascii()
        except BadAddress as error:
            raise ContentRefused(f"{address}: {error}") from error
        if not sendable:
            raise ContentRefused(f"{address}: use an address in plain letters (ASCII) here.")


def _locked(mailing: Mailing) -> Mailing:
    return Mailing.objects.select_for_update().get(pk=mailing.pk)


@transaction.atomic
def approve_mailing(mailing: Mailing, *, content_hash: bytes, by: Actor | str = SYSTEM) -> Mailing:
    """Let it be sent, if its content still is what was decided on.

    Raises:
        ContentChanged: the content has another hash.
    """
    mailing = _locked(mailing)
    if bytes(mailing.content_hash) != bytes(content_hash):
        raise ContentChanged("The content changed after it was read.")
    mailing.approved_hash = content_hash
    mailing.save(update_fields=["approved_hash"])
    record("mailing.approved", mailing, by=by, content_hash=bytes(content_hash).hex())
    publish(MailingApproved.about(mailing))
    return mailing


@transaction.atomic
def start_mailing(
    mailing: Mailing,
    *,
    not_before: datetime | None = None,
    unproven: bool = False,
    by: Actor | str = SYSTEM,
) -> bool:
    """Begin to fill the outbox; answers False when it was started before.

    `unproven`: a few go first (mail/operations/proving.py).

    Raises:
        ContentChanged: it is not approved as it stands.
    """
    mailing = _locked(mailing)
    if mailing.state != State.WAITING:
        return False
    if not mailing.approved_hash or bytes(mailing.approved_hash) != bytes(mailing.content_hash):
        raise ContentChanged("The mailing is not approved as it stands.")
    mailing.state = State.FILLING
    mailing.started_at = mailing.turn_at = timezone.now()
    mailing.not_before = not_before
    mailing.canary = 0 if unproven else None
    mailing.save(update_fields=["state", "started_at", "turn_at", "not_before", "canary"])
    record("mailing.started", mailing, by=by, not_before=not_before)
    publish(MailingStarted.about(mailing))
    return True


@transaction.atomic
def hold_mailing(
    mailing: Mailing,
    *,
    reason: str = "",
    held_for: int = Mailing.HeldFor.PERSON,
    by: Actor | str = SYSTEM,
) -> bool:
    """Stop it within one batch; answers False when nothing was on its way.

    What a person held can be stopped for its results all the same.
    """
    mailing = _locked(mailing)
    graver = mailing.state == State.HELD and held_for > mailing.held_for
    if mailing.state not in {State.FILLING, State.OPEN} and not graver:
        return False
    mailing.state, mailing.held_for = State.HELD, held_for
    mailing.hold_reason = reason[:200]
    mailing.save(update_fields=["state", "hold_reason", "held_for"])
    record("mailing.held", mailing, by=by, held_for=Mailing.HeldFor(held_for).name.lower())
    publish(MailingHeld.about(mailing, reason=mailing.hold_reason))
    return True


@transaction.atomic
def resume_mailing(
    mailing: Mailing,
    *,
    not_before: datetime | None = None,
    is_cleared: bool = False,
    by: Actor | str = SYSTEM,
) -> bool:
    """Go on where it was held; answers False when it was not held.

    not_before: and not earlier than then. is_cleared: a moderator looked at its results.

    Raises:
        OverCap: it was held because it has more recipients than were approved.
        HeldForResults: that takes a moderator.
    """
    mailing = _locked(mailing)
    if mailing.state != State.HELD:
        return False
    if mailing.recipient_cap and mailing.total > mailing.recipient_cap:
        raise OverCap("There are more recipients than were approved.")
    if mailing.held_for == Mailing.HeldFor.RESULTS and not is_cleared:
        raise HeldForResults("A moderator looks at its results first.")
    if is_cleared:
        clear_results(mailing)
    mailing.state = State.OPEN if mailing.filled_at else State.FILLING
    mailing.hold_reason, mailing.held_for = "", Mailing.HeldFor.NOTHING
    mailing.turn_at = timezone.now()
    mailing.not_before = not_before or mailing.not_before
    mailing.save(update_fields=["state", "hold_reason", "held_for", "turn_at", "not_before"])
    record("mailing.resumed", mailing, by=by)
    opened = mailing.state == State.OPEN
    publish(MailingOpened.about(mailing) if opened else MailingStarted.about(mailing))
    return True


@transaction.atomic
def cancel_mailing(mailing: Mailing, *, by: Actor | str = SYSTEM) -> bool:
    """Send no more of it; answers False when it is over already.

    What is in a worker's hands goes out; the rows still waiting are settled as CANCELLED by the
    sweep (mail/tasks.py) and counted in `cancelled`, so that the totals add up.
    """
    mailing = _locked(mailing)
    if mailing.state in {State.CANCELLED, State.DONE}:
        return False
    mailing.state = State.CANCELLED
    mailing.finished_at = timezone.now()
    mailing.announced_at = mailing.finished_at  # told by MailingCancelled, not MailingFinished
    mailing.save(update_fields=["state", "finished_at", "announced_at"])
    record("mailing.cancelled", mailing, by=by, settled=mailing.settled, total=mailing.total)
    publish(MailingCancelled.about(mailing))
    return True


@transaction.atomic
def resend_unknown(mailing: Mailing, *, by: Actor | str = SYSTEM) -> int:
    """Send those again of whom a crash left unknown whether they got it; answers how many."""
    mailing = _locked(mailing)
    if mailing.state not in {State.OPEN, State.HELD, State.DONE}:
        return 0
    count = Outbox.objects.filter(mailing=mailing, state=Outbox.State.UNKNOWN).update(
        state=Outbox.State.READY, not_before=timezone.now(), settled_at=None
    )
    if count:
        state = State.HELD if mailing.state == State.HELD else State.OPEN
        Mailing.objects.filter(pk=mailing.pk).update(
            unknown=F("unknown") - count, state=state, finished_at=None, announced_at=None
        )
        record("mailing.resent", mailing, by=by, count=count)
        publish(MailingOpened.about(mailing))
    return count
