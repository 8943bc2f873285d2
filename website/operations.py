"""What people do on the company's web site."""

from django.db import transaction

from visitors.models import Contact, Source
from visitors.operations import identify, note_event

WEB_URL = "web_url"  # the custom field of the company's site, see website/seeding.py


@transaction.atomic
def take_message(*, name: str, web_url: str, email: str, message: str) -> Contact:
    """Somebody says who they are by the contact form (P4.4): the company's site knows them now.

    A stranger can type anybody's address, so what is known of a contact stays.
    """
    known = Contact.objects.filter(email_norm=email).exists()
    contact = identify(
        email=email,
        name="" if known else name,
        fields={} if known else {WEB_URL: web_url},
        source=Source.CONTACT_FORM,
    )
    text = f"Wrote by the contact form: {message}" if message else "Filled in the contact form"
    note_event(contact, kind="contact_form", text=text)
    return contact
