"""What is held of people whom mail was sent to, and of those who wrote back."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Q, QuerySet

from comm100.core.personal_data import Holding, Person, Purpose, Whose, hold, tells_of_nobody
from comm100.core.stores import Store, keep_beside
from mail.models import Bounce, InboundMail, Outbox, Reply, SoftBounces, Suppression
from mail.operations.forgetting import forget_bounces, forget_letters
from mail.reading.naming import Wanted

AT_ONCE = 5  # mails in memory


def _single_letters(person: Person) -> Q:
    """Letters that are no mailing's; mailings name the contact."""
    return Q(mailing=None, address_hash__in=person.hashes)


def _sent_to_contact(person: Person) -> "QuerySet[Outbox]":
    return Outbox.objects.filter(Q(contact=person.pk) | _single_letters(person))


def _sent_to_user(person: Person) -> "QuerySet[Outbox]":
    return Outbox.objects.filter(_single_letters(person))


def _bounces_of_contact(person: Person) -> "QuerySet[Bounce]":
    letters = _sent_to_user(person).order_by().values("pk")
    return Bounce.objects.filter(Q(contact=person.pk) | Q(row__in=letters))


def _bounces_of_user(person: Person) -> "QuerySet[Bounce]":
    return Bounce.objects.filter(row__in=_sent_to_user(person).order_by().values("pk"))


def _bounces(person: Person) -> "QuerySet[Bounce]":
    is_contact = person.kind == "contact"
    return _bounces_of_contact(person) if is_contact else _bounces_of_user(person)


def _forget_letters(person: Person) -> int:
    is_contact = person.kind == "contact"
    return forget_letters(_sent_to_contact(person) if is_contact else _sent_to_user(person), person)


def _came_from(person: Person, about: Q) -> "QuerySet[InboundMail]":
    """Mails about their letters, and those that hold an address of theirs, however encoded."""
    return InboundMail.objects.filter(about | Q(pk__in=list(_naming(person))))


def _naming(person: Person) -> Iterator[int]:
    """Reads all mails that the site keeps, a few at a time."""
    wanted = Wanted(person.addresses)
    mails = InboundMail.objects.order_by("pk").values_list("pk", "sender", "subject", "raw")
    for pk, sender, subject, raw in mails.iterator(chunk_size=AT_ONCE):
        told = f"{sender}\n{subject}\n".encode()
        if wanted.stands_in(told) or wanted.stands_in(bytes(raw)):
            yield pk


def _about_letters_to(person: Person) -> "QuerySet[InboundMail]":
    """Of a user only what came back from letters to them: mails of a site's own people stay its."""
    return InboundMail.objects.filter(about__in=_sent_to_user(person).order_by().values("pk"))


def _replies(person: Person) -> Q:
    found = Q()
    for address in person.addresses:
        found |= Q(sender__iexact=address)
    return found


hold(
    Holding(
        model=Outbox,
        title="Mails that were sent or wait",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE, Purpose.MARKETING),
        columns=(
            "address", "address_hash", "state", "created_at", "settled_at", "smtp_code",
            "smtp_reply", "message_id",
        ),
        files={"content": ".eml"},
        harmless=("idempotency_key", "circular"),
        of_contact=_sent_to_contact,
        of_user=_sent_to_user,
        erase=_forget_letters,
        erasing="What waits is not sent. Address, text and the server’s words are blanked.",
        stays="A row without a name stays, for the counts, with a code made from the address.",
    ),
    Holding(
        model=Bounce,
        title="Mails that did not arrive",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
        columns=("kind", "reason", "status", "reply_code", "words", "at"),
        of_contact=_bounces_of_contact,
        of_user=_bounces_of_user,
        erase=lambda person: forget_bounces(_bounces(person)),
        erasing="The server’s words are blanked and the row names nobody.",
        stays="What kind of failure it was stays a while longer, for the counts.",
    ),
    Holding(
        model=SoftBounces,
        title="Addresses that failed for a while",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
        columns=("address_hash", "points", "last_on"),
        of_contact=lambda person: SoftBounces.objects.filter(address_hash__in=person.hashes),
        of_user=lambda person: SoftBounces.objects.filter(address_hash__in=person.hashes),
    ),
    Holding(
        model=Suppression,
        title="Addresses that get no marketing mail",
        whose=Whose.CONTACT,
        purposes=(Purpose.PROOF,),
        columns=("address_hash", "reason", "at"),
        of_contact=lambda person: Suppression.objects.filter(
            Q(contact=person.pk) | Q(address_hash__in=person.hashes)
        ),
        of_user=lambda person: Suppression.objects.filter(address_hash__in=person.hashes),
        stays="A code made from the address, not the address, so that nobody writes to a person "
        "again who said no.",
    ),
    Holding(
        model=InboundMail,
        title="Mails that came back and wait",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
        columns=("at", "sender", "subject", "problem"),
        files={"raw": ".eml"},
        of_contact=lambda person: _came_from(person, Q(about__contact=person.pk)),
        of_user=_about_letters_to,
        searched=True,
        erasing="Mails about the person’s letters, and those that hold the address, are deleted.",
    ),
    Holding(
        model=Reply,
        title="What people wrote back",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
        columns=(
            "number", "at", "sender", "sender_name", "subject", "new_text", "whole_text",
            "attachments", "forwarded_to",
        ),
        harmless=("digest",),
        of_contact=lambda person: Reply.objects.filter(Q(contact=person.pk) | _replies(person)),
        of_user=lambda person: Reply.objects.filter(_replies(person)),
    ),
)  # fmt: skip
MAILBOXES = Store(
    key="mail.mailboxes",
    title="Mailboxes that are read for what comes back",
    whose=(Whose.CONTACT, Whose.USER),
    purposes=(Purpose.SERVICE,),
    facts=("mails as they came in",),
    where="The mail servers that the subprocessors list names",
    until="the company deletes them there, or has them deleted when they are read",
    ends="Where it is set so, each is deleted as soon as it was taken over.",
    erasing="The company has to do it there.",
)
LETTERBOX = Store(
    key="mail.letterbox",
    title="The letterbox of this installation for trying",
    whose=(Whose.CONTACT, Whose.USER),
    purposes=(Purpose.SERVICE,),
    facts=("mails as they would have left",),
    where="Below the data folder, on this machine",
    until="two thousand newer ones came",
    ends="The oldest goes when another one comes.",
    erasing="It is not looked for: this is no installation for real people.",
)
keep_beside(
    *([MAILBOXES] if settings.IMAP_URLS else []), *([LETTERBOX] if settings.LETTERBOX else [])
)
tells_of_nobody(
    mail_Mailing="What a site sends to many, without its readers.",
    mail_MailingHour="Counts by hour.",
    mail_MailingShard="Counts by hour.",
    mail_MailDay="Counts by day.",
    mail_Recall="The name of what was stopped on its way.",
    mail_SendingDomain="A domain of a site.",
    mail_DkimKey="A key of a domain.",
)
