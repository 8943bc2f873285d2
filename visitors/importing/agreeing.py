"""An import declares that people agreed: a receipt for each whose consent rose (P7.1).

Nobody who said no is among them: `import_contact.rises` leaves their own no as it stands.
"""

from typing import Any

from comm100.core.documents import version_today
from visitors.models import Import, Kind, Receipt, Wording

_FLIP = """
UPDATE visitors_choice c SET agreed = true, at = %(at)s FROM import_contact r
WHERE r.rises AND NOT r.is_new AND c.site_id = %(site)s AND c.contact_id = r.contact_id
  AND c.kind = %(kind)s
"""
_RECEIPTS = """
INSERT INTO visitors_receipt (site_id, contact_id, kind, about, before, after, at, by, "where",
  wording_digest, policy_version)
SELECT %(site)s, contact_id, %(kind)s, %(about)s, %(unsaid)s, %(yes)s, %(at)s, %(by)s, %(where)s,
  %(wording)s, %(policy)s
FROM import_contact WHERE rises
"""


def prove_agreement(cursor: Any, run: Import) -> None:
    """Within the transaction of a chunk whose people are staged and written."""
    facts = {
        "site": run.site_id,
        "kind": Kind.MARKETING.value,
        "about": f"import:{run.number}",
        "unsaid": Receipt.State.UNSAID.value,
        "yes": Receipt.State.YES.value,
        "at": run.started_at,
        "by": run.started_by.actor_name if run.started_by else "system",
        "where": Receipt.Where.IMPORT.value,
        "wording": Wording.objects.keep(run.site_id, run.consent_note),
        "policy": version_today("policy"),
    }
    cursor.execute(_FLIP, facts)
    cursor.execute(_RECEIPTS, facts)
