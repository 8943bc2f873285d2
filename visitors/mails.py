"""Letters to a contact about the data that a site holds of them."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from comm100.core.letters import write_letter
from comm100.core.tokens import make_token
from visitors.models import Contact, ContactCopy

YOURS, YOURS_SECONDS = "your-data", 24 * 3600
COPY = "copy-of-data"


def link_letter(contact: Contact) -> EmailMultiAlternatives:
    """The way in, for who reads this mailbox. Needs the contact with its site."""
    token = make_token(YOURS, contact.site_id, contact.pk, seconds=YOURS_SECONDS)
    return _letter("link", contact, link=_url("yours", contact, token))


def copy_letter(copy: ContactCopy) -> EmailMultiAlternatives:
    """Where the copy can be fetched, as long as it is kept."""
    link = _url("copy", copy.contact, copy_token(copy))
    return _letter("copy", copy.contact, link=link, copy=copy)


def erased_letter(contact: Contact) -> EmailMultiAlternatives:
    """The last one."""
    return _letter("erased", contact)


def copy_token(copy: ContactCopy) -> str:
    left = int((copy.expires_at - copy.asked_at).total_seconds())
    return make_token(COPY, copy.site_id, copy.pk, seconds=left)


def _url(name: str, contact: Contact, token: str) -> str:
    path = reverse(f"your_data:{name}", args=[contact.site.slug, token])
    return f"{settings.PUBLIC_URL}{path}"


def _letter(name: str, contact: Contact, **facts: object) -> EmailMultiAlternatives:
    facts |= {"site": contact.site, "contact": contact}
    return write_letter(f"visitors/mail/{name}", to=contact.email, **facts)
