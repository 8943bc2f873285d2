"""Every mail that leaves, looked at by others: `email` parses it, `dkimpy` verifies it."""

from email import message_from_bytes, policy
from typing import Any

import dkim
import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives

from comm100.core.tenancy import working_for
from mail import keyring
from mail.links import read_address
from mail.models import DkimKey, SendingDomain
from tests.mail.conftest import add_contacts
from tests.mail.test_domains import add, check, publish_records
from tests.name_server import NameServer

HOST = django_settings.MAIL_HOST
HEADERS = {
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Precedence",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
}
COVERED = {
    *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post"),
}


@pytest.fixture(autouse=True)
def _keys_of_this_test(company: Any) -> None:
    keyring.forget()


def publish_company(zone: NameServer) -> None:
    with working_for(_company_id()):
        for key in DkimKey.objects.select_related("domain"):
            zone.put("TXT", key.record_name, key.record)


def _company_id() -> int:
    domain = keyring.company_domain()
    assert domain
    return domain.site_id


def tags_of(raw: bytes) -> dict[str, str]:
    value = str(message_from_bytes(raw)["DKIM-Signature"])
    pairs = (part.partition("=") for part in value.split(";"))
    return {name.strip(): "".join(rest.split()) for name, _, rest in pairs}


def verifies(raw: bytes, zone: NameServer) -> bool:
    return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=5: zone.texts(name.decode())))


def defects_of(message: Any) -> list[Any]:
    inside = [defect for part in message.walk() for defect in part.defects]
    return inside + [d for value in message.values() for d in getattr(value, "defects", ())]


def test_every_mail_of_a_campaign_is_signed_by_the_domain_it_leaves_from(
    acme, sign_in, start, post_office, name_server
):
    client = sign_in(acme.owner)
    add(client, acme)
    publish_records(name_server, acme)
    check(client, acme)
    acme.site.standing = acme.site.Standing.TRUSTED  # a new domain of others is warmed up slowly
    acme.site.save(update_fields=["standing"])
    people: list[Any] = [(f"reader{n}@example.net", name, {}) for n, name in enumerate(NAMES)]
    add_contacts(acme, *people)
    start(acme, sender_email="news@shop.example")
    letters = post_office.deliver()
    assert len(letters) == len(people) + 1  # the cast has a customer
    for letter in letters:
        assert verifies(letter.raw, name_server)
        assert defects_of(letter.message) == []
        assert set(letter.message.keys()) >= HEADERS
        tags = tags_of(letter.raw)
        assert (tags["d"], tags["s"]) == ("shop.example", f"s{acme.site.pk}-1")
        assert (tags["a"], tags["c"]) == ("rsa-sha256", "relaxed/relaxed")
        assert set(tags["h"].split(":")) >= COVERED
        assert tags["h"].split(":").count("from") == 2
        assert letter.envelope_from.endswith("@bounce.shop.example")
        assert read_address(letter.envelope_from).purpose == "bounce"
        assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


NAMES = ["Ann", "", "Löwe  Müller", "王小明", 'O\'Brien "x" <b>', "a" * 90, "Ünï  cödé=", ". dot"]


def test_who_has_no_domain_is_signed_by_the_company(acme, start, post_office, name_server):
    add_contacts(acme, "bob@example.net")
    start(acme, sender_email=f"news-acme@{HOST}")
    [letter] = post_office.deliver() and post_office.to("bob@example.net")
    publish_company(name_server)
    assert verifies(letter.raw, name_server)
    assert (tags_of(letter.raw)["d"], tags_of(letter.raw)["s"]) == (HOST, "m1")
    assert letter.envelope_from.endswith(f"@{HOST}")


def test_nobody_signs_with_the_domain_of_another_site(
    acme, rival, sign_in, start, post_office, name_server
):
    client = sign_in(rival.owner)
    add(client, rival)
    publish_records(name_server, rival)
    assert check(client, rival).is_verified
    add_contacts(acme, "bob@example.net")
    start(acme, sender_email="news@shop.example")
    [letter] = post_office.deliver() and post_office.to("bob@example.net")
    assert tags_of(letter.raw)["d"] == HOST


def test_letters_have_a_selector_of_their_own(acme, post_office, name_server):
    letter = EmailMultiAlternatives(
        "Your  password, Zoë", "Hello  Zoë,\n.\n\n" + "long " * 300 + "\n\n", to=["zoe@example.net"]
    )
    letter.attach_alternative("<p>Hello  Zoë\t</p>\n", "text/html")
    letter.attach("a.bin", bytes(range(256)), "application/octet-stream")
    letter.send()
    post_office.deliver()
    [arrived] = post_office.to("zoe@example.net")
    publish_company(name_server)
    assert verifies(arrived.raw, name_server)
    assert not verifies(
        arrived.raw.replace(b"Auto-Submitted: auto-", b"Auto-Submitted: x-"), name_server
    )
    assert tags_of(arrived.raw)["s"] == "t1"
    assert defects_of(message_from_bytes(arrived.raw, policy=policy.default)) == []
    assert arrived.message["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in arrived.message


def test_a_second_signature_for_ed25519(acme, start, post_office, name_server, settings):
    settings.DKIM_ED25519 = True
    add_contacts(acme, "bob@example.net")
    start(acme, sender_email=f"news-acme@{HOST}")
    [letter] = post_office.deliver() and post_office.to("bob@example.net")
    publish_company(name_server)
    signed = dkim.DKIM(letter.raw)
    for place in (0, 1):
        assert signed.verify(
            place, dnsfunc=lambda name, timeout=5: name_server.texts(name.decode())
        )
    assert letter.raw.count(b"DKIM-Signature:") == 2
    assert b"a=ed25519-sha256" in letter.raw


def test_keys_are_made_once_and_kept(acme, company):
    one = keyring.identity_of(acme.site.pk, "nowhere.example", 2)
    keyring.forget()
    assert keyring.identity_of(acme.site.pk, "other.example", 2).signers[0].selector == "m1"
    assert keyring.identity_of(acme.site.pk, "other.example", 1).signers[0].selector == "t1"
    assert one.return_host == HOST
    with working_for(company.pk):
        assert DkimKey.objects.count() == 2


def test_the_ring_stays_small(acme, company, monkeypatch):
    monkeypatch.setattr(keyring, "MOST", 5)
    for number in range(20):
        keyring.identity_of(acme.site.pk, f"d{number}.example", 2)
    assert len(keyring._known) <= 5


def test_a_host_that_changes_its_name_gets_keys_for_it(acme, company, settings):
    keyring.identity_of(acme.site.pk, "x.example", 1)
    settings.MAIL_HOST = "post.example"
    keyring.forget()
    [signer] = keyring.identity_of(acme.site.pk, "x.example", 1).signers
    assert signer.domain == "post.example"
    with working_for(company.pk):
        assert SendingDomain.objects.values_list("name", flat=True).get() == "post.example"
