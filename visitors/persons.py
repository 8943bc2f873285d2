"""A contact as the register of personal data asks for them."""

from accounts.models import Site
from comm100.core.personal_data import Person
from comm100.core.tenancy import working_for
from privacy.copying import Part
from visitors.models import Contact


def person_of(contact: Contact) -> Person:
    """By number, and by the address as it is compared and as it was written."""
    addresses = dict.fromkeys([contact.email_norm, contact.email.strip().lower()])
    return Person("contact", contact.pk, tuple(addresses), contact.site_id)


def part_of(contact: Contact, *, where: str) -> Part:
    site_id = contact.site_id
    return Part(where, person_of(contact), lambda: working_for(site_id))


def contacts_of_company(addresses: tuple[str, ...]) -> list[Contact]:
    """Contacts of the company's own site with these addresses."""
    with working_for(Site.objects.company().pk):
        return list(Contact.objects.filter(email_norm__in=addresses).order_by("pk"))


def as_contact_of_company(person: Person) -> list[Part]:
    """Who has an account may be a contact of the company's site besides."""
    return [
        part_of(contact, where="contact-of-the-company")
        for contact in contacts_of_company(person.addresses)
    ]
