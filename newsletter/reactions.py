"""When this happens, do that."""

from django.db.models import Q

from comm100.core.events import together_with, when
from mail.events import (
    MailingEvent,
    MailingFinished,
    MailingHeld,
    MailingOpened,
    MailingStarted,
    UnsubscribeArrived,
)
from newsletter import mails, tasks
from newsletter.events import (
    CampaignApproved,
    CampaignDecided,
    CampaignRejected,
    ChangesRequested,
    SubscriptionRequested,
)
from newsletter.models import Campaign, Decision, Departure
from newsletter.operations import departure, sending
from operators.models import Operator, Role
from visitors.models import Contact


@when(SubscriptionRequested)
def ask_for_confirmation(event: SubscriptionRequested) -> None:
    tasks.transactional_ask_for_confirmation.delay(event.subscriber_id)


@when(MailingStarted)
def fill_the_outbox(event: MailingStarted) -> None:
    campaign = Campaign.objects.filter(mailing=event.mailing_id).first()
    if campaign:
        tasks.fill_outbox.delay(campaign.pk)


def follow(event: MailingEvent) -> None:
    for campaign in Campaign.objects.filter(mailing=event.mailing_id):
        sending.follow_mailing(campaign)


for kind in (MailingOpened, MailingHeld, MailingFinished):
    when(kind)(follow)


@together_with(UnsubscribeArrived)
def unsubscribe(event: UnsubscribeArrived) -> None:
    contact = Contact.objects.filter(pk=event.contact_id).first()
    if contact:
        departure.unsubscribe(contact, how=Departure.How.REPLY, mailing_id=event.mailing_id)


def tell_the_site(event: CampaignDecided) -> None:
    """The campaign's writer and the owners, each once: queued with the decision itself."""
    decision = Decision.objects.select_related("campaign__site").get(pk=event.decision_id)
    writer = Q(pk=decision.campaign.written_by_id)
    people = Operator.objects.at_work().filter(Q(role=Role.OWNER) | writer)
    for operator in people.select_related("user"):
        mails.decision_letter(decision, to=operator).send()


for decided in (CampaignApproved, ChangesRequested, CampaignRejected):
    together_with(decided)(tell_the_site)
