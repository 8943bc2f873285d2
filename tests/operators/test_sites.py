"""Where people land: their only site, a choice, or a beginning."""

from accounts.models import Site
from comm100.core.tenancy import working_for
from operators.models import Role
from operators.operations import add_operator
from tests.conftest import make_user


def test_the_only_site_opens_at_once(acme, sign_in):
    assert sign_in(acme.reader).get("/sites/")["Location"] == acme.url()
    assert "Acme" in sign_in(acme.reader).get("/sites/?all").content.decode()


def test_of_two_sites_one_chooses(acme, rival, sign_in):
    with working_for(rival.site.pk):
        add_operator(acme.owner.user, role=Role.READER)
    html = sign_in(acme.owner).get("/sites/").content.decode()
    assert acme.url() in html
    assert rival.url() in html


def test_nobody_sees_a_site_of_others(acme, rival, sign_in):
    assert rival.url() not in sign_in(acme.owner).get("/sites/?all").content.decode()


def test_who_works_nowhere_is_told_how_to_begin(acme, sign_in):
    html = sign_in(make_user("lone@ly.example", "Lone")).get("/sites/").content.decode()
    assert "/sites/new/" in html


def test_a_user_makes_another_site(acme, sign_in):
    client = sign_in(acme.owner)
    answer = client.post("/sites/new/", {"name": "Acme Repairs", "web_url": "repairs.example"})
    site = Site.objects.get(name="Acme Repairs")
    assert answer["Location"] == site.get_absolute_url()
    assert client.get(site.get_absolute_url()).status_code == 200
    assert site.standing == Site.Standing.MODERATION_NEEDED


def test_a_site_needs_a_web_address(acme, sign_in):
    answer = sign_in(acme.owner).post("/sites/new/", {"name": "Acme Repairs", "web_url": ""})
    assert answer.status_code == 422
    assert "Acme Repairs" in answer.content.decode()


def test_a_stranger_signs_in_first(client):
    assert client.get("/sites/")["Location"] == "/account/login/?next=/sites/"
