"""How long it is kept who works for a site, and who was asked to."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from comm100.core.retention import ACCOUNT_CLOSED, SITE_DELETED, Rule, Stays, keep, stay
from comm100.core.storage import drop_file
from operators.models import SiteCopy


def drop_copies(rows: QuerySet[SiteCopy]) -> int:
    """The files go; that they were made stays."""
    for stored_as in rows.values_list("stored_as", flat=True):
        drop_file(stored_as)
    return rows.update(stored_as="")


keep(
    Rule(
        key="operators.invitations",
        model="operators.Invitation",
        what="Invitations: name, e-mail address and role",
        keeps=timedelta(days=90),
        counted_from="expires_at",
        since="the link expired",
        why="Long enough to ask again; who joined is an operator by then.",
    ),
    Rule(
        key="operators.copies",
        model="operators.SiteCopy",
        what="Copies of the whole site",
        keeps=SiteCopy.KEPT,
        counted_from="finished_at",
        since="it was made",
        only=~Q(stored_as=""),
        sweep=drop_copies,
        effect="the file is deleted",
        why="A week to fetch it.",
    ),
)
stay(
    Stays(
        model="operators.SiteCopy",
        what="That a copy of the site was made",
        until=SITE_DELETED,
        why="It says who took everything along, and when.",
    ),
    Stays(
        model="operators.Operator",
        what="Who works for the site, and who did",
        until=f"{SITE_DELETED}, or {ACCOUNT_CLOSED}",
        why="The journal names operators by their number.",
    ),
)
