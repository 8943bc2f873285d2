"""A copy for a person is of one moment: what its list names is beside it, whatever others do."""

import os

import psycopg2
import pytest

from accounts.models import User
from comm100.core.addresses import address_hash
from comm100.core.personal_data import Holding
from comm100.core.tenancy import working_for
from mail.models import Outbox
from operators.models import Operator, Role
from tests.persons import EMAIL, WORD, make_contact
from tests.privacy.test_accounts_erased import copied, person, sign_in_by_form  # noqa: F401
from tests.privacy.test_contacts_erased import asked, fetched, link_in


def letter_to(site, contact=None):
    with working_for(site.pk):
        return Outbox.objects.create(
            site=site, lane=1, state=Outbox.State.SENT, address=EMAIL, contact=contact,
            address_hash=address_hash(EMAIL), content=f"To: {EMAIL}\r\n\r\n{WORD}".encode(),
        )  # fmt: skip


@pytest.fixture
def letters_go(monkeypatch):
    """All letters are deleted when the list is written and the first file is not."""
    real = Holding.copy_files

    def after_a_deletion(self, who):
        with psycopg2.connect(os.environ["DATABASE_URL"]) as administrator:
            administrator.cursor().execute("DELETE FROM mail_outbox")
        administrator.close()
        return real(self, who)

    monkeypatch.setattr(Holding, "copy_files", after_a_deletion)


def letters_in(archive):
    listed = len(archive.tables["mail.Outbox"])
    beside = [name for name in archive.files if "mail.Outbox" in name]
    return listed, len(beside)


@pytest.mark.policy("P1.2")
def test_letters_that_a_contacts_copy_lists_are_beside_it(company, client, post_office, letters_go):
    contact = make_contact(company)
    asked(client, company)
    page = link_in(post_office)
    letter_to(company, contact)
    client.post(f"{page}copy/")
    post_office.deliver()
    listed, beside = letters_in(fetched(client, link_in(post_office)))
    assert beside == 1
    assert listed >= beside
    with working_for(company.pk):
        assert not Outbox.objects.filter(content__isnull=False, contact=contact).exists()


@pytest.mark.policy("P1.2")
def test_what_stands_at_several_sites_is_of_one_moment_too(
    person,  # noqa: F811
    acme,
    company,
    letters_go,
    monkeypatch,
):
    """Their role at a site, and letters of another one, change while the account is read."""
    letter_to(company)

    def while_reading(self, who):
        if self.model is User:
            with psycopg2.connect(os.environ["DATABASE_URL"]) as administrator:
                administrator.cursor().execute("UPDATE operators_operator SET role = 4")
            administrator.close()
        return real(self, who)

    real = Holding.copy
    monkeypatch.setattr(Holding, "copy", while_reading)
    archive = copied(sign_in_by_form(person))
    assert [row["role"] for row in archive.tables["operators.Operator"]] == ["Editor"]
    assert letters_in(archive)[1] >= 1
    with working_for(acme.site.pk):
        assert Operator.objects.get(user=person).role == Role.READER
