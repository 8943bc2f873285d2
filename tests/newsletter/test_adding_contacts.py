"""All contacts that a filter finds go on a list, but nobody who said no."""

import pytest

from comm100.core.journal import breaks
from comm100.core.models import JournalEntry
from comm100.core.tenancy import chosen_site, working_for
from mail.models import Suppression
from mail.operations import suppress
from newsletter import tasks
from newsletter.models import NewsletterList, Subscriber
from newsletter.operations import adding
from newsletter.operations.members import add_member
from tests.newsletter.conftest import list_with
from visitors.models import Consent, Contact, ContactEvent, CustomField, Kind, Receipt, Source
from visitors.operations import Said, add_contact, choose
from visitors.operations.erasing import ask_erasure

KNOWN = ["ann@example.net", "ben@example.net", "cid@example.net"]


@pytest.fixture
def known(acme):
    """A list without anybody, and three contacts of acme who agreed."""
    news = list_with(acme)
    with working_for(acme.site.pk):
        Contact.objects.filter(pk=acme.customer.pk).update(consent=Consent.NONE)
        for address in KNOWN:
            met(acme, address)
    return news


def met(house, address, consent=Consent.DECLARED):
    facts = {"email": address, "name": "", "fields": {"town": "Bern"} if "b" in address[0] else {}}
    return add_contact(**facts, agreement=(consent, "At our stand"), by=house.owner)


def url_of(house, news):
    return house.url(f"newsletter/lists/{news.number}/contacts/")


def addresses_on(house, news):
    with working_for(house.site.pk):
        places = Subscriber.objects.subscribed().filter(list=news)
        return sorted(places.values_list("contact__email", flat=True))


def journal_of(house):
    with working_for(house.site.pk):
        assert breaks() == []
        return [row.detail for row in JournalEntry.objects.filter(action="list.filled")]


def test_all_who_agreed_are_counted_before_and_put_there_with_their_proof(acme, known, sign_in):
    client, url = sign_in(acme.editor), url_of(acme, known)
    page = client.get(url)
    assert page.context["count"] == 3
    assert "Put 3 on the list" in page.text
    after = client.post(url, follow=True)
    assert "<b>3 contacts were put on the list</b>" in after.text
    assert after.context["count"] == 0

    assert addresses_on(acme, known) == KNOWN
    assert journal_of(acme) == [{"count": 3}]
    with working_for(acme.site.pk):
        assert NewsletterList.objects.get(pk=known.pk).subscribed == 3
        about = Receipt.objects.filter(about=f"list:{known.number}")
        assert {(row.by, row.after) for row in about} == {(acme.editor.actor_name, 2)}
        assert about.count() == ContactEvent.objects.filter(kind="list.joined").count() == 3
        assert {p.wording for p in Subscriber.objects.filter(list=known)} == {"At our stand"}


def test_nobody_who_said_no_was_suppressed_or_left_is_put_there(acme, known, sign_in):
    with working_for(acme.site.pk):
        met(acme, "never@example.net", Consent.NONE)
        said_no, left, bounced, going, asked = (
            met(acme, f"{name}@example.net") for name in ("no", "left", "hard", "going", "asked")
        )
        said = Said(by=said_no, where=Receipt.Where.PREFERENCES)
        choose(said_no, Kind.MARKETING, False, said=said)
        add_member(known, left, by=acme.owner)
        Subscriber.objects.filter(contact=left).update(state=Subscriber.State.UNSUBSCRIBED)
        suppress(bounced, reason=Suppression.Reason.HARD_BOUNCE)
        ask_erasure(going, by=acme.owner, tell=False)
        Subscriber.objects.create(site=acme.site, list=known, contact=asked)
    client, url = sign_in(acme.editor), url_of(acme, known)
    assert client.get(url).context["count"] == 3
    client.post(url)
    assert addresses_on(acme, known) == KNOWN


@pytest.mark.parametrize(
    ("wishes", "found"),
    [
        ({"field": "town", "value": "Bern"}, ["ben@example.net"]),
        ({"field": "nothing", "value": "Bern"}, KNOWN),
        ({"source": Source.OPERATOR.value}, KNOWN),
        ({"source": Source.IMPORT.value}, []),
        ({"source": "nonsense", "consent": Consent.DECLARED.value}, KNOWN),
        ({"list": 1, "value": "\0"}, []),
    ],
)
def test_the_filters_of_the_contacts_say_who(acme, known, sign_in, wishes, found):
    with working_for(acme.site.pk):
        CustomField.objects.create(site=acme.site, key="town", label="Town")
    client, url = sign_in(acme.editor), url_of(acme, known)
    assert client.get(url, wishes).context["count"] == len(found)
    client.post(url, wishes)
    assert addresses_on(acme, known) == found
    with working_for(acme.site.pk):  # what was looked for may be a person's
        known.refresh_from_db()
    assert known.adding["wishes"] == {}


def test_what_a_lost_wake_up_left_half_done_goes_on_and_counts_each_once(
    acme, known, sign_in, monkeypatch
):
    monkeypatch.setattr(adding, "PART", 1)
    client, url = sign_in(acme.editor), url_of(acme, known)
    with monkeypatch.context() as nobody_wakes:
        nobody_wakes.setattr(tasks.fill_list, "delay", lambda list_id: None)
        client.post(url)
    with working_for(acme.site.pk):
        assert adding.add_part(known.pk)
        late = met(acme, "late@example.net")
    page = client.get(url)
    assert "1 so far" in page.text
    assert "filled already" in client.post(url, follow=True).text
    with chosen_site(acme.site.pk):
        tasks.fill_list.delay(known.pk)
        tasks.fill_list.delay(known.pk)
    assert addresses_on(acme, known) == KNOWN
    assert late.email not in addresses_on(acme, known)
    assert journal_of(acme) == [{"count": 3}]


def test_the_beat_finds_a_list_that_lies_still(acme, known, sign_in, monkeypatch):
    woken: list[int] = []
    monkeypatch.setattr(tasks.fill_list, "delay", woken.append)
    sign_in(acme.editor).post(url_of(acme, known))
    woken.clear()
    tasks.go_on_with_lists()
    assert woken == []
    with working_for(acme.site.pk):
        row = NewsletterList.objects.get(pk=known.pk)
        row.adding["at"] = "2026-01-01T00:00:00+00:00"
        row.save()
    tasks.go_on_with_lists()
    assert woken == [known.pk]


def test_a_part_that_another_worker_did_is_rolled_back(acme, known, sign_in, monkeypatch):
    monkeypatch.setattr(tasks.fill_list, "delay", lambda list_id: None)
    sign_in(acme.editor).post(url_of(acme, known))
    real = adding._add

    def meanwhile(row, found, by):
        NewsletterList.objects.filter(pk=row.pk).update(adding={**row.adding, "after": found[0]})
        return real(row, found, by)

    monkeypatch.setattr(adding, "_add", meanwhile)
    with pytest.raises(adding.StepTaken), working_for(acme.site.pk):
        adding.add_part(known.pk)
    assert addresses_on(acme, known) == []


def test_people_join_a_list_for_partners_by_themselves(acme, sign_in):
    offers = list_with(acme, kind=Kind.PARTNER)
    with working_for(acme.site.pk):
        ann = met(acme, "ann@example.net")
        said = Said(by=ann, where=Receipt.Where.PREFERENCES)
        choose(ann, Kind.PARTNER, True, said=said)
    client, url = sign_in(acme.editor), url_of(acme, offers)
    page = client.get(url)
    assert page.context["count"] == 0
    assert "join a list for partners by themselves" in page.text
    assert url not in client.get(acme.url(f"newsletter/lists/{offers.number}/")).text
    client.post(url)
    assert addresses_on(acme, offers) == []


def test_a_count_ends_somewhere(acme, known, sign_in, monkeypatch):
    monkeypatch.setattr(adding, "MOST_COUNTED", 2)
    page = sign_in(acme.editor).get(url_of(acme, known)).text
    assert "More than 2 contacts" in page
    assert "Put them on the list" in page
