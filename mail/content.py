"""What goes to many, frozen: the exact content that a moderator approves and workers send.

Its canonical bytes are stored in `Mailing.content`; the database hashes them, and the claim sends
only what was approved under that hash (P9.4). HTML and text may hold merge fields (mail/merge.py).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

UNSUBSCRIBE = "{{ unsubscribe_url }}"
CONDITION = re.compile(
    r"\{\{\s*#if\s+([^{}]*)\}\}((?:(?!\{\{\s*#if\b).)*?)\{\{\s*/if\s*\}\}", re.DOTALL
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_UNSUBSCRIBE_LINK = re.compile(
    r"""<a\s[^>]*href\s*=\s*["']?\s*\{\{\s*unsubscribe_url\s*\}\}""", re.IGNORECASE
)
_UNSUBSCRIBE_TEXT = re.compile(r"\{\{\s*unsubscribe_url\s*\}\}")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_HTML_FOOTER = (
    '<p style="margin:24px 0;text-align:center;font:13px/20px sans-serif;color:#66707c">'
    f'<a href="{UNSUBSCRIBE}" style="color:#66707c">Unsubscribe</a></p>'
)
_TEXT_FOOTER = f"\n\n-- \nUnsubscribe: {UNSUBSCRIBE}\n"


@dataclass(frozen=True)
class MailingContent:
    """One mailing before the merge: `html` is a whole document, `text` its plain part.

    audience: ids of the lists it goes to; recipient_cap: most recipients, 0 for no limit;
    track_opens, track_clicks: count them; only `links` can be the target of a click.
    kind: which choice of its readers it obeys (visitors/models/choice.py).
    variants: what other wordings of a test replace in it; one hash is approved over all of them.
    """

    subject: str
    sender_name: str
    sender_email: str
    reply_to: str
    list_name: str
    html: str
    text: str
    preheader: str = ""
    links: Sequence[str] = ()
    audience: Sequence[int] = ()
    recipient_cap: int = 0
    track_opens: bool = False
    track_clicks: bool = False
    kind: int = 1
    variants: Sequence[Mapping[str, Any]] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "links", tuple(self.links))
        object.__setattr__(self, "audience", tuple(self.audience))
        object.__setattr__(self, "variants", tuple(self.variants))


def canonical(content: MailingContent) -> bytes:
    """The one JSON form of a content: equal contents have equal bytes, and so equal hashes."""
    return json.dumps(
        asdict(content), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def parse(canonical_bytes: bytes | memoryview) -> MailingContent:
    facts: dict[str, Any] = json.loads(bytes(canonical_bytes))
    return MailingContent(**facts)


def with_footer(html: str, text: str) -> tuple[str, str]:
    """Both parts with a way out: no template can drop the unsubscribe link (P7.2)."""
    if not _UNSUBSCRIBE_LINK.search(_for_everybody(html)):
        html = at_body_end(html, _HTML_FOOTER)
    if not _UNSUBSCRIBE_TEXT.search(CONDITION.sub("", text)):
        text = text.rstrip() + _TEXT_FOOTER
    return html, text


def _for_everybody(html: str) -> str:
    """What every reader sees: no comments, nothing under a condition."""
    return CONDITION.sub("", _COMMENT.sub("", html))


def at_body_end(html: str, addition: str) -> str:
    ends = list(_BODY_END.finditer(html))
    at = ends[-1].start() if ends else len(html)
    return html[:at] + addition + html[at:]
