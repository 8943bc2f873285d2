"""An import declares that people agreed: receipts for those whose consent rose (P7.1).

Nobody who said no is among them: `import_contact.rises` leaves their own no as it stands. Whom the
import made have one receipt together, because each refers to it (`Contact.imported_by`): a row each
would take a third of the import's time. People who were known before have one each.
"""

from typing import Any

from comm100.core.documents import version_today
from visitors.models import EVERYBODY, Import, Kind, Receipt, Wording

# (SELECT 12): see visitors/importing/chunk.py
_FLIP = """
UPDATE visitors_choice c SET agreed = true, at = %(at)s FROM import_contact r
WHERE r.rises AND NOT r.is_new AND c.site_id = (SELECT %(site)s) AND c.contact_id = r.contact_id
  AND c.kind = %(kind)s
"""
_RECEIPTS = """
INSERT INTO visitors_receipt (site_id, contact_id, kind, about, before, after, at, by, "where",
  wording_digest, policy_version)
SELECT %(site)s, contact_id, %(kind)s, %(about)s, %(before)s, %(after)s, %(at)s, %(by)s, %(where)s,
  %(wording_digest)s, %(policy_version)s
FROM import_contact WHERE rises AND NOT is_new
"""


def prove_agreement(cursor: Any, run: Import, *, created: int, risen: int) -> None:
    """Within the transaction of a chunk: how many it made, and how many known ones agreed anew."""
    facts: dict[str, Any] = {
        "kind": Kind.MARKETING.value,
        "about": f"import:{run.pk}",
        "before": Receipt.State.UNSAID.value,
        "after": Receipt.State.YES.value,
        "at": run.started_at,
        "by": run.started_by.actor_name if run.started_by else "system",
        "where": Receipt.Where.IMPORT.value,
        "wording_digest": Wording.objects.keep(run.site_id, run.consent_note),
        "policy_version": version_today("policy"),
    }
    own = Receipt.objects.filter(contact_id=EVERYBODY, about=facts["about"])
    if created and not own.exists():
        Receipt.objects.create(site_id=run.site_id, contact_id=EVERYBODY, **facts)
    if risen:
        cursor.execute(_FLIP, facts | {"site": run.site_id})
        cursor.execute(_RECEIPTS, facts | {"site": run.site_id})
