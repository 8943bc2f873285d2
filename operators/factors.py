"""Everybody who works at a site shows a second factor, when an owner says so.

It is kept to in `operators/middleware.py`, and by pages of the account (`accounts/demands.py`).
"""

from django.db import transaction

from accounts.demands import factors_of
from accounts.models import Site
from comm100.core.events import publish
from comm100.core.journal import record
from operators.events import FactorsDemanded
from operators.models import Operator
from operators.operations import Refused


@transaction.atomic
def demand_factors(*, by: Operator) -> bool:
    """From now on who has none sets one up first; answer whether that changed anything.

    Raises:
        Refused: the one who demands it has none.
    """
    if not factors_of(by.user_id).exists():
        raise Refused("Set up a second factor of your own first.")
    if not _change(demanded=True, by=by):
        return False
    record("site.factors_demanded", by.site, by=by)
    publish(FactorsDemanded(site_id=by.site_id, by_id=by.pk))
    return True


@transaction.atomic
def free_factors(*, by: Operator) -> bool:
    """It is up to everybody again; answer whether that changed anything."""
    changed = _change(demanded=False, by=by)
    if changed:
        record("site.factors_free", by.site, by=by)
    return changed


def _change(*, demanded: bool, by: Operator) -> bool:
    rows = Site.objects.filter(pk=by.site_id, factors_demanded=not demanded)
    by.site.factors_demanded = demanded
    return bool(rows.update(factors_demanded=demanded))
