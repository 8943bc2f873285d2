"""Many workers at once let no more leave than the canary of a mailing has left (P9.4)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from comm100.core.tenancy import working_for
from mail.claims import claim
from mail.models import Lane, Mailing
from tests.mail.conftest import add_contacts, fresh


@pytest.mark.policy("P9.4")
def test_many_workers_take_no_more_than_the_canary_has(acme, start, monkeypatch):
    monkeypatch.setattr("mail.tasks.deliver_marketing.delay", lambda: None)
    add_contacts(acme, *(f"r{at}@acme-readers.example" for at in range(60)))
    mailing = start(acme)
    with working_for(acme.site.pk):
        Mailing.objects.filter(pk=mailing.pk).update(canary=7, canary_left=7)

    def work(_: int) -> int:
        try:
            return sum(len(claim(Lane.MARKETING, 3).rows) for _ in range(4))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 7
    assert fresh(mailing).canary_left == 0
