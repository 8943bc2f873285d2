"""A site is closed: asked for by its owner, with thirty days in which it can be kept."""

import os
from datetime import datetime, timedelta

import psycopg2
from django.test import Client
from django.utils import timezone

from accounts.models import Site
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from operators import tasks
from operators.models import Invitation
from tests.conftest import PASSWORD, House
from tests.newsletter.conftest import list_with
from tests.staff.conftest import with_second_factor
from visitors.models import Contact

DELETION, KEEPING = "settings/deletion/", "settings/deletion/keeping/"


def close(house: House, client: Client):
    facts = {"name": house.site.name, "password": PASSWORD}
    return client.post(house.url(DELETION), facts)


def as_administrator(statement, *given):
    """Past triggers and the wall: time is made to pass."""
    with psycopg2.connect(os.environ["DATABASE_URL"]) as administrator:
        cursor = administrator.cursor()
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, given)
    administrator.close()


def days_pass(house: House, days: int) -> None:
    as_administrator(
        "UPDATE accounts_site SET closes_at = closes_at - make_interval(days => %s) WHERE id = %s",
        *(days, house.site.pk),
    )


def actions(house: House) -> list[str]:
    with working_for(house.site.pk):
        return list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))


def fresh(house: House) -> Site:
    return Site.objects.get(pk=house.site.pk)


def ends(house: House) -> datetime:
    closes_at = fresh(house).closes_at
    assert closes_at is not None
    return closes_at


def test_an_owner_closes_the_site_with_its_name_and_the_password(acme, sign_in, post_office):
    owner = sign_in(acme.owner)
    page = owner.get(acme.url(DELETION)).content.decode()
    assert "Not at once: there are 30 days to think again." in page
    for wrong in ({"name": "Other", "password": PASSWORD}, {"name": "Acme", "password": "no"}):
        assert owner.post(acme.url(DELETION), wrong).status_code == 422
    assert not fresh(acme).is_closing

    assert close(acme, owner).status_code == 302
    left = ends(acme) - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
    assert actions(acme)[-1] == "site.closing"
    post_office.deliver()
    for told in (acme.owner, acme.admin):
        (letter,) = post_office.to(told.user.email)
        assert "Acme is deleted on" in letter.message["Subject"]
        assert acme.url(DELETION) in letter.text
    assert post_office.to(acme.editor.user.email) == []
    assert "is deleted on" in sign_in(acme.reader).get(acme.url()).content.decode()
    assert acme.url(KEEPING) not in sign_in(acme.admin).get(acme.url()).content.decode()
    assert acme.url(KEEPING) in owner.get(acme.url("contacts/")).content.decode()


def test_nobody_else_closes_it(acme, sign_in):
    for who in (acme.admin, acme.editor, acme.reader):
        assert close(acme, sign_in(who)).status_code == 403
    assert not fresh(acme).is_closing


def test_a_week_before_the_end_there_is_another_letter_and_only_one(acme, sign_in, post_office):
    close(acme, sign_in(acme.owner))
    days_pass(acme, 22)
    tasks.tell_of_closing_sites()
    post_office.deliver()
    assert len(post_office.to(acme.owner.user.email)) == 1
    days_pass(acme, 2)
    for _ in range(2):
        tasks.tell_of_closing_sites()
    post_office.deliver()
    first, second = post_office.to(acme.owner.user.email)
    assert "In a few days" in second.text
    assert "In a few days" not in first.text


def test_it_can_be_kept_until_the_last_day(acme, sign_in, post_office):
    owner = sign_in(acme.owner)
    close(acme, owner)
    days_pass(acme, 29)
    assert sign_in(acme.admin).post(acme.url(KEEPING)).status_code == 403
    owner.post(acme.url(KEEPING))
    assert not fresh(acme).is_closing
    assert actions(acme)[-1] == "site.kept"
    post_office.deliver()
    assert post_office.to(acme.admin.user.email)[-1].message["Subject"] == "Acme stays"
    close(acme, owner)  # and closed again, for thirty days anew
    assert ends(acme) - timezone.now() > timedelta(days=29)
    days_pass(acme, 30)
    assert owner.post(acme.url(KEEPING)).status_code == 404


def test_nothing_comes_in_and_nothing_is_changed(acme, sign_in, client):
    news = list_with(acme, "zoe@example.net")
    form = acme.public_url(f"newsletter/{news.slug}/")
    assert client.get(form).status_code == 200
    close(acme, sign_in(acme.owner))
    assert client.get(form).status_code == 410
    assert client.post(form, {"email": "new@example.net"}).status_code == 410
    editor, admin = sign_in(acme.editor), sign_in(acme.admin)
    answer = editor.post(acme.url("contacts/new/"), {"email": "a@example.net"}, follow=True)
    assert "Nothing was changed: this site is being closed." in answer.content.decode()
    htmx = {"HX-Request": "true"}
    answer = editor.post(acme.url("newsletter/new/"), headers=htmx)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, acme.url())
    admin.post(acme.url("operators/invitations/"), {"name": "X", "email": "x@x.example", "role": 4})
    with working_for(acme.site.pk):
        assert not Contact.objects.filter(email__in=["a@example.net", "new@example.net"]).exists()
        assert not Invitation.objects.exists()
    assert editor.get(acme.url("contacts/")).status_code == 200  # it can be read
    assert admin.post(acme.url("journal/check/")).status_code == 200


def test_pages_offer_nothing_that_the_closing_site_would_refuse(acme, sign_in, client):
    owner, ways_out = sign_in(acme.owner), acme.public_url("your-data/")
    person, list_ = f"operators/{acme.editor.number}/", list_with(acme, "zoe@example.net")
    pages = {
        "": acme.url("newsletter/new/"),  # a first step
        person: acme.url(f"{person}removal/"),
        f"newsletter/lists/{list_.number}/": "Take zoe@example.net off the list",
        "mail/domains/": acme.url("mail/domains/new/"),
        "newsletter/lists/": acme.url("newsletter/lists/new/"),
        "contacts/": acme.url("contacts/new/"),
        "operators/": acme.url("operators/leaving/"),
        "settings/": "Save</span>",
    }
    for page, offered in pages.items():
        assert offered in main_of(owner.get(acme.url(page)))
    assert "cookie-bar" in client.get(ways_out).text
    assert "New campaign" in owner.get(acme.url("journal/")).text  # in the palette
    close(acme, owner)
    for page, offered in pages.items():
        assert offered not in main_of(owner.get(acme.url(page)))
    assert "New campaign" not in owner.get(acme.url("journal/")).text
    assert "cookie-bar" not in client.get(ways_out).text  # nobody is counted there any more
    assert "Deleted on" in owner.get("/sites/?all").text


def main_of(answer) -> str:
    """Without the side bar and the palette."""
    return answer.text.partition("<main")[2].partition("</main>")[0]


def test_an_invitation_to_a_site_that_closes_is_gone(acme, sign_in, client, post_office):
    sign_in(acme.admin).post(
        acme.url("operators/invitations/"), {"name": "X", "email": "x@x.example", "role": 4}
    )
    post_office.deliver()
    (letter,) = post_office.to("x@x.example")
    (link,) = [link for link in letter.links if "/privacy/" not in link]
    close(acme, sign_in(acme.owner))
    assert client.get(link.partition("testserver")[2]).status_code == 410


def test_staff_see_which_sites_close(acme, rival, staff, sign_in):
    close(acme, sign_in(acme.owner))
    page = with_second_factor(staff).get("/staff/accounts/site/?closes_at__isempty=0")
    assert "Acme" in page.content.decode()
    assert "Rival" not in page.content.decode()


def test_the_company_keeps_its_own_site(company, sign_in):
    from tests.privacy.test_retention import add_boss

    boss = sign_in(add_boss(company))
    assert boss.get("/s/company/settings/deletion/").status_code == 404
    facts = {"name": company.name, "password": PASSWORD}
    assert boss.post("/s/company/settings/deletion/", facts).status_code == 404
