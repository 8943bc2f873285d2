"""Who may look at what, for how long, and why."""

from privacy.models.alert import AccessAlert
from privacy.models.grant import AccessGrant, Purpose

__all__ = ["AccessAlert", "AccessGrant", "Purpose"]
