"""How long it is kept who works for a site, and who was asked to."""

from datetime import timedelta

from comm100.core.retention import Rule, Stays, keep, stay

keep(
    Rule(
        key="operators.invitations",
        model="operators.Invitation",
        what="Invitations: name, e-mail address and role",
        keeps=timedelta(days=90),
        counted_from="expires_at",
        why="Long enough to ask again; who joined is an operator by then.",
    )
)
stay(
    Stays(
        model="operators.Operator",
        what="Who works for the site, and who did",
        until="the site is deleted",
        why="The journal names operators by their number.",
    )
)
