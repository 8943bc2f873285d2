"""Asking our own web process whether it works."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from comm100.core.egress import Answer, Destination, Limits, register, request

NAME = "our own web process"


def ask_ourselves(url: str, *, seconds: float, headers: Mapping[str, str] | None = None) -> Answer:
    """Raises NoAnswer."""
    register(
        Destination(
            name=NAME,
            purpose="asks whether it works",
            sends="",
            hosts=lambda: [urlsplit(url).netloc],
            inside=True,
        )
    )
    return request(NAME, "GET", url, headers=headers, limits=Limits(seconds=seconds))
