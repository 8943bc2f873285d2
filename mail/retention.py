"""How long letters, deliveries and what came back are kept (docs/mail.md)."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet

from comm100.core.retention import SITE_DELETED, Rule, Stays, delete_rows, keep, stay
from mail.models import Outbox, SoftBounces
from visitors.models import ContactEvent

CAME_BACK = timedelta(days=90)
WHY_CAME_BACK = "Long enough to read and answer it; the numbers stay."


def _forget_replies(rows: QuerySet[Any]) -> int:
    """The timeline goes on saying that somebody answered; its link would lead nowhere."""
    gone = list(rows.select_related("site").only("site__slug", "number", "contact"))
    people = {reply.contact_id for reply in gone}
    links = [reply.get_absolute_url() for reply in gone]
    ContactEvent.objects.filter(contact__in=people, url__in=links).update(url="")
    return delete_rows(rows)


def _rule(key: str, model: str, what: str, counted_from: str, **more: Any) -> Rule:
    facts: dict[str, Any] = {"keeps": CAME_BACK, "why": WHY_CAME_BACK} | more
    return Rule(key=key, model=model, what=what, counted_from=counted_from, **facts)


keep(
    _rule(
        "mail.letters",
        "mail.Outbox",
        "That a single letter was sent; its words go when it left",
        "settled_at",
        since="it left",
        only=Q(mailing=None),
        why="To find out why a letter did not arrive.",
    ),
    _rule(
        "mail.deliveries",
        "mail.Outbox",
        "Who got which campaign",
        "mailing__turn_at",
        since="the campaign",
        keeps=timedelta(days=730),
        only=Q(mailing__isnull=False) & ~Q(state__in=Outbox.UNSENT),
        why="Who unsubscribes by an old mail is found by it; the numbers of a campaign stay.",
    ),
    _rule("mail.bounces", "mail.Bounce", "Mails that came back, and why", "at"),
    _rule("mail.replies", "mail.Reply", "Replies to campaigns", "at", sweep=_forget_replies),
    _rule(
        "mail.inbound",
        "mail.InboundMail",
        "Mails in quarantine",
        "at",
        why="Time to look at them; what was understood goes at once.",
    ),
    _rule(
        "mail.recalls",
        "mail.Recall",
        "That a letter to many was stopped on its way",
        "at",
        why="Until nothing of it can be waiting any more.",
    ),
    _rule(
        "mail.soft_bounces",
        "mail.SoftBounces",
        "How often an address failed softly",
        "last_on",
        since="the last failure",
        keeps=timedelta(days=SoftBounces.DAYS_A_POINT * SoftBounces.LIMIT),
        why="By then every failure is forgiven.",
    ),
    _rule(
        "mail.days",
        "mail.MailDay",
        "What came back in numbers by day",
        "day",
        keeps=timedelta(days=400),
        why="To compare with the year before.",
    ),
    _rule(
        "mail.arrivals",
        "mail.Arrival",
        "That a mail came in, as a keyed hash",
        "at",
        why="The same mail twice counts once.",
        of_company=True,
    ),
)
stay(
    Stays(
        model="mail.Suppression",
        what="Who gets no marketing mail, as a keyed hash",
        until=f"{SITE_DELETED}, or the person agrees again",
        why="Who said no is not written to again, whoever imports them.",
    ),
    Stays(
        model="mail.Mailing",
        what="What a campaign said, as it was sent, and its numbers",
        until=SITE_DELETED,
        why="It is the site’s own work, and the proof of what was approved.",
    ),
    Stays(
        model="mail.MailingHour",
        what="Numbers of a campaign by the hour",
        until=SITE_DELETED,
        why="They hold nothing of a person.",
    ),
    Stays(
        model="mail.MailingShard",
        what="Numbers of a campaign that are being added up",
        until="they are added up, within seconds",
        why="They hold nothing of a person.",
    ),
    Stays(
        model="mail.SendingDomain",
        what="The site’s own sending domains",
        until="the site removes it",
        why="Mail is sent from them.",
    ),
    Stays(
        model="mail.DkimKey",
        what="Keys that sign mail",
        until="it is replaced and no longer asked for",
        why="Mail is signed with them.",
    ),
)
