"""When this happens, do that."""

from django.db.models import Q, QuerySet

from comm100.core.events import together_with, when
from mail.events import (
    ComplaintArrived,
    MailingEvent,
    MailingFinished,
    MailingHeld,
    MailingMissed,
    MailingOpened,
    MailingStarted,
    UnsubscribeArrived,
)
from newsletter import mails, tasks
from newsletter.events import (
    CampaignApproved,
    CampaignDecided,
    CampaignMissed,
    CampaignRejected,
    CampaignStopped,
    ChangesRequested,
    ListFillingAsked,
    SubscriptionRequested,
)
from newsletter.models import Campaign, Decision, Departure
from newsletter.operations import departure
from newsletter.operations.following import follow_mailing
from operators.models import Operator, Role
from visitors.events import ChoiceMade, ErasureAsked
from visitors.models import Contact


@when(SubscriptionRequested)
def ask_for_confirmation(event: SubscriptionRequested) -> None:
    tasks.transactional_ask_for_confirmation.delay(event.subscriber_id)


@when(ListFillingAsked)
def fill_the_list(event: ListFillingAsked) -> None:
    tasks.fill_list.delay(event.list_id)


@when(MailingStarted)
def fill_the_outbox(event: MailingStarted) -> None:
    campaign = Campaign.objects.of_mailing(event.mailing_id).first()
    if campaign:
        tasks.fill_outbox.delay(campaign.pk)


def follow(event: MailingEvent) -> None:
    for campaign in Campaign.objects.of_mailing(event.mailing_id):
        follow_mailing(campaign)


for kind in (MailingOpened, MailingHeld, MailingFinished):
    when(kind)(follow)


@when(ComplaintArrived)
def judge_it(event: ComplaintArrived) -> None:
    """At once, and also when all of it has left: the trust ends all the same."""
    if event.mailing_id:
        tasks.judge_mailing.delay(event.mailing_id)


@together_with(ComplaintArrived)
def unsubscribe_who_complains(event: ComplaintArrived) -> None:
    contact = Contact.objects.filter(pk=event.contact_id).first()
    if contact:
        departure.unsubscribe(contact, how=Departure.How.COMPLAINT, mailing_id=event.mailing_id)


@together_with(UnsubscribeArrived)
def unsubscribe(event: UnsubscribeArrived) -> None:
    contact = Contact.objects.filter(pk=event.contact_id).first()
    if contact:
        departure.unsubscribe(contact, how=Departure.How.REPLY, mailing_id=event.mailing_id)


@together_with(ErasureAsked)
def who_wants_to_be_erased_gets_no_more(event: ErasureAsked) -> None:
    """The code of the address stays when all else is gone, so no later import writes to them."""
    contact = Contact.objects.filter(pk=event.contact_id).first()
    if contact and event.by_the_contact:
        departure.unsubscribe(contact, how=Departure.How.PREFERENCES)


@together_with(CampaignMissed)
def tell_what_was_missed(event: CampaignMissed) -> None:
    campaign = Campaign.objects.select_related("site").get(pk=event.campaign_id)
    for operator in _people_behind(campaign):
        mails.missed_letter(campaign, to=operator).send()


@together_with(MailingMissed)
def tell_what_lay_still(event: MailingMissed) -> None:
    for campaign in Campaign.objects.of_mailing(event.mailing_id).select_related("site"):
        for operator in _people_behind(campaign):
            mails.missed_letter(campaign, to=operator).send()


@together_with(CampaignStopped)
def tell_that_it_was_stopped(event: CampaignStopped) -> None:
    campaign = Campaign.objects.select_related("site").get(pk=event.campaign_id)
    for operator in _people_behind(campaign):
        mails.stopped_letter(campaign, to=operator).send()


@together_with(ChoiceMade)
def a_no_takes_them_off_its_lists(event: ChoiceMade) -> None:
    if event.by_person and not event.agreed:
        departure.leave_lists_of(event.contact_id, event.kind)


def tell_the_site(event: CampaignDecided) -> None:
    """The campaign's writer and the owners, each once: queued with the decision itself."""
    decision = Decision.objects.select_related("campaign__site").get(pk=event.decision_id)
    for operator in _people_behind(decision.campaign):
        mails.decision_letter(decision, to=operator).send()


def _people_behind(campaign: Campaign) -> QuerySet[Operator]:
    writer = Q(pk=campaign.written_by_id)
    people = Operator.objects.at_work().filter(Q(role=Role.OWNER) | writer)
    return people.select_related("user")


for decided in (CampaignApproved, ChangesRequested, CampaignRejected):
    together_with(decided)(tell_the_site)
