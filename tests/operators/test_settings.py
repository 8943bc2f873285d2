"""The profile of a site: every field of the registration is changed here (P8.1)."""

import pytest

from accounts.models import Site
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for

FORM = {
    "name": "Acme Bicycles",
    "web_url": "acme-bicycles.example",
    "company_address": "2 Hill Street",
    "employees": "3",
    "industry": "Bicycles",
    "time_zone": "Europe/Oslo",
}
URL = "settings/"


@pytest.mark.policy("P8.1")
def test_every_field_is_changed_and_read_back(acme, sign_in):
    client = sign_in(acme.admin)
    assert client.post(acme.url(URL), FORM).status_code == 302
    site = Site.objects.get(pk=acme.site.pk)
    kept = {name: getattr(site, name) for name in FORM}
    assert kept == FORM | {"web_url": "https://acme-bicycles.example", "employees": 3}
    assert "Acme Bicycles" in client.get(acme.url(URL)).content.decode()


@pytest.mark.policy("P8.1", "P2.3")
def test_the_journal_names_the_fields_and_no_content(acme, sign_in):
    client = sign_in(acme.owner)
    client.post(acme.url(URL), FORM)
    client.post(acme.url(URL), FORM | {"industry": "", "employees": ""})
    with working_for(acme.site.pk):
        first, second = JournalEntry.objects.filter(action="site.profile_changed").order_by("seq")
    assert set(first.detail["fields"]) == set(FORM)
    assert second.detail == {"fields": ["employees", "industry"]}
    assert Site.objects.get(pk=acme.site.pk).industry is None


def test_saving_the_same_again_leaves_no_trace(acme, sign_in):
    client = sign_in(acme.owner)
    client.post(acme.url(URL), FORM)
    assert "Nothing was different" in client.post(acme.url(URL), FORM, follow=True).content.decode()
    with working_for(acme.site.pk):
        assert JournalEntry.objects.filter(action="site.profile_changed").count() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "Enter a name for the site."),
        ({"web_url": "nowhere"}, "Enter a web address"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_saved(acme, sign_in, change, says):
    answer = sign_in(acme.owner).post(acme.url(URL), FORM | change)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "2 Hill Street" in answer.content.decode()
    assert Site.objects.get(pk=acme.site.pk).name == "Acme"


@pytest.mark.parametrize(("who", "status"), [("editor", 403), ("reader", 403)])
def test_it_takes_the_right(acme, sign_in, who, status):
    assert sign_in(getattr(acme, who)).post(acme.url(URL), FORM).status_code == status
