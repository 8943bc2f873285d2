"""Which address the campaigns of a site leave from."""

from django.conf import settings

from accounts.models import Site
from mail.models import SendingDomain


def sender_email(site: Site) -> str:
    """Of the domain that the site chose, while it is verified; else of the company's mail host."""
    chosen = SendingDomain.objects.verified().filter(is_used=True).first()
    return chosen.sender_address if chosen else company_sender(site)


def company_sender(site: Site) -> str:
    """For who has no domain yet. "news-" keeps a site from posing as postmaster or abuse."""
    return f"news-{site.slug}@{settings.MAIL_HOST}"
