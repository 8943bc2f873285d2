"""Who may look at what, for how long, and why."""

from privacy.models.grant import AccessGrant, Purpose

__all__ = ["AccessGrant", "Purpose"]
