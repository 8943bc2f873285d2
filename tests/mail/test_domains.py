"""Sending domains: added, found in the DNS, used, given new keys, lost, removed."""

import os
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from comm100.core.journal import breaks
from comm100.core.sealing import CannotOpen, is_stale, seal, unseal
from comm100.core.tenancy import working_for
from mail import keyring, lookup, tasks
from mail.keys import PURPOSE, signer_of
from mail.models import DkimKey, SendingDomain
from mail.operations.domains import tidy_keys
from mail.senders import sender_email
from tests.conftest import House
from tests.name_server import NameServer

State, KeyState = SendingDomain.State, DkimKey.State


@pytest.fixture(autouse=True)
def _keys_of_this_test(company: Any) -> None:
    keyring.forget()


def add(client: Client, house: House, name: str = "shop.example", sender: str = "news") -> Any:
    return client.post(house.url("mail/domains/new/"), {"name": name, "sender": sender})


def domain_of(house: House, name: str = "shop.example") -> SendingDomain:
    with working_for(house.site.pk):
        domain = SendingDomain.objects.for_list().get(name=name)
    domain.site = house.site
    return domain


def publish_records(zone: NameServer, house: House, name: str = "shop.example") -> None:
    """What a person does who follows the page."""
    domain = domain_of(house, name)
    zone.put("TXT", f"_mail-proof.{name}", f"site={domain.proof}")
    for key in domain.keys.all():
        key.domain = domain
        if key.state != KeyState.RETIRED:
            zone.put("TXT", key.record_name, key.record)
    zone.put("CNAME", f"bounce.{name}", f"{django_settings.MAIL_HOST}.")


def check(client: Client, house: House, name: str = "shop.example") -> SendingDomain:
    """Presses "Check now"; what is found is there when the answer comes (tasks run eagerly)."""
    number = domain_of(house, name).number
    assert client.post(house.url(f"mail/domains/{number}/check/")).status_code == 302
    return domain_of(house, name)


@pytest.fixture
def verified(acme: House, sign_in: Any, name_server: NameServer) -> House:
    client = sign_in(acme.owner)
    add(client, acme)
    publish_records(name_server, acme)
    assert check(client, acme).is_verified
    return acme


def test_a_domain_is_verified_when_its_records_are_found(acme, sign_in, name_server):
    client = sign_in(acme.owner)
    answer = add(client, acme, "https://www.Shop.example/about", "News")
    page = client.get(answer["Location"]).content.decode()
    domain = domain_of(acme)
    assert domain.proof in page
    assert domain.keys.all()[0].public in page
    assert "Not looked yet" in page

    assert check(client, acme).state == State.WAITING
    page = client.get(answer["Location"]).content.decode()
    assert page.count("Missing</span>") == 6
    with working_for(acme.site.pk):
        assert sender_email(acme.site) == f"news-acme@{django_settings.MAIL_HOST}"

    publish_records(name_server, acme)
    domain = check(client, acme)
    assert (domain.state, domain.is_used) == (State.VERIFIED, True)
    assert [key.state for key in domain.keys.all()] == [KeyState.ACTIVE]
    with working_for(acme.site.pk):
        assert sender_email(acme.site) == "news@shop.example"
        assert breaks() == []
    assert "Verified." in client.get(answer["Location"]).content.decode()


WRONG = {
    "proof": ("TXT", "_mail-proof.shop.example", ["site=other"], "not the proof"),
    "dkim": ("TXT", "{selector}._domainkey.shop.example", ["v=DKIM1; p=ABC"], "another key"),
    "return_path": ("CNAME", "bounce.shop.example", ["elsewhere.example."], "elsewhere"),
    "spf": ("TXT", "shop.example", ["v=spf1 -all"], "Make it: v=spf1 include:{host} -all"),
    "dmarc": ("TXT", "_dmarc.shop.example", ["v=DMARC1 p=none"], "cannot read"),
}


@pytest.mark.parametrize("record", WRONG)
def test_a_wrong_record_shows_what_stands_there(acme, sign_in, name_server, record):
    client = sign_in(acme.owner)
    url = add(client, acme)["Location"]
    selector = domain_of(acme).keys.all()[0].selector
    publish_records(name_server, acme)
    kind, name, values, words = WRONG[record]
    name_server.put(kind, name.format(selector=selector), *values)
    findings = {f["record"].partition(":")[0]: f for f in check(client, acme).findings}
    assert findings[record]["state"] == "wrong"
    assert words.format(host=django_settings.MAIL_HOST) in findings[record]["words"]
    page = client.get(url).content.decode()
    assert values[0].rstrip(".") in page
    assert findings[record]["words"] in page


def test_a_name_that_the_provider_made_longer_is_told(acme, sign_in, name_server):
    """Whoever types the whole name where the domain is added anyway has it twice."""
    owner = sign_in(acme.owner)
    add(owner, acme)
    domain = domain_of(acme)
    key = domain.keys.all()[0]
    key.domain = domain
    twice = f"{key.record_name}.shop.example"
    name_server.put("TXT", twice, key.record)
    name_server.put("CNAME", "bounce.shop.example", f"{django_settings.MAIL_HOST}.shop.example.")

    check(owner, acme)

    page = owner.get(acme.url(f"mail/domains/{domain.number}/")).text
    assert f"It stands at {twice}" in page
    assert f"write only “{key.record_name.removesuffix('.shop.example')}”" in page
    assert f"write {django_settings.MAIL_HOST}. with a dot behind it" in page


def test_a_key_that_was_cut_off_is_told_from_another_one(acme, sign_in, name_server):
    owner = sign_in(acme.owner)
    add(owner, acme)
    domain = domain_of(acme)
    key = domain.keys.all()[0]
    key.domain = domain
    for value, words in ((key.record[:-40], "The end is missing"), ("p=abcd", "another key")):
        name_server.put("TXT", key.record_name, value)
        check(owner, acme)
        assert words in owner.get(acme.url(f"mail/domains/{domain.number}/")).text


def test_several_spf_records_are_wrong(acme, sign_in, name_server):
    client = sign_in(acme.owner)
    add(client, acme)
    name_server.put("TXT", "shop.example", "v=spf1 a", "v=spf1 mx")
    [spf] = [f for f in check(client, acme).findings if f["record"] == "spf"]
    assert (spf["state"], "several" in spf["words"]) == ("wrong", True)


def test_what_is_recommended_is_found_at_parents_and_by_other_means(
    acme,
    sign_in,
    name_server,
):
    client = sign_in(acme.owner)
    add(client, acme, "news.shop.example")
    publish_records(name_server, acme, "news.shop.example")
    name_server.put("CNAME", "bounce.news.shop.example")
    name_server.put("MX", "bounce.news.shop.example", f"10 {django_settings.MAIL_HOST}.")
    name_server.put("MX", "news.shop.example", "20 b.example.", "10 a.example.")
    name_server.put("TXT", "_dmarc.shop.example", "v=DMARC1; p=reject")
    host = django_settings.MAIL_HOST
    name_server.put("TXT", "news.shop.example", "other", f"v=spf1 a include:{host} -all")
    domain = check(client, acme, "news.shop.example")
    assert domain.is_verified
    assert {f["state"] for f in domain.findings} == {"found"}
    found = {f["record"]: f["found"] for f in domain.findings}
    assert found["mx"] == ["a.example", "b.example"]
    assert found["dmarc"] == ["_dmarc.shop.example: v=DMARC1; p=reject"]


def test_two_sites_cannot_both_have_a_domain(verified, rival, sign_in, name_server):
    thief = sign_in(rival.owner)
    add(thief, rival)
    theirs, ours = domain_of(rival), domain_of(verified)
    assert not check(thief, rival).is_verified
    name_server.put("TXT", "_mail-proof.shop.example", f"site={ours.proof}", f"site={theirs.proof}")
    key = theirs.keys.all()[0]
    key.domain = theirs
    name_server.put("TXT", key.record_name, key.record)
    assert not check(thief, rival).is_verified
    assert not check(sign_in(verified.owner), verified).is_verified  # until one is taken away
    name_server.put("TXT", "_mail-proof.shop.example", f"site={theirs.proof}")
    assert check(thief, rival).is_verified
    assert check(sign_in(verified.owner), verified).state == State.BROKEN


def test_a_broken_domain_is_told_to_the_owner_once(
    verified,
    name_server,
    post_office,
    company,
):
    name_server.put("CNAME", "bounce.shop.example")
    for _ in range(2):
        with working_for(verified.site.pk):
            SendingDomain.objects.update(checked_at=timezone.now() - timedelta(days=1))
        tasks.check_domains()
    domain = domain_of(verified)
    assert (domain.state, domain.broken_since is not None) == (State.BROKEN, True)
    with working_for(verified.site.pk):
        assert sender_email(verified.site) == f"news-acme@{django_settings.MAIL_HOST}"
    post_office.deliver()
    [letter] = [one for one in post_office.to("ann@acme.example") if "gone" in one.subject]
    assert letter.subject == "Records of shop.example are gone"
    assert any(link.endswith(domain.get_absolute_url()) for link in letter.links)
    publish_records(name_server, verified)
    with working_for(verified.site.pk):
        SendingDomain.objects.update(checked_at=timezone.now() - timedelta(days=1))
    tasks.check_domains()
    assert domain_of(verified).is_verified


def test_silent_name_servers_break_nothing(verified, sign_in, name_server, monkeypatch):
    monkeypatch.setattr(lookup, "ONE_TRY", 0.1)
    monkeypatch.setattr(lookup, "ALL_TRIES", 0.2)
    name_server.silent = {"_mail-proof.shop.example", "bounce.shop.example"}
    domain = check(sign_in(verified.owner), verified)
    assert domain.is_verified
    assert [f["state"] for f in domain.findings][:1] == ["silent"]


def test_a_new_key_signs_when_its_record_is_seen(verified, sign_in, name_server):
    client, site = sign_in(verified.owner), verified.site.pk
    number = domain_of(verified).number
    for _ in range(2):  # a double click makes one
        client.post(verified.url(f"mail/domains/{number}/keys/"))
    keys = {key.selector: key.state for key in domain_of(verified).keys.all()}
    assert keys == {f"s{site}-1": KeyState.ACTIVE, f"s{site}-2": KeyState.NEW}
    assert check(client, verified).is_verified  # its record may wait
    assert [s.selector for s in keyring.identity_of(site, "shop.example", 2).signers] == [
        f"s{site}-1"
    ]
    publish_records(name_server, verified)
    check(client, verified)
    keyring.forget()
    [signer] = keyring.identity_of(site, "shop.example", 2).signers
    assert signer.selector == f"s{site}-2"
    page = client.get(verified.url(f"mail/domains/{number}/")).content.decode()
    assert f"s{site}-1 does not sign any more" in page
    with working_for(site):
        DkimKey.objects.update(retired_at=timezone.now() - timedelta(days=8))
        tidy_keys()
        assert [key.selector for key in DkimKey.objects.all()] == [f"s{site}-2"]


def test_removing_asks_once_and_takes_the_keys(verified, sign_in, name_server):
    client, number = sign_in(verified.owner), domain_of(verified).number
    page = client.get(verified.url(f"mail/domains/{number}/")).content.decode()
    assert "Remove shop.example?" in page
    assert client.post(verified.url(f"mail/domains/{number}/removal/")).status_code == 302
    with working_for(verified.site.pk):
        assert not DkimKey.objects.exists()
        assert sender_email(verified.site).startswith("news-acme@")


@pytest.mark.parametrize(
    ("name", "sender", "words"),
    [
        ("shop", "news", "not a domain"),
        ("10.0.0.1", "news", "not a domain"),
        ("shop .example", "news", "not a domain"),
        ("", "news", "Enter a domain"),
        ("x.{host}", "news", "Enter one of your own"),
        ("shop.example", "new s", "Only letters"),
        ("shop.example", "a@b", "Only letters"),
        ("old.example", "news", "already"),
    ],
)
def test_bad_input_is_told_beside_the_field(acme, sign_in, name, sender, words):
    client = sign_in(acme.admin)
    add(client, acme, "old.example")
    answer = add(client, acme, name.format(host=django_settings.MAIL_HOST), sender)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_one_domain_is_used_at_a_time(verified, sign_in, name_server):
    client = sign_in(verified.owner)
    add(client, verified, "other.example", "hello")
    publish_records(name_server, verified, "other.example")
    other = check(client, verified, "other.example")
    assert not other.is_used
    facts = {"sender": "post", "is_used": "on"}
    url = verified.url(f"mail/domains/{other.number}/sender/")
    assert client.post(url, facts).status_code == 302
    with working_for(verified.site.pk):
        assert sender_email(verified.site) == "post@other.example"
    assert not domain_of(verified).is_used
    assert client.post(url, {"sender": "@", "is_used": "on"}).status_code == 422


def test_the_company_sees_the_records_of_its_mail_host(staff, company, sign_in, name_server):
    from operators.models import Role
    from operators.operations import add_operator

    with working_for(company.pk):
        add_operator(staff, role=Role.OWNER)
    client = sign_in(staff)
    page = client.get(f"/s/{company.slug}/mail/domains/").content.decode()
    assert django_settings.MAIL_HOST in page
    page = client.get(f"/s/{company.slug}/mail/domains/0/").content.decode()
    assert f"t1._domainkey.{django_settings.MAIL_HOST}" in page
    assert f"m1._domainkey.{django_settings.MAIL_HOST}" in page
    client.post(f"/s/{company.slug}/mail/domains/0/removal/")
    with working_for(company.pk):
        assert SendingDomain.objects.filter(number=0).exists()


def test_the_list_asks_few_questions(verified, sign_in, django_assert_max_num_queries):
    client = sign_in(verified.owner)
    for name in ("a.example", "b.example", "c.example"):
        add(client, verified, name)
    page = verified.url(f"mail/domains/{domain_of(verified).number}/")
    client.get(page)
    with django_assert_max_num_queries(12):
        assert "b.example" in client.get(verified.url("mail/domains/")).content.decode()
    with django_assert_max_num_queries(12):
        client.get(page)


def test_private_keys_are_sealed_and_survive_a_new_secret_key(verified, settings):
    administrator = psycopg2.connect(os.environ["DATABASE_URL"])
    with administrator, administrator.cursor() as cursor:
        cursor.execute("SELECT private FROM mail_dkimkey")
        sealed = [bytes(private) for (private,) in cursor.fetchall()]
    administrator.close()
    assert sealed
    assert all(b"\x30\x82" not in one[:20] and len(one) > 1000 for one in sealed)
    old = settings.SECRET_KEY
    with working_for(verified.site.pk):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another, longer one", [old]
        key = DkimKey.objects.select_related("domain").get()
        assert is_stale(PURPOSE, bytes(key.private))
        tidy_keys()
        key = DkimKey.objects.select_related("domain").get()
        assert not is_stale(PURPOSE, bytes(key.private))
        settings.SECRET_KEY = old
    with pytest.raises(CannotOpen):  # the old key alone does not open it any more
        signer_of(key)


def test_a_sealed_value_opens_only_where_it_belongs():
    sealed = seal("one", b"plain", bound="row:1")
    assert unseal("one", sealed, bound="row:1") == b"plain"
    assert b"plain" not in sealed
    assert seal("one", b"plain", bound="row:1") != sealed
    for purpose, octets, bound in (
        ("two", sealed, "row:1"),
        ("one", sealed, "row:2"),
        ("one", sealed[:-1] + b"x", "row:1"),
        ("one", b"", "row:1"),
    ):
        with pytest.raises(CannotOpen):
            unseal(purpose, octets, bound=bound)
