"""The people of an import's chunk go on lists; who said no before stays away (P7.1).

They stand in the temporary table of visitors/destinations.py, with declared consent.
"""

from collections.abc import Collection
from typing import Any

from django.db import connection

from comm100.core.documents import version_today
from newsletter.models import NewsletterList, Subscriber
from newsletter.suppressions import BY_WISH
from visitors.models import Import, Kind, Receipt, Wording

# OFFSET 0: looked up one by one in an index, however many there are by now. Left to itself the
# planner reads all contacts, suppressions and choices again for every chunk.
_SUBSCRIBE = """
INSERT INTO newsletter_subscriber (site_id, list_id, contact_id, state, wording, requested_at)
SELECT l.site_id, l.id, i.contact_id, %(subscribed)s, c.consent_note, now()
FROM newsletter_newsletterlist l, import_contact i
CROSS JOIN LATERAL (SELECT * FROM visitors_contact k WHERE k.id = i.contact_id OFFSET 0) c
WHERE l.id = ANY(%(lists)s) AND l.removed_at IS NULL AND c.consent > 0
  AND NOT EXISTS (SELECT 1 FROM mail_suppression s WHERE s.site_id = l.site_id
    AND s.address_hash = c.email_hash AND s.reason = ANY(%(wish)s) OFFSET 0)
  AND NOT EXISTS (SELECT 1 FROM visitors_choice said WHERE said.site_id = l.site_id
    AND said.contact_id = i.contact_id AND said.kind = l.kind AND NOT said.agreed OFFSET 0)
ON CONFLICT (site_id, list_id, contact_id) DO UPDATE SET state = EXCLUDED.state
  WHERE newsletter_subscriber.state = %(pending)s
"""
# Marketing follows Contact.consent; the other kinds want a word, which the import declares.
_DECLARE = """
WITH declared AS (
  INSERT INTO visitors_choice (site_id, contact_id, kind, agreed, by_person, at)
  SELECT %(site)s, i.contact_id, %(kind)s, true, false, now()
  FROM import_contact i
  CROSS JOIN LATERAL (SELECT consent FROM visitors_contact k WHERE k.id = i.contact_id OFFSET 0) c
  WHERE c.consent > 0
  ON CONFLICT (site_id, contact_id, kind) DO NOTHING RETURNING contact_id)
INSERT INTO visitors_receipt (site_id, contact_id, kind, about, before, after, at, by, "where",
  wording_digest, policy_version)
SELECT %(site)s, contact_id, %(kind)s, %(about)s, %(unsaid)s, %(yes)s, now(), %(by)s, %(where)s,
  %(wording)s, %(policy)s FROM declared
"""


def lists_for_imports() -> list[NewsletterList]:
    """All but those for partners: people join these by themselves (P3.3)."""
    return list(NewsletterList.objects.for_list().exclude(kind=Kind.PARTNER))


def subscribe_staged(run: Import, lists: Collection[int]) -> None:
    chosen = [row for row in lists_for_imports() if row.pk in set(lists)]
    facts: dict[str, Any] = {
        "subscribed": Subscriber.State.SUBSCRIBED.value,
        "pending": Subscriber.State.PENDING.value,
        "lists": [row.pk for row in chosen],
        "wish": [reason.value for reason in BY_WISH],
    }
    with connection.cursor() as cursor:
        for kind in {row.kind for row in chosen} - {Kind.MARKETING}:
            cursor.execute(_DECLARE, _declared(run, kind))
        cursor.execute(_SUBSCRIBE, facts)


def _declared(run: Import, kind: int) -> dict[str, Any]:
    return {
        "site": run.site_id,
        "kind": kind,
        "about": f"import:{run.pk}",
        "unsaid": Receipt.State.UNSAID.value,
        "yes": Receipt.State.YES.value,
        "by": run.started_by.actor_name if run.started_by else "system",
        "where": Receipt.Where.IMPORT.value,
        "wording": Wording.objects.keep(run.site_id, run.consent_note),
        "policy": version_today("policy"),
    }
