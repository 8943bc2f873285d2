"""The DNS records of a sending domain: what belongs there, why, and what was found instead."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from django.conf import settings

from mail import lookup
from mail.models import DkimKey, Lane, SendingDomain

State = Literal["found", "missing", "wrong", "silent"]
PROOF, PROOF_LABEL = "site=", "_mail-proof"
FEWEST_LABELS = 2
_SEVERAL_SPF = "There are several. Receivers take none of them: join them."
_ADDED_BY_PROVIDER = "Your DNS provider adds the domain by itself: write only “{name}”."
_REPLACES = "The new key: it signs from when it is seen. Keep the old record until then."


@dataclass(frozen=True)
class Finding:
    """What the DNS says now. found: the values that stand there; words: what is wrong with them."""

    record: str
    state: State
    found: list[str] = field(default_factory=list)
    words: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "found": [value[:600] for value in self.found[:6]]}


@dataclass(frozen=True)
class Record:
    """One record to set. key: its name in findings; needed: without it the domain is unverified."""

    key: str
    title: str
    kind: Literal["TXT", "CNAME", "MX"]
    domain: str
    name: str
    value: str
    why: str
    look: Callable[["Record"], Finding]
    needed: bool = True
    is_advice: bool = False  # `value` tells what to write, in words

    def finding(self) -> Finding:
        try:
            found = self.look(self)
            return self._missing() if found.state == "missing" else found
        except lookup.DnsSilent:
            words = "The name servers gave no answer. We ask again."
            return Finding(self.key, "silent", [], words)

    def _missing(self) -> Finding:
        """Most who set a record and do not see it found have their domain in its name twice."""
        twice = f"{self.name}.{self.domain}"
        found = self._at(twice) if self.name != self.domain else []
        words = f"It stands at {twice}. {_ADDED_BY_PROVIDER.format(name=self.short_name)}"
        return Finding(self.key, "missing", [], words if any(found) else "")

    def _at(self, name: str) -> list[str]:
        try:
            return lookup.texts(name) if self.kind == "TXT" else [lookup.alias(name)]
        except lookup.DnsSilent:
            return []

    @property
    def short_name(self) -> str:
        """What to write where the provider adds the domain by itself."""
        return self.name.removesuffix(f".{self.domain}") if self.name != self.domain else "@"

    def is_good(self, found: list[str]) -> Finding:
        return Finding(self.key, "found", found)

    def is_wrong(self, found: list[str], words: str) -> Finding:
        return Finding(self.key, "wrong" if found else "missing", found, words if found else "")


def records_of(domain: SendingDomain) -> list[Record]:
    """In the order in which a person sets them; needs the domain with its keys."""
    return list(_of_company(domain) if domain.is_of_company else _of_site(domain))


def key_name(key: DkimKey) -> str:
    return f"dkim:{key.selector}"


def _of_site(domain: SendingDomain) -> Iterator[Record]:
    yield _proof(domain)
    yield from _dkim(domain)
    if domain.own_return_path:
        yield _return_path(domain)
    yield Record(
        "spf",
        "SPF",
        "TXT",
        domain.name,
        domain.name,
        f"v=spf1 include:{settings.MAIL_HOST} ~all",
        f"One SPF record a domain: if you have one, add include:{settings.MAIL_HOST} to it.",
        _look_for_spf,
        needed=False,
    )
    yield _dmarc(domain)
    yield Record(
        "mx",
        "Mail server",
        "MX",
        domain.name,
        domain.name,
        "the mail server of your domain",
        f"Answers to {domain.sender_address} need somebody who takes them.",
        _look_for_mx,
        needed=False,
        is_advice=True,
    )


def _proof(domain: SendingDomain) -> Record:
    return Record(
        "proof",
        "Proof",
        "TXT",
        domain.name,
        f"{PROOF_LABEL}.{domain.name}",
        PROOF + domain.proof,
        "Shows that the domain is yours. Keep it: it is looked at every day.",
        _look_for_proof,
    )


def _return_path(domain: SendingDomain) -> Record:
    return Record(
        "return_path",
        "Return path",
        "CNAME",
        domain.name,
        domain.return_host,
        settings.MAIL_HOST,
        "Bounces come back to us under your name, so SPF speaks for your domain.",
        _look_for_return_path,
    )


def _of_company(domain: SendingDomain) -> Iterator[Record]:
    yield from _dkim(domain)
    yield Record(
        "spf",
        "SPF",
        "TXT",
        domain.name,
        domain.name,
        "v=spf1 mx ~all",
        "Names the servers that send for this host: those of SMTP_URL belong into it.",
        _look_for_any_spf,
    )
    yield Record(
        "mx",
        "Mail server",
        "MX",
        domain.name,
        domain.name,
        "the server that hands mail on to the inbound door",
        "Bounces, answers and unsubscriptions by mail come in here.",
        _look_for_mx,
        is_advice=True,
    )
    yield _dmarc(domain)


def _dkim(domain: SendingDomain) -> Iterator[Record]:
    """New keys and those that sign; a new one that is to replace another can wait."""
    keys = [key for key in domain.keys.all() if key.state != DkimKey.State.RETIRED]
    signing = {(key.lane, key.algorithm) for key in keys if key.state == DkimKey.State.ACTIVE}
    for key in sorted(keys, key=lambda key: (key.state, key.selector)):
        lane = f", {Lane(key.lane).label} mail" if key.lane else ""
        is_new = key.state == DkimKey.State.NEW
        replaces = is_new and (key.lane, key.algorithm) in signing
        yield Record(
            key_name(key),
            f"DKIM{lane}" + (" (Ed25519)" if key.algorithm == key.Algorithm.ED25519 else ""),
            "TXT",
            domain.name,
            key.record_name,
            key.record,
            _REPLACES if replaces else "Receivers check our signature with it.",
            _look_for_key,
            needed=key.algorithm == key.Algorithm.RSA and not replaces,
        )


def _dmarc(domain: SendingDomain) -> Record:
    return Record(
        "dmarc",
        "DMARC",
        "TXT",
        domain.name,
        f"_dmarc.{domain.name}",
        "v=DMARC1; p=none",
        "Large receivers want one of who sends to many. Any policy will do: we sign in your name.",
        _look_for_dmarc,
        needed=False,
    )


def _look_for_proof(record: Record) -> Finding:
    found = [text for text in lookup.texts(record.name) if text.startswith(PROOF)]
    if found == [record.value]:
        return record.is_good(found)
    other = "Another site’s proof stands beside yours. Remove the one that does not belong there."
    words = other if record.value in found else "This is not the proof of this site."
    return record.is_wrong(found, words)


def _look_for_key(record: Record) -> Finding:
    wanted = tags(record.value)["p"]
    found = [text for text in lookup.texts(record.name) if "p" in tags(text)]
    if [tags(text)["p"] for text in found] == [wanted]:
        return record.is_good(found)
    if len(found) > 1:
        return record.is_wrong(found, "There are several. Receivers take none of them.")
    if found and wanted.startswith(tags(found[0])["p"]):
        return record.is_wrong(found, "The end is missing: copy the whole value again.")
    return record.is_wrong(found, "This is another key. Copy the value again.")


def _look_for_return_path(record: Record) -> Finding:
    target = lookup.alias(record.name)
    if target == settings.MAIL_HOST.lower():
        return record.is_good([target])
    hosts = [] if target else lookup.exchangers(record.name)
    if settings.MAIL_HOST.lower() in hosts:  # an MX of its own does it as well
        return record.is_good([f"MX {host}" for host in hosts])
    found = [target] if target else [f"MX {host}" for host in hosts]
    if target == f"{settings.MAIL_HOST}.{record.domain}".lower():
        words = f"Your DNS provider added the domain: write {settings.MAIL_HOST}. with a dot behind"
        return record.is_wrong(found, f"{words} it.")
    return record.is_wrong(found, "It leads elsewhere.")


def _look_for_spf(record: Record) -> Finding:
    found = _spf(record)
    if len(found) == 1 and f"include:{settings.MAIL_HOST.lower()}" in found[0].lower().split():
        return record.is_good(found)
    if len(found) > 1:
        return record.is_wrong(found, _SEVERAL_SPF)
    joined = " ".join(["v=spf1", f"include:{settings.MAIL_HOST}", *" ".join(found).split()[1:]])
    return record.is_wrong(found, f"We are not in it. Make it: {joined}")


def _look_for_any_spf(record: Record) -> Finding:
    found = _spf(record)
    if len(found) == 1:
        return record.is_good(found)
    return record.is_wrong(found, _SEVERAL_SPF)


def _spf(record: Record) -> list[str]:
    return [t for t in lookup.texts(record.name) if t.lower().split(" ")[0] == "v=spf1"]


def _look_for_dmarc(record: Record) -> Finding:
    """At the name itself, else at a parent, as receivers do."""
    labels = record.name.removeprefix("_dmarc.").split(".")
    while len(labels) >= FEWEST_LABELS:
        name = "_dmarc." + ".".join(labels)
        found = [t for t in lookup.texts(name) if t.replace(" ", "").startswith("v=DMARC1")]
        if len(found) == 1 and _is_policy(found[0]):
            return record.is_good(found if name == record.name else [f"{name}: {found[0]}"])
        if found:
            return record.is_wrong(found, f"Receivers cannot read it. Make it: {record.value}")
        del labels[0]
    return record.is_wrong([], "")


def _is_policy(text: str) -> bool:
    found = tags(text)
    return found.get("v") == "DMARC1" and bool(found.get("p"))


def _look_for_mx(record: Record) -> Finding:
    hosts = [host for host in lookup.exchangers(record.name) if host]  # "." takes no mail
    return record.is_good(hosts) if hosts else record.is_wrong([], "")


def tags(text: str) -> dict[str, str]:
    """`v=DKIM1; k=rsa; p=…` as a dict; white space in values is dropped (RFC 6376, 3.2)."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, equals, value in pairs if equals}
