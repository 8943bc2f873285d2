"""From the editor's HTML to the letter that leaves: sanitised, framed by MJML, styles inlined.

Whole rendering takes about 2 ms, so nothing is cached but the inliner and the allow-lists.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import css_inline
import nh3
from django.conf import settings
from django.template.loader import render_to_string
from mjml import mjml2html

from accounts.models import Site
from mail.content import UNSUBSCRIBE
from visitors.models import Kind

PREFERENCES = "{{ preferences_url }}"

TAGS = {"p", "br", "h1", "h2", "h3", "ul", "ol", "li", "blockquote", "hr"}
TAGS |= {"strong", "b", "em", "i", "u", "s", "a"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
BLOCKS = {"p", "h1", "h2", "h3", "ul", "ol", "li", "blockquote", "hr"}
EMPTY = re.compile(r"<(p|h[1-3]|br|ul|ol|li|blockquote)[^>]*>|</\w+>|\s|&nbsp;")


@dataclass(frozen=True)
class Letter:
    """A rendered mail; merge fields still stand in both parts."""

    html: str
    text: str


@dataclass(frozen=True)
class Link:
    href: str
    words: str

    @property
    def problem(self) -> str:
        """What is wrong with it, "" when nothing is."""
        if not self.href:
            return f"The link “{self.words}” leads nowhere. Give it an address or remove it."
        parts = urlsplit(self.href)
        if parts.scheme not in SCHEMES:
            return f"“{self.href}” is no full web address. Write https://{self.href.lstrip('/')}"
        host = parts.hostname or ""
        if parts.scheme != "mailto" and ("." not in host or host.startswith(".")):
            return f"“{self.href}” names no web site. Check the link “{self.words}”."
        if parts.scheme == "mailto" and "@" not in parts.path:
            return f"“{self.href}” is no mail address. Check the link “{self.words}”."
        return ""


def clean_body(html: str) -> str:
    """What of `html` may be in a letter; "" when nothing but white space is left."""
    cleaned = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None)
    return cleaned.strip() if EMPTY.sub("", cleaned) else ""


def links_in(html: str) -> list[Link]:
    return _read(html).links


def plain_text(html: str) -> str:
    """The plain-text part of a body: paragraphs, bullets, links spelled out."""
    return _read(html).text()


WHY = {
    Kind.MARKETING: "You get this mail because your address is on a newsletter list of {site}.",
    Kind.PRODUCT_NEWS: "You get this mail because you use a product of {site} and did not say no "
    "to its news.",
    Kind.PARTNER: "You get this mail because you said yes to offers of partners of {site}. It "
    "comes from {site}; partners did not get your address.",
}


def render_letter(
    site: Site, *, subject: str, preheader: str, body: str, text: str, kind: int = Kind.MARKETING
) -> Letter:
    """The footer with both links is added here, so that no campaign can drop it (P7.2).

    The body is cleaned here once more, last of all: whichever way it came into the table.
    """
    body = clean_body(body)
    why = WHY[Kind(kind)].format(site=site.name)
    parts = {
        "%%PREHEADER%%": escape(preheader, quote=False),
        "%%BODY%%": body,
        "%%UNSUBSCRIBE%%": UNSUBSCRIBE,
        "%%PREFERENCES%%": PREFERENCES,
    }
    html = re.sub("|".join(parts), lambda found: parts[found[0]], _frame(site, subject, why))
    words = {
        "site": site,
        "why": why,
        "counted": _counted(site),
        "body": text.strip() or plain_text(body),
        "unsubscribe": UNSUBSCRIBE,
        "preferences": PREFERENCES,
    }
    return Letter(
        html=_inliner().inline(html),
        text=_tidy(render_to_string("newsletter/mail/campaign.txt", words)),
    )


def _tidy(text: str) -> str:
    """Three empty lines are two too many; templates leave them behind."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _frame(site: Site, subject: str, why: str) -> str:
    words = {"site": site, "subject": subject, "why": why, "counted": _counted(site)}
    source = render_to_string("newsletter/mail/campaign.mjml", words)
    return mjml2html(source, fonts={})


def _counted(site: Site) -> str:
    """What readers are told when the site turned counting on; "" when nothing is counted."""
    counts = {"Opens": site.track_opens, "clicks": site.track_clicks}
    what = " and ".join(name for name, is_on in counts.items() if is_on).capitalize()
    return f"{what} of this letter are counted, without your name." if what else ""


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    folder = Path(settings.BASE_DIR) / "templates" / "newsletter" / "mail"
    return css_inline.CSSInliner(
        keep_style_tags=True,
        keep_at_rules=True,
        load_remote_stylesheets=False,
        extra_css=(folder / "campaign.css").read_text(),
    )


def _read(html: str) -> "_Reader":
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


class _Reader(HTMLParser):
    """Reads a sanitised body once: its words line by line, and its links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.links: list[Link] = []
        self._href: str | None = None
        self._link_words = ""
        self._numbers: list[int] = []  # of the open lists; 0 for bullets

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"ul", "ol"}:
            self._numbers.append(int(tag == "ol"))
        elif tag == "a":
            self._href, self._link_words = dict(attrs).get("href") or "", ""
        if tag in BLOCKS and self.lines[-1].strip(" -0123456789."):
            self.lines += [""] if tag == "li" else ["", ""]
        if tag == "li":
            self.lines[-1] = self._bullet()
        elif tag == "hr":
            self.lines += ["----", "", ""]
        elif tag == "br":
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ul", "ol"} and self._numbers:
            self._numbers.pop()
            self.lines += ["", ""]
        elif tag == "a" and self._href is not None:
            self._close_link(self._href)

    def handle_data(self, data: str) -> None:
        self.lines[-1] += re.sub(r"\s+", " ", data)
        if self._href is not None:
            self._link_words += data

    def text(self) -> str:
        return _tidy("\n".join(line.rstrip() for line in self.lines)).strip()

    def _bullet(self) -> str:
        if not self._numbers or not self._numbers[-1]:
            return "- "
        self._numbers[-1] += 1
        return f"{self._numbers[-1] - 1}. "

    def _close_link(self, href: str) -> None:
        words = self._link_words.strip()
        self.links.append(Link(href, words))
        if href not in {"", words, f"mailto:{words}"}:
            self.lines[-1] += f" <{href.removeprefix('mailto:')}>"
        self._href = None
