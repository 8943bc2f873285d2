"""Does who replies wish to get no more of these mails? Rules over word tables (P7.3)."""

import re
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple

from mail.reading.words import fold, phrases, tables

Wish = Literal["clear", "doubtful", ""]
_LONGEST, _MOST_WORDS, _MOST_SIGNS, _COMMAND_WORDS = 4000, 90, 260, 14
_CLAUSES = re.compile(r"[,:\n]")
_NEGATION_REACH = 26  # characters before an asking phrase
_WRAPS_FROM = 40  # characters: a shorter line was ended by its writer
_ADDRESS = re.compile(r"[<(\[]?(?:mailto:)?[^\s<>@()\[\]]+@[^\s<>@()\[\]]+\.[^\W\d_]{2,}[>)\]]?")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_SENTENCE = re.compile(r"[^.!?…。！？؟;\n]*[.!?…。！？؟;\n]*")
_WORD = re.compile(r"\w+")
_JOINED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_ANSWERS = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw|antwort|odp|vs|rif|r|res|ref|ynt|回复|答复|回覆|返信|fw|fwd|wg|tr)\s?(?:\[\d+\])?\s?[:：]\s*)+"
)
_TOKEN = re.compile(r"[-_:=+ ]{1,3}(?=[a-z]{0,40}\d)[0-9a-z]{6,64}$")
_STOPS = {"stays": ",;:"}  # "I never signed up, remove me" stays nowhere
_STRUCK = re.compile(r"[^\w\s]|_")
_KINDS = ("wish", "doubt", "word", "stays", "question")
_PATTERNS = (
    "asks",
    "enough",
    "stems",
    "no",
    "stays",
    "questions",
    "polite",
    "rhetorical",
    "ifs",
    "others",
)


class Tongue(NamedTuple):
    """The wish table of one language; a missing group never matches."""

    commands: frozenset[str]
    typos: tuple[str, ...]
    fillers: frozenset[str]
    joined: bool
    asks: re.Pattern[str]
    enough: re.Pattern[str]
    stems: re.Pattern[str]
    no: re.Pattern[str]
    stays: re.Pattern[str]
    questions: re.Pattern[str]
    polite: re.Pattern[str]
    rhetorical: re.Pattern[str]
    ifs: re.Pattern[str]
    others: re.Pattern[str]


class Findings(NamedTuple):
    """How many sentences of a text say what."""

    wishes: int = 0
    doubts: int = 0  # asked for, but under a condition or for somebody or something else
    words: int = 0  # the word for it, or a question about it
    stays: int = 0
    questions: int = 0


def wish(text: str, subject: str = "") -> Wish:
    """clear: short, asks for it, asks nothing else. doubtful: a person decides. "": none."""
    if _is_by_program(subject):
        return "clear"
    said = _prepared(text)
    verdict = _read(said)
    if verdict == "clear" and _is_long(text):
        return "doubtful"
    if verdict or not subject:
        return verdict
    return _with_subject(said, _prepared(subject[:300]))


def _is_by_program(subject: str) -> bool:
    """ "unsubscribe-9f22c01b": a mail program does what List-Unsubscribe says."""
    bare = fold(subject.strip()[:300])
    command = _TOKEN.sub("", bare)
    return command != bare and any(_is_command(command, tongue) for tongue in tongues())


def _prepared(text: str) -> str:
    plain = _LINK.sub(" weblink ", _ADDRESS.sub(" mailaddress ", text[:_LONGEST]))
    return fold(_unwrapped(plain))


def _unwrapped(text: str) -> str:
    """A line that ends within a sentence goes on in the next."""
    lines = [line.strip() for line in text.splitlines()] + [""]
    out = []
    for line, below in pairwise(lines):
        goes_on = below[:1].islower() and line[-1:] not in ".!?;:" and len(line) > _WRAPS_FROM
        out.append(line + (" " if goes_on else "\n"))
    return "".join(out)


def _is_long(text: str) -> bool:
    signs = len(_JOINED.findall(text))
    words = len(_WORD.findall(text)) if not signs else 0
    return len(text) > _LONGEST or words > _MOST_WORDS or signs > _MOST_SIGNS


def _with_subject(said: str, subject: str) -> Wish:
    """A subject like "unsubscribe" counts over an empty or polite text, "Re: …" only as a doubt."""
    bare = _ANSWERS.sub("", subject).strip()
    is_command = any(_is_command(bare, tongue) for tongue in tongues())
    wishes = "clear" if is_command else _read(bare)
    if wishes != "clear":
        return ""
    if bare != subject.strip() and not is_command:
        return ""  # our own subject comes back in an answer
    if bare != subject.strip() or not _is_polite(said):
        return "doubtful"
    return "clear"


def _is_polite(said: str) -> bool:
    """Nothing but greetings, thanks, a name."""
    words = _WORD.findall(said)
    known = sum(any(word in tongue.fillers for tongue in tongues()) for word in words)
    return len(words) - known <= 3 and "?" not in said  # noqa: PLR2004 - a name of three words


def _read(said: str) -> Wish:
    """All languages look; who says that the writer stays is believed first."""
    seen = [_look(said, tongue) for tongue in tongues()]
    if any(found.stays for found in seen):
        return "doubtful" if any(found.wishes for found in seen) else ""
    is_clear = any(found.wishes and not found.questions for found in seen)
    if is_clear and not any(found.doubts for found in seen):
        return "clear"
    return "doubtful" if any(found.wishes or found.doubts or found.words for found in seen) else ""


def _look(said: str, tongue: Tongue) -> Findings:
    if not (said.isascii() and tongue.joined) and _is_command(said, tongue):
        return Findings(wishes=1)
    if not (tongue.stems.search(said) or tongue.asks.search(said) or tongue.enough.search(said)):
        return Findings()
    found = [
        _sentence(sentence, tongue) for sentence in _SENTENCE.findall(said) if sentence.strip()
    ]
    return Findings(*(found.count(kind) for kind in _KINDS))


def _sentence(sentence: str, tongue: Tongue) -> str:
    asked = tongue.asks.search(sentence) or tongue.enough.search(sentence)
    if tongue.stays.search(sentence):
        return "word" if tongue.ifs.search(sentence) else "stays"
    if _is_command(sentence, tongue):
        return "wish"
    if asked:
        return _judged(sentence, asked, tongue)
    if tongue.stems.search(sentence):
        return "word"
    return "question" if _is_question(sentence, tongue) else ""


def _judged(sentence: str, asked: re.Match[str], tongue: Tongue) -> str:
    """A sentence that seems to ask for it: what speaks against that?"""
    if _is_turned(sentence, asked, tongue):
        return "stays"
    if tongue.ifs.search(sentence) or tongue.others.search(sentence):
        return "doubt"
    if tongue.polite.search(sentence):
        return "wish"
    return "word" if _is_question(sentence, tongue) else "wish"


def _is_turned(sentence: str, asked: re.Match[str], tongue: Tongue) -> bool:
    """A "not" shortly before or within a phrase that has none of its own."""
    if tongue.enough.search(sentence):
        return False
    before = sentence[max(0, asked.start() - _NEGATION_REACH) : asked.end()]
    return bool(tongue.no.search(_CLAUSES.split(before[: -len(asked[0])] or "")[-1] + asked[0]))


def _is_question(sentence: str, tongue: Tongue) -> bool:
    begins = tongue.questions.match(sentence.lstrip(" \n-–,¿\"'")) is not None
    asks = any(mark in sentence for mark in "?？؟") or sentence.rstrip(" \n。.").endswith("か")
    return (asks or begins) and not _is_rhetorical(sentence, tongue)


def _is_rhetorical(sentence: str, tongue: Tongue) -> bool:
    return tongue.rhetorical.match(sentence.lstrip(" \n-–,¿\"'")) is not None and not (
        tongue.questions.match(sentence.lstrip(" \n-–,¿\"'"))
    )


# -- whole messages like "STOP"


def _is_command(said: str, tongue: Tongue) -> bool:
    """Nothing but the word for it, with "please" and its kin around."""
    if any(mark in said for mark in "?？؟"):
        return False
    plain = _STRUCK.sub("" if tongue.joined else " ", said)
    if tongue.joined:
        return _is_joined_command("".join(plain.split()), tongue)
    words = plain.split()
    if not words or len(words) > _COMMAND_WORDS:
        return False
    if " ".join(words) in tongue.commands:
        return True
    bare = [word for word in words if word not in tongue.fillers]
    joined = " ".join(bare)
    return joined in tongue.commands or (len(bare) == 1 and _is_typo(bare[0], tongue))


def _is_joined_command(plain: str, tongue: Tongue) -> bool:
    for filler in sorted(tongue.fillers, key=len, reverse=True):
        if plain in tongue.commands:
            return True
        plain = plain.replace(filler, "", 1) or plain
    return plain in tongue.commands


def _is_typo(word: str, tongue: Tongue) -> bool:
    return word not in _others_words() and any(
        abs(len(word) - len(right)) <= 2  # noqa: PLR2004 - letters
        and word[0] == right[0]
        and _distance(word, right) <= (2 if len(right) > 8 else 1)  # noqa: PLR2004
        for right in tongue.typos
    )


def _distance(one: str, other: str) -> int:
    """Letters to change, add, leave out or swap with the next (optimal string alignment)."""
    rows = [list(range(len(other) + 1))]
    for row, letter in enumerate(one, 1):
        above, here = rows[-1], [row]
        for column, against in enumerate(other, 1):
            steps = [above[column] + 1, here[-1] + 1, above[column - 1] + (letter != against)]
            if row > 1 and column > 1 and (letter, one[row - 2]) == (other[column - 2], against):
                steps.append(rows[-2][column - 2] + 1)
            here.append(min(steps))
        rows.append(here)
    return rows[-1][-1]


# -- the tables


@cache
def tongues() -> tuple[Tongue, ...]:
    """Every language with a wish table, made once a process."""
    return tuple(_tongue(table) for table in tables().values() if "wish" in table)


@cache
def _others_words() -> frozenset[str]:
    """Words that look like a typing error of a wish and say the opposite: "anmelden"."""
    said = (table["wish"] for table in tables().values() if "wish" in table)
    return frozenset(fold(word) for wish_table in said for word in wish_table.get("unlike", []))


def _tongue(table: dict) -> Tongue:  # type: ignore[type-arg]
    said, joined = table["wish"], table.get("joined", False)
    never = re.compile(r"(?!)")
    return Tongue(
        commands=frozenset(_bare(fold(line), joined) for line in said["commands"]),
        typos=tuple(fold(word) for word in said.get("typos", [])),
        fillers=frozenset(fold(word) for word in said.get("fillers", [])),
        joined=joined,
        **{
            key: phrases(said.get(key, []), joined=joined, stops=_STOPS.get(key, "")) or never
            for key in _PATTERNS
        },
    )


def _bare(line: str, joined: bool) -> str:
    plain = _STRUCK.sub("" if joined else " ", line)
    return "".join(plain.split()) if joined else " ".join(plain.split())
