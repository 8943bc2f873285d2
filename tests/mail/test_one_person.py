"""Whichever way somebody comes, they are one contact with one history (P1.2)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from comm100.core.tenancy import working_for
from mail.models import Reply
from tests.mail.coming import answer
from tests.newsletter.conftest import list_with
from tests.nights import one_night
from tests.visitors.conftest import importer  # noqa: F401  a fixture
from visitors.models import Contact

CAT = "cat@acme-customers.example"


@pytest.mark.policy("P1.2")
def test_import_subscription_and_reply_of_one_person_are_one_contact(
    acme,
    importer,  # noqa: F811
    post_office,
    letter,
    comes_back,
    sign_in,
):
    """Cat is known, comes in a file, asks for a list and answers a mail: one page has it all."""
    list_with(acme)
    importer.run(f"email,name\n{CAT.upper()},Cat C.\nnew@people.example,Neo\n")
    Client().post(acme.public_url("newsletter/news/"), {"email": f" {CAT.title()} ", "name": "C"})
    post_office.deliver()
    [confirm] = [link for link in post_office.to(CAT)[-1].links if "/confirm/" in link]
    Client().post(re.sub(r"^https?://[^/]+", "", confirm))
    raw = answer(letter, "Do you mend chains, too?", sender=CAT, name="Cat")
    comes_back(letter.message["Reply-To"].addresses[0].addr_spec, raw, CAT)

    with working_for(acme.site.pk):
        assert Contact.objects.filter(email_norm=CAT).get() == acme.customer
        assert Contact.objects.count() == 2
        assert Reply.objects.get().contact == acme.customer
    operator, url = sign_in(acme.reader), acme.url(f"contacts/{acme.customer.number}/")
    page = operator.get(url).content.decode()
    assert "Confirmed the list News" in page
    assert link_of("Answered a mail", page)
    assert "Do you mend chains, too?" in operator.get(link_of("Answered a mail", page)).text
    with working_for(acme.site.pk):
        Reply.objects.update(at=timezone.now() - timedelta(days=91))
    one_night()
    page = operator.get(url).content.decode()
    assert "Answered a mail" in page
    assert not link_of("Answered a mail", page)


def link_of(words, page):
    found = re.search(rf'<a class="link" href="([^"]+)">{words}</a>', page)
    return found[1] if found else ""
