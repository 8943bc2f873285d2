"""Opens and clicks, where a site asked for them: addresses that are the same for every reader.

They name the mailing and nobody, so that nothing but two counters can come of them (P3.3). They
are put in when the mail is compiled: what people approve and preview has the links as written.
"""

import re
from html import escape, unescape

from mail.content import MailingContent, at_body_end
from mail.links import Clicked, click_url, open_url

WEB = ("http://", "https://")
_LINK = re.compile(
    r"""<!--.*?-->|(?P<before><a\s(?:[^>"']|"[^"]*"|'[^']*')*?(?<![\w-])href\s*=\s*)"""
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')""",
    re.IGNORECASE | re.DOTALL,
)


def tracked(html: str, content: MailingContent, site_id: int, mailing_id: int) -> str:
    """The HTML part with what the content was approved with; unchanged when that is nothing."""
    if content.track_clicks:
        html = _with_counted_links(html, content, site_id, mailing_id)
    if content.track_opens:
        address = escape(open_url(site_id, mailing_id))
        html = at_body_end(html, f'<img src="{address}" width="1" height="1" alt="">')
    return html


def target_of(content: MailingContent, place: int) -> str:
    """Where a counted link leads, "" for nowhere: only what was approved can be a target."""
    if not content.track_clicks or place >= len(content.links):
        return ""
    href = content.links[place]
    return href if is_counted(href) else ""


def is_counted(href: str) -> bool:
    """Web addresses are; mail addresses and the reader's own links (unsubscribe) never."""
    return href.lower().startswith(WEB) and "{{" not in href


def _with_counted_links(html: str, content: MailingContent, site_id: int, mailing_id: int) -> str:
    places: dict[str, int] = {}
    for place, href in enumerate(content.links):
        places.setdefault(href, place)

    def counted(found: re.Match[str]) -> str:
        if found["before"] is None:  # a comment
            return found[0]
        href = unescape(found["double"] if found["single"] is None else found["single"])
        if not is_counted(href) or href not in places:
            return found[0]
        address = click_url(Clicked(site_id, mailing_id, places[href]))
        return f'{found["before"]}"{escape(address)}"'

    return _LINK.sub(counted, html)
