"""Who may look at what, for how long, and why."""

from privacy.models.agent import Agent, AgentDisclosure
from privacy.models.alert import AccessAlert
from privacy.models.disclosure import LegalDisclosure
from privacy.models.grant import AccessGrant, Purpose
from privacy.models.head import MailedHead
from privacy.models.published import PublishedText, Told
from privacy.models.subprocessor import Subprocessor
from privacy.models.wish import AccountCopy, AccountErasure, CopyWish, ErasureWish

__all__ = [
    "AccessAlert",
    "AccessGrant",
    "AccountCopy",
    "AccountErasure",
    "Agent",
    "AgentDisclosure",
    "CopyWish",
    "ErasureWish",
    "LegalDisclosure",
    "MailedHead",
    "PublishedText",
    "Purpose",
    "Subprocessor",
    "Told",
]
