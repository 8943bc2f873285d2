"""Replies of our own by language, with what they mean, and how mail programs quote."""

import tomllib
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
OLD = (
    "Dear reader,\nspring is coming and our new tea is here.\n\n"
    "You get this because you subscribed.\n"
    "Unsubscribe | Abmelden | Se désabonner: https://shop.example/u/1"
)
QUOTE = "\n".join(f"> {line}".rstrip() for line in OLD.splitlines())
MEANINGS = {"clear": "clear", "doubtful": "doubtful", "none": ""}


class Said(NamedTuple):
    """One reply and what a person reads out of it."""

    language: str
    text: str
    meaning: str


def said(half: str) -> list[Said]:
    """half: "known" (the rules were made with it) or "held_out" (written after)."""
    return [
        Said(path.stem, text, meaning)
        for path in sorted((HERE / half).glob("*.toml"))
        for key, meaning in MEANINGS.items()
        for text in tomllib.loads(path.read_text("utf-8")).get(key, [])
    ]


def quotes(kind: str) -> list[dict[str, str]]:
    known: list[dict[str, str]] = tomllib.loads((HERE / "quotes.toml").read_text("utf-8"))[kind]
    return known


def plain_mail(text: str, *, charset: str = "utf-8", subject: str = "Re: Spring") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ann@example.net", "r@reply.example", subject
    mail["In-Reply-To"] = "<c1.r2@shop.example>"
    mail.set_content(text, charset=charset)
    return mail


def html_mail(html: str) -> EmailMessage:
    mail = plain_mail("")
    mail.set_content(html, subtype="html")
    return mail


def below(quote: dict[str, str], text: str) -> str:
    return text + "\n" + quote["text"].format(quote=QUOTE, old=OLD)


def above(quote: dict[str, str], text: str) -> str:
    return quote["text"].format(quote=QUOTE, old=OLD) + text + "\n"


def in_html(quote: dict[str, str], text: str) -> str:
    shown = OLD.replace("\n", "<br>")
    return quote["text"].format(new=text.replace("\n", "<br>"), old=shown)
