"""How long words of customers are kept."""

from comm100.core.retention import ACCOUNT_CLOSED, RECORDS_DELETED, Stays, stay

stay(
    Stays(
        model="website.Introduction",
        what="That the company’s own site knows a user",
        until=ACCOUNT_CLOSED,
        why="Whoever has their contact erased is not made one again.",
    ),
    Stays(
        model="website.Testimonial",
        what="Words of customers on the company’s page",
        until="the person or the company removes it",
        why="Posted with consent, and gone at once when that is withdrawn.",
    ),
    Stays(
        model="website.TestimonialConsent",
        what="Consent to post somebody’s words, and its withdrawal",
        until="the words are removed",
        why="It is the proof.",
    ),
    Stays(
        model="website.NeverInvite",
        what="Addresses that get no invitation by a friend, as a keyed hash",
        until=RECORDS_DELETED,
        why="Who said no is not invited again.",
    ),
)
