"""Who may look at what, for how long, and why."""

from privacy.models.agent import Agent, AgentDisclosure
from privacy.models.alert import AccessAlert
from privacy.models.disclosure import LegalDisclosure
from privacy.models.grant import AccessGrant, Purpose
from privacy.models.head import MailedHead
from privacy.models.published import PublishedText, Told
from privacy.models.subprocessor import Subprocessor

__all__ = [
    "AccessAlert",
    "AccessGrant",
    "Agent",
    "AgentDisclosure",
    "LegalDisclosure",
    "MailedHead",
    "PublishedText",
    "Purpose",
    "Subprocessor",
    "Told",
]
