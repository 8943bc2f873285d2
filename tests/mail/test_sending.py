"""A mailing leaves: over real SMTP, as the post role."""

from mail.models import Mailing
from tests.mail.conftest import add_contacts, fresh


def test_a_mailing_reaches_everybody_once_in_their_own_words(acme, post_office, start):
    add_contacts(acme, ("zoe@example.net", "Zoë Łuk", {"city": "Łódź"}), "plain@example.net")
    mailing = start(acme)
    post_office.deliver()

    (zoe,) = post_office.to("zoe@example.net")
    (plain,) = post_office.to("plain@example.net")
    assert zoe.subject == "News for Zoë Łuk"
    assert "Hello Zoë" in zoe.html
    assert "Löwe Łódź costs 5 &gt; 4 = yes." in zoe.html
    assert plain.subject == "News for you"
    assert "Hello friend,\n.dot and = and “quotes”" in plain.text
    mailing = fresh(mailing)
    assert mailing.state == Mailing.State.DONE
    assert (mailing.sent, mailing.total) == (3, 3)
