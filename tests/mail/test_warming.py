"""A domain that is new to mail providers: how slowly it begins is told before and meanwhile."""

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import Site
from comm100.core.tenancy import working_for
from mail.models import SendingDomain
from mail.statements import as_post
from mail.warming import Warming, warming_of
from tests.newsletter.conftest import list_with, submit, write

DAY = timedelta(days=1)


@pytest.fixture
def new_domain(acme):
    with working_for(acme.site.pk):
        SendingDomain.objects.create(
            site=acme.site,
            number=77,
            name="acme.example",
            is_used=True,
            state=SendingDomain.State.VERIFIED,
            checked_at=timezone.now(),
        )
    yield acme
    with connections["post"].cursor() as cursor:
        cursor.execute("DELETE FROM mail_pace")


@pytest.mark.no_db
@pytest.mark.parametrize(
    ("mails", "days"), [(1, 0), (50, 0), (51, 1), (150, 1), (151, 2), (6350, 6)]
)
def test_the_last_mail_leaves_when_the_days_before_it_are_full(mails, days):
    left = Warming("shop.example").last_of(mails) - timezone.now()
    assert abs(left - DAY * days) < timedelta(seconds=5)


@pytest.mark.no_db
def test_what_left_today_already_counts():
    began = timezone.now() - timedelta(hours=2)
    warming = Warming("shop.example", began, used_to=began + DAY * 0.8)  # 40 of 50
    assert warming.last_of(10) < timezone.now()
    assert abs(warming.last_of(11) - began - DAY) < timedelta(seconds=5)


@pytest.mark.no_db
def test_what_may_leave_today_doubles_each_day():
    began = timezone.now() - timedelta(days=3, hours=2)
    assert Warming("shop.example", began).today == 400


def test_who_sends_from_a_new_domain_reads_before_how_long_it_takes(new_domain, sign_in):
    owner = sign_in(new_domain.owner)
    readers = list_with(new_domain, *(f"p{n}@a.example" for n in range(51)))
    number = write(owner, new_domain, readers)

    page = owner.get(new_domain.url(f"newsletter/{number}/submission/")).text
    assert "acme.example is new to mail providers" in page
    assert "50 today" in page
    page = owner.get(new_domain.url("mail/domains/77/")).text
    assert "New domains start slowly" in page


def test_a_trusted_site_and_the_company_address_know_no_slow_beginning(new_domain, sign_in):
    owner = sign_in(new_domain.owner)
    number = write(owner, new_domain, list_with(new_domain, *(f"p{n}@a.example" for n in range(9))))
    Site.objects.filter(pk=new_domain.site.pk).update(standing=Site.Standing.TRUSTED)

    page = owner.get(new_domain.url(f"newsletter/{number}/submission/")).text
    assert "new to mail providers" not in page
    assert "start slowly" not in owner.get(new_domain.url("mail/domains/77/")).text
    assert submit(owner, new_domain, number).status_code == 302


def test_a_site_learns_the_beginning_of_its_own_domain_only(new_domain, rival):
    as_post("pace_begin", key="from:acme.example", rate=1.0)
    with working_for(new_domain.site.pk):
        own = warming_of(new_domain.site)
    with working_for(rival.site.pk), connections["default"].cursor() as cursor:
        cursor.execute("SELECT since FROM app.pace_of_domain('acme.example')")
        assert cursor.fetchone() is None
    assert own is not None
    assert own.began is not None
