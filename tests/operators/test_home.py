"""The first page of a site: what to do next, as long as there is something."""

import pytest

from operators import dashboard


@pytest.fixture
def steps(monkeypatch):
    made: list[dashboard.Step] = []
    monkeypatch.setattr(dashboard, "_steps", made)
    return made


def step(label: str, done: bool, permission: str = "site:read") -> dashboard.Step:
    return dashboard.Step(
        label=label,
        text="",
        url_name="operators:home",
        action="Go",
        permission=permission,
        done=lambda site: done,
    )


def test_open_steps_are_shown_and_done_ones_ticked_off(acme, sign_in, steps):
    steps += [step("Dig", True), step("Plant", False)]
    html = sign_in(acme.owner).get(acme.url()).content.decode()
    assert "Dig" in html
    assert "Plant" in html


def test_when_all_is_done_the_list_goes_away(acme, sign_in, steps):
    steps += [step("Dig", True), step("Plant", True)]
    assert "First steps" not in sign_in(acme.owner).get(acme.url()).content.decode()


def test_steps_that_one_may_not_take_are_not_shown(acme, sign_in, steps):
    steps += [step("Plant", False, "contacts:import")]
    assert "Plant" not in sign_in(acme.reader).get(acme.url()).content.decode()
    assert "Plant" in sign_in(acme.editor).get(acme.url()).content.decode()


def test_it_tells_what_happened(acme, sign_in):
    assert "joined as editor" in sign_in(acme.reader).get(acme.url()).content.decode()


def test_it_takes_few_queries(acme, sign_in, django_assert_max_num_queries):
    client = sign_in(acme.owner)
    client.get(acme.url())
    with django_assert_max_num_queries(12):
        client.get(acme.url())


def test_a_stranger_signs_in_and_another_site_finds_nothing(acme, rival, client, sign_in):
    assert client.get(acme.url())["Location"].startswith("/account/login/")
    assert sign_in(rival.owner).get(acme.url()).status_code == 404
