"""What is held of people on lists."""

from comm100.core.personal_data import Holding, Purpose, Whose, hold, tells_of_nobody
from newsletter.models import Departure, Subscriber

hold(
    Holding(
        model=Subscriber,
        title="Places on lists",
        whose=Whose.CONTACT,
        purposes=(Purpose.MARKETING, Purpose.PROOF),
        columns=(
            "list__name", "state", "wording", "requested_at", "confirmed_at", "left_at",
        ),
        of_contact=lambda person: Subscriber.objects.filter(contact=person.pk),
    ),
    Holding(
        model=Departure,
        title="When and how somebody unsubscribed",
        whose=Whose.CONTACT,
        purposes=(Purpose.PROOF,),
        columns=("how", "at"),
        of_contact=lambda person: Departure.objects.filter(contact=person.pk),
    ),
)  # fmt: skip
tells_of_nobody(
    newsletter_NewsletterList="A list of a site, without its readers.",
    newsletter_Campaign="What a site writes, and the address that it gives for answers.",
    newsletter_Variant="What a site writes, in other words.",
    newsletter_Audience="To which lists a campaign goes.",
    newsletter_Decision="What was decided on a campaign; the moderator is a number.",
)
