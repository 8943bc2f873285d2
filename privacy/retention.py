"""How long it is kept who looked, and who was told: as long as it must be provable."""

from comm100.core.retention import (
    ACCOUNT_CLOSED,
    RECORDS_DELETED,
    SITE_DELETED,
    Rule,
    Stays,
    keep,
    stay,
)
from privacy.models.wish import KEPT
from privacy.operations.account import drop_copies

keep(
    Rule(
        key="privacy.copies",
        model="privacy.AccountCopy",
        what="Copies of all that is held of a person with an account",
        keeps=KEPT,
        counted_from="asked_at",
        since="it was asked for",
        sweep=drop_copies,
        why="A week to fetch it.",
        of_company=True,
    )
)
stay(
    Stays(
        model="privacy.AccountErasure",
        what="That an account is being erased",
        until="the erasure is done",
        why="It is the wish itself.",
    ),
    Stays(
        model="privacy.AccessGrant",
        what="Who of our staff was allowed to look, and why",
        until=SITE_DELETED,
        why="The site must be able to prove who looked.",
    ),
    Stays(
        model="privacy.AccessAlert",
        what="Remarks about how grants were used",
        until=SITE_DELETED,
        why="They belong to the grant that they are about.",
    ),
    Stays(
        model="privacy.LegalDisclosure",
        what="What the law made us hand over",
        until=SITE_DELETED,
        why="The site must be able to prove what was handed over.",
    ),
    Stays(
        model="privacy.MailedHead",
        what="Seals of the journal that were mailed",
        until=SITE_DELETED,
        why="A rewritten journal misses one of them.",
    ),
    Stays(
        model="privacy.Told",
        what="That a user was told of a new text",
        until=ACCOUNT_CLOSED,
        why="It proves that they were told in time.",
    ),
    Stays(
        model="privacy.Agent",
        what="Agents, their contracts and their scope",
        until=RECORDS_DELETED,
        why="It says who might contact people on the company’s behalf.",
    ),
    Stays(
        model="privacy.AgentDisclosure",
        what="That an agent was shown somebody: ids and names of fields",
        until=RECORDS_DELETED,
        why="People may ask to whom their data was shown.",
    ),
)
