"""Letters of the company's web site."""

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

from comm100.core.letters import write_letter
from visitors.models import Contact
from website.models import Notice, Testimonial


def message_letter(
    contact: Contact, *, name: str, web_url: str, email: str, message: str
) -> EmailMultiAlternatives:
    """What somebody wrote by the contact form, to the company; an answer goes to them."""
    letter = write_letter(
        "website/mail/message",
        to=settings.COMPANY_EMAIL,
        name=name,
        web_url=web_url,
        email=email,
        message=message,
        link=settings.PUBLIC_URL + contact.get_absolute_url(),
    )
    letter.reply_to = [email]
    return letter


def testimonial_letter(
    testimonial: Testimonial, *, link: str, posted: bool
) -> EmailMultiAlternatives:
    """To the customer: may we post this? Or: this is posted now, and here you take it back."""
    name = "testimonial_posted" if posted else "testimonial_asked"
    return write_letter(
        f"website/mail/{name}", to=testimonial.email, testimonial=testimonial, link=link
    )


def notice_letter(notice: Notice, *, to: str) -> EmailMessage:
    """The same plain text for everybody, and nothing else (P3.2)."""
    facts = {"company_name": settings.COMPANY_NAME, "public_url": settings.PUBLIC_URL}
    text = render_to_string("website/mail/notice.txt", facts | {"notice": notice})
    return EmailMessage(notice.subject, text, to=[to])


def report_letter(testimonial: Testimonial, *, reason: str) -> EmailMultiAlternatives:
    """What a reader of the page has against it, to the company."""
    return write_letter(
        "website/mail/testimonial_report",
        to=settings.COMPANY_EMAIL,
        testimonial=testimonial,
        reason=reason,
        link=f"{settings.PUBLIC_URL}/staff/testimonials/{testimonial.pk}/",
    )
