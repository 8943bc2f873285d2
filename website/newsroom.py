"""Staff at work on the company's own site, where product news is written like any newsletter."""

from django.db import transaction

from accounts.models import Site, User
from comm100.core.tenancy import across_sites, working_for
from newsletter.models import Campaign, CampaignQuerySet
from newsletter.operations.sending import cancel_campaign
from operators.models import Operator, Role
from operators.operations import add_operator
from visitors.models import Kind

SHOWN = 10  # issues, newest first


def works_in_newsroom(user: User) -> bool:
    """In the context of that user: their own places show to them."""
    with across_sites():
        places = Operator.objects.at_work().filter(user=user, site__is_company=True)
        return places.exists()


@transaction.atomic
def enter_newsroom(user: User) -> Operator:
    """The first who comes owns the site; the journal has it. Safe to repeat."""
    with working_for(Site.objects.company().pk, kind="public"):
        known = Operator.objects.at_work().filter(user=user).first()
        if known:
            return known
        has_owner = Operator.objects.owners().exists()
        return add_operator(user, role=Role.EDITOR if has_owner else Role.OWNER)


def news_for_list() -> list[Campaign]:
    """The last issues of product news that were submitted, with their numbers."""
    with working_for(Site.objects.company().pk, kind="public"):
        return list(_issues()[:SHOWN])


def news_issue(number: int) -> Campaign | None:
    with working_for(Site.objects.company().pk, kind="public"):
        return _issues().filter(number=number).first()


def stop_news(issue: Campaign, *, by: User) -> bool:
    """As operators of the company's site would cancel it; answer whether that changed anything."""
    with working_for(issue.site_id, kind="public"):
        return cancel_campaign(issue, by=by)


def _issues() -> CampaignQuerySet:
    return Campaign.objects.for_list().filter(mailing__kind=Kind.PRODUCT_NEWS)
