"""What follows when something happened between staff and a site's data."""

from comm100.core.events import when
from privacy.events import DisclosureSealed
from privacy.tasks import tell_of_disclosures


@when(DisclosureSealed)
def tell_the_site(event: DisclosureSealed) -> None:
    tell_of_disclosures.delay()
