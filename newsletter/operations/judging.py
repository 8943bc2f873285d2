"""What the results of a mailing mean while it leaves: it goes on, is stopped, or ends the trust.

5 % hard bounces or 0.1 % complaints stop a campaign and end the trust of its site; 10 % or 0.3 %
suspend the site. Both count from 200 mails on; the first few of an unproven campaign are stopped
earlier, so that few get what nobody should (docs/mail.md, "Moderation").
"""

from enum import IntEnum

from django.db import transaction
from django.utils import timezone

from accounts.models import Site
from accounts.operations import change_standing
from comm100.core.events import publish
from comm100.core.journal import record
from mail import operations as mail
from mail.models import Mailing
from newsletter.events import CampaignStopped
from newsletter.models import Campaign
from newsletter.operations.following import locked
from newsletter.operations.sending import hold_campaign
from newsletter.triggers import Trigger

ENOUGH = 200  # mails, before a rate says something
FEW_BOUNCES = 2  # of an unproven campaign: one may be chance
HOLD_BOUNCES, HOLD_COMPLAINTS = 0.05, 0.001
SUSPEND_BOUNCES, SUSPEND_COMPLAINTS = 0.10, 0.003
SYSTEM = "system"


class Opinion(IntEnum):
    FINE = 0
    STOP = 1
    SUSPEND = 2


@transaction.atomic
def judge_mailing(mailing_id: int) -> Opinion:
    """Act on what came back so far. Safe to run twice: what is stopped is not judged again."""
    mailing = Mailing.objects.without_content().filter(pk=mailing_id).first()
    campaign = Campaign.objects.of_mailing(mailing_id).first()
    if mailing is None or campaign is None:
        return Opinion.FINE
    results = mail.results_of(mailing)
    opinion = opinion_on(results, is_few=mailing.canary_left is not None)
    if opinion == Opinion.FINE:
        mail.prove_mailing(mailing)
    else:
        _stop(campaign, results)
        _end_trust(campaign.site_id, opinion, _in_words(results))
    return opinion


def opinion_on(results: mail.Results, *, is_few: bool) -> Opinion:
    """`is_few`: the first of an unproven campaign."""
    if not results.tried:
        return Opinion.FINE
    bounces, complaints = results.hard / results.tried, results.complained / results.tried
    if results.tried >= ENOUGH:
        if bounces >= SUSPEND_BOUNCES or complaints >= SUSPEND_COMPLAINTS:
            return Opinion.SUSPEND
        bad = bounces >= HOLD_BOUNCES or complaints >= HOLD_COMPLAINTS
        return Opinion.STOP if bad else Opinion.FINE
    bad = (results.hard >= FEW_BOUNCES and bounces >= HOLD_BOUNCES) or results.complained > 0
    return Opinion.STOP if is_few and bad else Opinion.FINE


def _stop(campaign: Campaign, results: mail.Results) -> None:
    """Before a moderator, unless all of it has left already."""
    reason = _in_words(results)
    held = hold_campaign(campaign, by=SYSTEM, reason=reason, held_for=Mailing.HeldFor.RESULTS)
    if not held:
        return
    campaign = locked(campaign)
    campaign.stopped_at = timezone.now()
    trigger = Trigger("bad_results", results.hard, results.tried, results.complained)
    earlier = [facts for facts in campaign.triggers if facts["key"] != trigger.key]
    campaign.triggers = [trigger.as_json(), *earlier]
    campaign.claimed_by = campaign.claimed_until = None
    campaign.save(update_fields=["stopped_at", "triggers", "claimed_by", "claimed_until"])
    numbers = {"tried": results.tried, "hard": results.hard, "complained": results.complained}
    record("campaign.stopped", campaign, by=SYSTEM, **numbers)
    publish(CampaignStopped(site_id=campaign.site_id, campaign_id=campaign.pk))


def _end_trust(site_id: int, opinion: Opinion, reason: str) -> None:
    """A trusted site's campaigns wait for a moderator again; a bad one's are stopped at once."""
    site = Site.objects.get(pk=site_id)
    if opinion == Opinion.SUSPEND:
        change_standing(site, standing=Site.Standing.SUSPENDED, reason=reason, by=SYSTEM)
    elif site.standing == Site.Standing.TRUSTED:
        change_standing(site, standing=Site.Standing.MODERATION_NEEDED, reason=reason, by=SYSTEM)


def _in_words(results: mail.Results) -> str:
    said = []
    if results.hard:
        said.append(f"{results.hard:,} of {results.tried:,} addresses do not exist")
    if results.complained:
        people = "1 reader" if results.complained == 1 else f"{results.complained:,} readers"
        said.append(f"{people} of {results.tried:,} reported it as spam")
    return "; ".join(said)
