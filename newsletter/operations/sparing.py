"""Who leaves a list between the filling of the outbox and their own time gets nothing any more."""

from mail.operations.sparing import mailings_waiting_for, spare_contact
from newsletter.models import Campaign, Subscriber
from visitors.models import Contact


def spare_who_left(contact: Contact) -> None:
    """Of what waits for them, let only go what goes to a list that they are still on."""
    for mailing_id in mailings_waiting_for(contact.pk):
        campaign = Campaign.objects.of_mailing(mailing_id).first()
        places = Subscriber.objects.subscribed().filter(contact=contact)
        if campaign and not places.filter(list__in=campaign.list_ids).exists():
            spare_contact(contact.pk, mailing_id)
