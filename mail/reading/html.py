"""HTML to text, without what mail programs mark as quote or signature.

A tokeniser of its own, because its work stays linear: `nh3` needs 9 s for 300 KB of nested tags.
"""

import re
from html import unescape

QUOTED = "> "  # stands in the text where a marked quote was
REST = "\x0c"  # all that follows is what was answered to
_TOKEN = re.compile(
    r"<(/?)([a-zA-Z][\w:-]{0,30})((?:[^<>\"']+|\"[^\"]{0,3000}\"|'[^']{0,3000}'){0,200})>"
)
_HIDDEN = re.compile(r"<(style|script|head|title|template)\b", re.IGNORECASE)
_VOID = {"br", "hr", "img", "input", "meta", "link", "wbr", "col", "area", "base", "source"}
_BLOCKS = {
    *("p", "div", "tr", "li", "ul", "ol", "table", "blockquote", "pre", "hr", "address"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer", "center"),
}
_AIRY = {"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"}
_IS_QUOTE = re.compile(
    r"(?:class|id|name)\s*=\s*[\"']?[^\"'>]*(?:yahoo_quoted|protonmail_quote|moz-cite-prefix"
    r"|gmail_attr|tutanota_quote|zmail_extra|cite-prefix|moz-forward-container|isforwardcontent"
    r"|hey_quote|ms-outlook-mobile-reference-message|mail_quote|quoted-?message|mail-quote"
    r"|mailbox_quote|moe_quote|airmail_on|x_gmail_attr|reply-?quote|\bquote[\"'\s])",
    re.IGNORECASE,
)
_IS_REST = re.compile(
    r"id\s*=\s*[\"']?(?:x_)?(?:divRplyFwdMsg|appendonsend|stopSpelling|OLK_SRC_BODY_SECTION"
    r"|mail-editor-reference-message-container|replySplit|origbody|divtagdefaultwrapper_quote)"
    r"|border:\s*none;\s*border-top:\s*solid\s+(?:#?\w+)\s+[\d.]+pt"
    r"|border-top:\s*#?\w+\s+1px\s+solid;?\s*padding(?:-top)?:\s*3"
    r"|name\s*=\s*[\"']?_MailOriginal",
    re.IGNORECASE,
)
_IS_GMAIL = re.compile(r"class\s*=\s*[\"']?[^\"'>]*\bgmail_(?:quote|extra)", re.IGNORECASE)
_IS_SIGNATURE = re.compile(
    r"(?:class|id|data-smartmail)\s*=\s*[\"']?(?:x_)?(?:[^\"'>]*(?:gmail_signature|moz-signature"
    r"|protonmail_signature_block|applemailsignature|ms-outlook-mobile-signature|tutanota_signature"
    r"|hey_signature|zmail_signature)|signature[\"'\s>])",
    re.IGNORECASE,
)
_INDENTED = re.compile(r"border:\s*(?:none|0|medium none)", re.IGNORECASE)


def to_text(html: str) -> str:
    """Its words with line breaks; `QUOTED` lines and one `REST` stand for what was left out."""
    return _Reader(_visible(html)).read()


def _visible(html: str) -> str:
    """Without comments, styles, scripts and head; what is never closed hides the rest."""
    pieces, at = [], 0
    while (start := html.find("<!--", at)) >= 0:
        pieces.append(html[at:start])
        end = html.find("-->", start)
        at = end + 3 if end >= 0 else len(html)
    rest = "".join(pieces) + html[at:]
    lower, pieces, at = rest.lower(), [], 0
    while found := _HIDDEN.search(rest, at):
        pieces.append(rest[at : found.start()])
        end = lower.find(f"</{found[1].lower()}", found.end())
        if end < 0:
            at = found.end()
            if found[1].lower() != "head":
                at = len(rest)
            break
        at = end
    return "".join(pieces) + rest[at:]


_BLANKS = re.compile(r"[ \t\r\n]+")


class _Reader:
    """Walks over tags once; knows of open elements only those that hide what they hold."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.out: list[str] = []
        self.hiding: str = ""  # name of the element whose content is left out
        self.depth = 0  # how many of that name are open inside it
        self.in_gmail = False  # its quote block: text before the quote is the attribution
        self.pre = 0

    def read(self) -> str:
        at = 0
        for token in _TOKEN.finditer(self.html):
            self._words(self.html[at : token.start()])
            at = token.end()
            if self._tag(token[1] == "/", token[2].lower(), token[3]):
                break
        else:
            self._words(self.html[at:])
        return "".join(self.out)

    def _words(self, raw: str) -> None:
        if self.hiding or not raw or self.in_gmail:
            return
        text = unescape(raw)
        if not self.pre:
            text = _BLANKS.sub(" ", text)
        if text != " " or (self.out and not self.out[-1].endswith(("\n", " "))):
            self.out.append(text)

    def _tag(self, closes: bool, name: str, attributes: str) -> bool:
        """True where all that follows is quoted."""
        if self.hiding:
            self._count(closes, name)
            return False
        self._break(closes, name)
        if name == "pre":
            self.pre = max(0, self.pre + (-1 if closes else 1))
        return not closes and self._opens(name, attributes)

    def _count(self, closes: bool, name: str) -> None:
        if name != self.hiding or name in _VOID:
            return
        self.depth += -1 if closes else 1
        if self.depth <= 0:
            self.hiding = ""
            self.in_gmail = False
            self.out.append("\n")

    def _opens(self, name: str, attributes: str) -> bool:
        if name == "blockquote":
            if not _INDENTED.search(attributes) or "cite" in attributes:
                self._hide(name, f"\n{QUOTED}\n")
            return False
        if not attributes:
            return False
        if _IS_REST.search(attributes):
            self.out.append(f"\n{REST}\n")
            return True
        if _IS_GMAIL.search(attributes):
            self.in_gmail = "gmail_quote" in attributes
        elif _IS_QUOTE.search(attributes):
            self._hide(name, f"\n{QUOTED}\n")
        elif _IS_SIGNATURE.search(attributes):
            self._hide(name, "\n")
        return False

    def _hide(self, name: str, mark: str) -> None:
        self.out.append(mark)
        if name not in _VOID:
            self.hiding, self.depth = name, 1

    def _break(self, closes: bool, name: str) -> None:
        if name == "br" or (name in _AIRY and closes):
            self.out.append("\n")
            if name == "p":
                self.out.append("\n")
        elif name in _BLOCKS and self.out and not self.out[-1].endswith("\n"):
            self.out.append("\n")
        elif name in {"td", "th"}:
            self.out.append(" ")
