"""Letters of the mail engine: left by a reply, a reply passed on, a sending domain broke."""

from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from accounts.models import Site
from comm100.core.letters import write_letter
from mail.links import unsubscribe_url
from mail.merge import one_line
from mail.models import Reply, SendingDomain
from mail.showing import Shown
from operators.models import Operator
from visitors.models import Contact

FORWARDED = "X-Comm100-Forwarded"  # a copy that carries it is not passed on again


def left(contact: Contact, site: Site, mailing_id: int) -> EmailMultiAlternatives:
    """That a reply unsubscribed them; the page behind the link asks before it undoes anything."""
    letter = write_letter(
        "mail/mail/left",
        to=contact.email,
        site=site,
        undo=unsubscribe_url(site.pk, contact.pk, mailing_id),
    )
    letter.extra_headers["Auto-Submitted"] = "auto-replied"  # RFC 3834
    return letter


def passed_on(reply: Reply, *, to: str, raw: bytes) -> EmailMessage:
    """A reply for the mailbox of the site; answering it answers the person."""
    page = settings.PUBLIC_URL + reply.get_absolute_url()
    letter = EmailMessage(
        one_line(reply.subject) or "A reply to your newsletter",
        f"{reply.whole_text}\n\n-- \nA reply to your newsletter. Answer this mail, and your answer "
        f"goes to {reply.sender}.\n{page}\n",
        formataddr((f"{one_line(reply.from_whom)} via {settings.COMPANY_NAME}", _our_address())),
        [to],
        reply_to=[formataddr((one_line(reply.sender_name), reply.sender))],
        headers={FORWARDED: settings.MAIL_HOST},
    )
    if reply.attachments:
        letter.attach("reply.eml", raw, "application/octet-stream")
    return letter


def for_the_company(told: Shown, *, raw: bytes) -> EmailMessage:
    """What somebody wrote to postmaster or abuse, whole; answering it answers them."""
    letter = EmailMessage(
        f"To postmaster: {one_line(told.subject) or 'no subject'}",
        f"{told.text}\n\n-- \nWritten to postmaster or abuse at {settings.MAIL_HOST}, by "
        f"{told.sender or 'nobody who says so'}. The mail as it came is attached.\n",
        settings.DEFAULT_FROM_EMAIL,
        [settings.COMPANY_EMAIL],
        reply_to=[formataddr((one_line(told.sender_name), told.sender))] if told.sender else None,
        headers={FORWARDED: settings.MAIL_HOST},
    )
    letter.attach("mail.eml", raw, "application/octet-stream")
    return letter


def domain_broke(domain: SendingDomain, *, to: Operator) -> EmailMultiAlternatives:
    """To an owner: what is missing stands on the page."""
    return write_letter(
        "mail/mail/domain_broke",
        to=to.user.email,
        recipient=to.user,
        domain=domain,
        site=domain.site,
        link=settings.PUBLIC_URL + domain.get_absolute_url(),
    )


def _our_address() -> str:
    return settings.COMPANY_EMAIL
