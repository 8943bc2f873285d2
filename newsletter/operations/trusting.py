"""Trust is proposed with its evidence, and a moderator confirms it (P9.4)."""

from dataclasses import dataclass

from django.db import connections

from accounts.models import Site, User
from accounts.operations import change_standing
from comm100.core.tenancy import reading_as_staff, working_for

AFTER = 3  # approvals in a row


@dataclass(frozen=True)
class Evidence:
    """What speaks for a site: counts over its finished mailings."""

    site: Site
    campaigns: int  # approved by moderators
    tried: int
    bounced: int
    complained: int

    @property
    def bounce_rate(self) -> str:
        return _rate(self.bounced, self.tried)

    @property
    def complaint_rate(self) -> str:
        return _rate(self.complained, self.tried)

    @property
    def words(self) -> str:
        return (
            f"{self.campaigns} campaigns approved, {self.tried:,} mails, "
            f"{self.bounce_rate} bounced, {self.complaint_rate} complained."
        )


def candidates(user: User) -> list[Evidence]:
    """Sites whose last decisions were all approvals, and whose results are good."""
    with reading_as_staff(user.pk), connections["staff"].cursor() as cursor:
        cursor.execute("SELECT * FROM app.trust_candidates(%s)", [AFTER])
        rows = cursor.fetchall()
    sites = Site.objects.in_bulk([row[0] for row in rows])
    return [Evidence(sites[row[0]], *row[1:]) for row in rows]


def evidence_for(site: Site) -> Evidence | None:
    """What speaks for trusting this site now; None when something speaks against it."""
    with working_for(site.pk, kind="staff"), connections["default"].cursor() as cursor:
        cursor.execute("SELECT * FROM app.trust_evidence(%s)", [AFTER])
        row = cursor.fetchone()
    return Evidence(site, *row[1:]) if row else None


def trust_site(evidence: Evidence, *, by: User) -> bool:
    """Confirm what was proposed, with its evidence as the reason."""
    return change_standing(
        evidence.site, standing=Site.Standing.TRUSTED, reason=evidence.words, by=by
    )


def _rate(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "–"
