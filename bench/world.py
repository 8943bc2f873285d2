"""A large house for measuring: one site with many contacts, one with few, many others.

Rows are made by SQL as the administrator: what is measured is reading them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from typing import Any

import psycopg2
from django.utils import timezone

from accounts.models import Site, User
from accounts.operations import found_site
from comm100.core.tenancy import working_for
from mail.content import MailingContent, canonical
from operators.models import Operator

CONTACTS = """
INSERT INTO visitors_contact (site_id, number, email, email_norm, email_hash, name, fields, source,
  consent, consent_note, created_at, updated_at)
SELECT %(site)s, n, local || n || '@d' || (n %% 997) || '.example',
  local || n || '@d' || (n %% 997) || '.example',
  substr(sha256(convert_to(%(site)s || '/' || n, 'UTF8')), 1, 16),
  initcap(local) || ' ' || initcap(family), jsonb_build_object('city', 'Town ' || (n %% 100)), 1, 1, 'shop', now(), now()
FROM generate_series(1, %(count)s) n, LATERAL (SELECT
  translate(substr(md5(n::text), 1, 6), '0123456789', 'ioulmnrstk') AS local,
  translate(substr(md5(n::text), 7, 8), '0123456789', 'ioulmnrstk') AS family) AS names
"""
SUBSCRIBERS = """
INSERT INTO newsletter_subscriber (site_id, list_id, contact_id, state, wording, requested_at)
SELECT site_id, %(list)s, id, 2, '', now() FROM visitors_contact WHERE site_id = %(site)s
"""
MAILINGS = """
INSERT INTO mail_mailing (site_id, content, approved_hash, recipient_cap, state, hold_reason,
  watermark, total, sent, failed, suppressed, unknown, cancelled, bounced, unsubscribed, opened,
  clicked, created_at, started_at, filled_at, finished_at, announced_at, turn_at)
SELECT %(site)s, %(content)s, sha256(%(content)s), %(count)s, 6, '', 0, %(count)s, %(count)s,
  0, 0, 0, 0, 0, 0, 0, 0, now(), now(), now(), now(), now(), now() FROM generate_series(1, %(campaigns)s)
RETURNING id
"""
OUTBOX = """
INSERT INTO mail_outbox (site_id, lane, mailing_id, contact_id, address, address_hash, domain_bucket,
  state, attempts, not_before, smtp_code, smtp_reply, message_id, created_at, settled_at)
SELECT site_id, 2, %(mailing)s, id, email, email_hash, 0, 4, 1, now(), 250, '2.0.0 Ok', '', now(), now()
FROM visitors_contact WHERE site_id = %(site)s
"""
OPERATORS = """
INSERT INTO operators_operator (site_id, number, user_id, role, created_at)
SELECT s.id, 1, u.id, 1, now() FROM accounts_site s
JOIN accounts_user u ON u.name = s.name WHERE s.slug LIKE 'other-%%'
"""
OTHER_CONTACTS = """
INSERT INTO visitors_contact (site_id, number, email, email_norm, email_hash, name, fields, source,
  consent, consent_note, created_at, updated_at)
SELECT s.id, n, 'p' || n || '@x.example', 'p' || n || '@x.example',
  substr(sha256(convert_to(s.id || '/' || n, 'UTF8')), 1, 16), 'Person ' || n, '{}', 1, 1, '', now(), now()
FROM accounts_site s, generate_series(1, 20) n WHERE s.slug LIKE 'other-%%'
"""
CAMPAIGNS = 60
LETTER = MailingContent(
    subject="Issue",
    sender_name="Bench",
    sender_email="bench@bench.example",
    reply_to="bench@bench.example",
    list_name="List",
    html="<p>Hello {{ name }}</p>",
    text="Hello {{ name }}",
)


def family_name(number: int) -> str:
    """The family name of contact `number`, as CONTACTS makes it."""
    letters = md5(str(number).encode(), usedforsecurity=False).hexdigest()[6:14]
    return letters.translate(str.maketrans("0123456789", "ioulmnrstk"))


@contextmanager
def administrator() -> Iterator[Any]:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def build_site(name: str, contacts: int) -> tuple[User, Site]:
    """A site with an owner, a list of all contacts, and campaigns that went to all of them."""
    owner = User.objects.create(email=f"{name}@bench.example", name=name.capitalize())
    site = found_site(by=owner, web_url=f"https://{name}.example", name=name.capitalize())
    with administrator() as cursor:
        cursor.execute(CONTACTS, {"site": site.pk, "count": contacts})
        _campaigns(cursor, site, contacts)
    return owner, site


def _campaigns(cursor: Any, site: Site, contacts: int) -> None:
    from newsletter.models import Audience, Campaign, NewsletterList  # noqa: PLC0415

    with working_for(site.pk):
        lists = [
            NewsletterList.objects.create(site=site, number=n, name=f"List {n}", slug=f"list-{n}")
            for n in (1, 2)
        ]
        writer = Operator.objects.get()
    cursor.execute(SUBSCRIBERS, {"site": site.pk, "list": lists[0].pk})
    facts = {
        "site": site.pk,
        "count": contacts,
        "campaigns": CAMPAIGNS,
        "content": canonical(LETTER),
    }
    cursor.execute(MAILINGS, facts)
    mailings = [row[0] for row in cursor.fetchall()]
    cursor.execute(OUTBOX, {"site": site.pk, "mailing": mailings[-1]})
    with working_for(site.pk):
        for number, mailing in enumerate(mailings, start=1):
            campaign = Campaign.objects.create(
                site=site,
                number=number,
                subject=f"Issue {number}",
                sender_name=site.name,
                reply_to=writer.user.email,
                body="<p>Hello</p>",
                state=Campaign.State.SENT,
                mailing_id=mailing,
                written_by=writer,
                submitted_at=timezone.now(),
                audience_size=contacts,
            )
            Audience.objects.create(site=site, campaign=campaign, list=lists[0])


def build_others(count: int) -> None:
    """`count` other sites with an operator and 20 contacts each."""
    numbers = range(count)
    User.objects.bulk_create(
        User(email=f"owner{n}@other.example", name=f"Other {n}", password="!") for n in numbers
    )
    Site.objects.bulk_create(
        Site(slug=f"other-{n}", name=f"Other {n}", web_url="https://other.example") for n in numbers
    )
    with administrator() as cursor:
        cursor.execute(OPERATORS, {})
        cursor.execute(OTHER_CONTACTS, {})
        cursor.execute("VACUUM ANALYZE")
