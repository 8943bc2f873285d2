"""What brings a campaign before a moderator although its site may be trusted (docs/mail.md).

Computed once, when a campaign is submitted, in the context of its site; kept on the campaign as
keys and counts, no content: staff read them in the queue before they open anything.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from random import SystemRandom
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Site
from mail.content import MailingContent, parse
from newsletter.composing import variants_of
from newsletter.models import Campaign, Decision
from visitors.models import Import

YOUNG_DAYS = 14
MANY = 1_000  # a young account of a trusted site counts from so many recipients on
USUAL_OF = 5  # as many sent campaigns make what is usual
USUAL_TIMES = 3
RECENT_IMPORT_DAYS = 7
LARGE_IMPORT = 500
TRAP_SHARE, ROLE_SHARE, ROLES_LEAST = 0.001, 0.02, 10
KNOWN_LINKS_OF = 20
SHORTENERS = {
    "bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly",
    "s.id", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
}  # fmt: skip
_dice = SystemRandom()
# shop.example, and with the short second levels of countries: shop.co.uk
REGISTERED = re.compile(r"[^.]+\.(?:[a-z]{2,3}\.[a-z]{2}|[^.]+)$")
CREDENTIALS = re.compile(
    r"\b(password|passcode|log ?in|sign ?in|verify (your|the) (account|identity)|credit card"
    r"|card number|cvv|pin code|security code|bank account|social security|2fa|one-time code)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Trigger:
    """Why staff look: a key of TEXTS, a count, the count it is compared with, and one more."""

    key: str
    count: int = 0
    of: int = 0
    more: int = 0

    @property
    def is_grave(self) -> bool:
        """Seldom innocent: worth a colour in the queue."""
        return self.key in {"link_shortener", "credential_words", "trap_addresses", "bad_results"}

    @property
    def name(self) -> str:
        """The title as a label."""
        return self.title.rstrip(".")

    @property
    def title(self) -> str:
        return TEXTS[self.key][0] if self.key in TEXTS else self.key.replace("_", " ")

    @property
    def text(self) -> str:
        if self.key == "bad_results":
            return _results(self)
        words = TEXTS[self.key][1] if self.key in TEXTS else ""
        s = "" if self.count == 1 else "s"
        return words.format(count=self.count, of=self.of, more=self.more, s=s)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


TEXTS = {
    "bad_results": ("Stopped in flight.", ""),  # _results
    "appeal": ("Appeal.", "The site answers a rejection; a moderator who did not decide it looks."),
    "sample": ("Sample.", "The site is trusted; some of its campaigns are looked at all the same."),
    "new_sender": ("New sender domain.", "No approved campaign of the site came from it."),
    "role_addresses": (
        "Role addresses.",
        "{count:,} of {of:,} readers looked at are info@, sales@ and the like.",
    ),
    "trap_addresses": (
        "Addresses that nobody subscribes with.",
        "{count:,} of {of:,} readers looked at are abuse@, postmaster@, noreply@ and the like.",
    ),
    "not_trusted": ("Not trusted yet.", "{count:,} campaign{s} of this site approved so far."),
    "first_campaign": ("First campaign.", "No campaign of this site was approved so far."),
    "young_account": ("Young account.", "The site is {count:,} day{s} old."),
    "unusual_audience": ("Unusual audience.", "{count:,} recipients; {of:,} are usual."),
    "large_import": (
        "Large import.",
        "{count:,} contacts came by CSV within a week; the campaign goes to {of:,}.",
    ),
    "link_shortener": ("Link shortener.", "{count:,} link{s} with a hidden target."),
    "new_link_domain": ("New link domain.", "{count:,} domain{s} never linked before."),
    "credential_words": (
        "Words about credentials.",
        "The letter speaks of passwords or payment data and links to another domain.",
    ),
}


def _results(trigger: Trigger) -> str:
    """What came back of the mails that were tried; nothing is said of what did not happen."""
    said = []
    if trigger.count:
        said.append(f"{trigger.count:,} went to addresses that do not exist")
    if trigger.more:
        said.append(f"{trigger.more:,} {'was' if trigger.more == 1 else 'were'} reported as spam")
    return f"Of {trigger.of:,} mails, {' and '.join(said)}."


def triggers_for(campaign: Campaign, content: MailingContent) -> list[Trigger]:
    """Every reason to look at this campaign; none: a trusted site's passes.

    `campaign.audience_size` and `campaign.background` are set. At most six queries, all within
    the site in context.
    """
    site = campaign.site
    found = [*_about_the_site(site, campaign.audience_size), *_about_the_audience(campaign)]
    found += _about_the_addresses(campaign.background["origins"])
    found += _about_the_content(campaign, content, domain_of(site.web_url))
    if not found and not site.is_company and _dice.random() < settings.MODERATION_SAMPLE:
        return [Trigger("sample")]
    return found


def triggers_of(campaign: Campaign) -> list[Trigger]:
    """What was found when the campaign was submitted."""
    return [Trigger(**facts) for facts in campaign.triggers]


def _about_the_site(site: Site, size: int) -> Iterator[Trigger]:
    trusted = site.standing == Site.Standing.TRUSTED
    if not trusted:
        approved = Decision.objects.filter(verdict=Decision.Verdict.APPROVED).count()
        yield Trigger("not_trusted", approved) if approved else Trigger("first_campaign")
    days = (timezone.now() - site.created_at).days
    if days < YOUNG_DAYS and not site.is_company and (size >= MANY or not trusted):
        yield Trigger("young_account", days)


def _about_the_audience(campaign: Campaign) -> Iterator[Trigger]:
    size = campaign.audience_size
    past = Campaign.objects.filter(state=Campaign.State.SENT).order_by("-id")
    totals = list(past.values_list("audience_size", flat=True)[:USUAL_OF])
    usual = sum(totals) // len(totals) if totals else 0
    if usual and size > usual * USUAL_TIMES:
        yield Trigger("unusual_audience", size, usual)
    since = timezone.now() - timedelta(days=RECENT_IMPORT_DAYS)
    imported = Import.objects.filter(created_at__gt=since).aggregate(n=Sum("created"))["n"] or 0
    if imported >= LARGE_IMPORT and imported * 2 >= size:
        yield Trigger("large_import", imported, size)


def _about_the_addresses(origins: Mapping[str, Any]) -> Iterator[Trigger]:
    """Addresses with which people seldom subscribe, by count."""
    looked_at = origins["looked_at"]
    for key, count, least, share in (
        ("trap_addresses", origins["traps"], 1, TRAP_SHARE),
        ("role_addresses", origins["roles"], ROLES_LEAST, ROLE_SHARE),
    ):
        if count >= least and count >= share * looked_at:
            yield Trigger(key, count, looked_at)


def _about_the_content(campaign: Campaign, content: MailingContent, own: str) -> Iterator[Trigger]:
    hosts = {host for link in content.links if (host := host_of(link))}
    foreign = {domain_of(host) for host in hosts} - {own, domain_of(settings.HOST)}
    if short := [link for link in content.links if is_short(link)]:
        yield Trigger("link_shortener", len(short))
    past = _approved_before(campaign)
    known = {domain_of(link) for one in past for link in one.links}
    if new := foreign - known:
        yield Trigger("new_link_domain", len(new))
    if past and sender_domain(content) not in {sender_domain(one) for one in past}:
        yield Trigger("new_sender")
    words = "\n".join(f"{one.subject}\n{one.text}" for one in variants_of(content))
    if foreign and CREDENTIALS.search(words):
        yield Trigger("credential_words")


def sender_domain(content: MailingContent) -> str:
    return content.sender_email.rpartition("@")[2].lower()


def _approved_before(campaign: Campaign) -> list[MailingContent]:
    """What was approved of this site, the newest of it."""
    past = Campaign.objects.filter(mailing__approved_hash__isnull=False).exclude(pk=campaign.pk)
    contents = past.order_by("-id").values_list("mailing__content", flat=True)[:KNOWN_LINKS_OF]
    return [parse(content) for content in contents]


def host_of(link: str) -> str:
    """`https://Shop.example:443/x` → `shop.example`; "" for what is no web address."""
    if link.lower().startswith(("mailto:", "tel:")):
        return ""
    try:
        parts = urlsplit(link if "//" in link else f"//{link}")
    except ValueError:
        return ""
    return (parts.hostname or "").rstrip(".").lower()


def domain_of(link: str) -> str:
    """The registered part of its host, nearly: good enough to ask "was this linked before?"."""
    host = host_of(link)
    found = None if host.replace(".", "").isdigit() else REGISTERED.search(host)
    return found[0] if found else host


def is_short(link: str) -> bool:
    host = host_of(link)
    return host in SHORTENERS or host.removeprefix("www.") in SHORTENERS
