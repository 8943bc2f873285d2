"""Reads what somebody wrote in answer to a mail (docs/replies.md)."""

from email.message import Message

from mail.reading.bodies import texts
from mail.reading.html import to_text
from mail.reading.plain import cut, unflow


def new_text(message: Message) -> str:
    """The reply without quote and signature, "" where there is nothing else. Never raises."""
    pieces = []
    for text in texts(message):
        content = to_text(text.content) if text.is_html else text.content
        if text.flowed:
            content = unflow(content, delsp=text.delsp)
        pieces.append(content)
    return cut("\n\n".join(pieces))
