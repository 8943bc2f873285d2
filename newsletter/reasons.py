"""What a moderator can say about a campaign, in words that its writer can act on.

Decisions keep the keys; the text is told to the site by mail and on the campaign's page.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    key: str
    label: str  # for the moderator
    text: str  # for the site

    def __str__(self) -> str:
        return self.text


REASONS: dict[str, Reason] = {
    reason.key: reason
    for reason in (
        Reason(
            "consent",
            "Origin of the addresses unclear",
            "Tell us where these addresses come from and how people agreed to get this mail.",
        ),
        Reason(
            "sender",
            "Sender not recognisable",
            "Name your company as the sender, so that readers see at once who writes.",
        ),
        Reason(
            "subject",
            "Subject misleads",
            "Make the subject say what the letter is about.",
        ),
        Reason(
            "links",
            "Links hide where they lead",
            "Link straight to your pages: no link shortener, and no link that shows one address "
            "and leads to another.",
        ),
        Reason(
            "credentials",
            "Asks for passwords or payment data",
            "A newsletter may not ask for passwords, codes or payment data.",
        ),
        Reason(
            "imitation",
            "Poses as somebody else",
            "The letter looks as if another company had sent it. That is not allowed.",
        ),
        Reason(
            "unlawful",
            "Unlawful or forbidden content",
            "The content breaks the service agreement.",
        ),
        Reason(
            "unfinished",
            "Looks unfinished",
            "The letter still holds placeholder text or an empty part. Finish it and submit again.",
        ),
    )
}


def reasons_for(keys: Iterable[str]) -> list[Reason]:
    """The reasons of a decision, in its order; a key that is no more is left out."""
    return [REASONS[key] for key in keys if key in REASONS]
