"""Staff write to users: maintenance to everybody, news to who did not say no (P3.2, P7.4)."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from newsletter.models import NewsletterList, Subscriber
from operators.models import Operator, Role
from tests.conftest import make_user
from tests.staff.conftest import with_second_factor
from visitors.models import Choice, Kind, Receipt
from visitors.operations import states_of
from website import tasks
from website.members import contact_of, product_news_list
from website.models import Notice

URL, CHOICES = "/staff/notices/", "/account/choices/"
NOTICE = {
    "subject": "Maintenance on Thursday",
    "text": "The service is away for about an hour.\nYou need not do anything.",
    "begins": "2026-12-03T22:00",
    "ends": "2026-12-03T23:00",
    "time_zone": "Europe/Berlin",
    "audience": Notice.Audience.ALL,
    "slug": "",
}
ANN = "ann@acme.example"


def written(client, **changes):
    answer = client.post(URL + "new/", NOTICE | changes)
    assert answer.status_code == 302, answer.context["form"].errors
    return answer["Location"]


def send(client, page):
    shown = client.get(page).text
    revision = re.search(r'name="revision" value="(\d+)"', shown)[1]
    return client.post(f"{page}sending/", {"revision": revision}, follow=True)


def addressed(post_office, subject):
    return sorted(one.envelope_to for one in post_office.letters if one.subject == subject)


@pytest.fixture
def known(company):
    """Makes users contacts of the company, as the beat does."""

    def known(user):
        tasks.introduce_users.delay()
        with working_for(company.pk):
            return contact_of(user)

    return known


@pytest.mark.policy("P3.2", "P7.4", "P7.1")
def test_who_said_no_to_news_and_to_everything_still_gets_what_belongs_to_the_service(
    acme, company, moderator, sign_in, post_office, known
):
    """Through the pages: off with the news, then with all; the notice and the password arrive."""
    ann = sign_in(acme.owner)
    known(acme.owner.user)
    assert "checked" in ann.get(CHOICES).text
    moderator.post(URL + "newsroom/")
    for choice in ({"personalise": "on"}, {"nothing": "1"}):
        page = ann.post(CHOICES, choice, follow=True).text
        assert 'name="product_news"' in page
        assert "You said no to “What is new in the product”" in page
        subject = f"Notice {len(choice)} {next(iter(choice))}"
        send(moderator, written(moderator, subject=subject))
        write_news(moderator, company, f"News {subject}")
        post_office.deliver()
        assert ANN in addressed(post_office, subject)
        news = addressed(post_office, f"News {subject}")
        assert "ed@acme.example" in news
        assert ANN not in news
    Client().post("/account/password/reset/", {"email": ANN})
    post_office.deliver()
    assert "password" in post_office.to(ANN)[-1].subject.lower()
    ann.post(CHOICES, {"product_news": "on"})
    write_news(moderator, company, "Come back")
    post_office.deliver()
    assert ANN in addressed(post_office, "Come back")


def write_news(client, company, subject):
    """A campaign on the company's own site, to its list of product news, as any customer writes."""
    root = f"/s/{company.slug}/newsletter/"
    edit = client.post(root + "new/")["Location"]
    with working_for(company.pk):
        lists = [product_news_list().pk]
    words = {
        "subject": subject,
        "sender_name": "Comm100",
        "reply_to": "hello@company.example",
        "body": "<p>There is something new.</p>",
        "lists": lists,
        "revision": 0,
        "tab": "one",
    }
    assert client.post(edit, words).status_code == 302
    answer = client.post(edit.replace("text/", "submission/"), {"when": "now"}, follow=True)
    assert answer.status_code == 200


@pytest.mark.policy("P3.2", "P9.2")
def test_a_notice_is_previewed_then_sent_once_to_each_and_only_counted(
    acme, rival, moderator, post_office
):
    page = written(moderator)
    shown = moderator.get(page).text
    assert "Send to 8 people" in shown
    assert "3 December 2026, 22:00 to 23:00 (Europe/Berlin)" in shown
    assert "@" not in re.sub(r"(?s).*<main", "", shown)  # a count, no addresses

    first = send(moderator, page)
    assert "of 8 sent" in first.text
    assert (
        "was sent already" in moderator.post(f"{page}sending/", {"revision": 1}, follow=True).text
    )
    Notice.objects.update(filled_at=None, watermark=0)  # as if the note was lost
    tasks.go_on_with_notices.delay()
    post_office.deliver()
    tasks.go_on_with_notices.delay()
    letters = addressed(post_office, NOTICE["subject"])
    assert len(letters) == len(set(letters)) == 8
    notice = Notice.objects.get()
    assert (notice.queued, notice.sent, notice.state) == (8, 8, Notice.State.SENT)
    assert "8 of 8 sent" in moderator.get(page).text
    [letter] = post_office.to(ANN)
    assert letter.message.get_content_type() == "text/plain"
    assert "cannot be switched off" in letter.text
    assert letter.links == [f"{settings.PUBLIC_URL}/account/choices/"]
    assert "List-Unsubscribe" not in letter.message


@pytest.mark.policy("P3.2")
def test_a_notice_goes_to_whom_it_was_written(acme, rival, moderator, post_office):
    for subject, changes in (
        ("Owners", {"audience": Notice.Audience.OWNERS}),
        ("Acme", {"audience": Notice.Audience.SITE, "slug": "acme"}),
    ):
        send(moderator, written(moderator, subject=subject, **changes))
    post_office.deliver()
    assert addressed(post_office, "Owners") == [ANN, "ann@rival.example"]
    names = ("ada", "ann", "ed", "rita")
    assert addressed(post_office, "Acme") == [f"{name}@acme.example" for name in names]


@pytest.mark.policy("P7.4")
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"text": "Dear {{ name }}, buy"}, "Write plain text"),
        ({"text": 'Look <img src="https://x.example/open.gif">'}, "Write plain text"),
        ({"subject": "<b>New</b>"}, "Write plain text"),
        ({"ends": "2026-12-03T21:00"}, "ends before it begins"),
        ({"begins": "soon"}, "Give a day and a time."),
        ({"audience": Notice.Audience.SITE, "slug": "nobody"}, "There is no such site."),
        ({"text": ""}, "Write what users have to know."),
    ],
)
def test_only_a_notice_fits_into_the_form(moderator, changes, says):
    answer = moderator.post(URL + "new/", NOTICE | changes)
    assert (answer.status_code, says in answer.text) == (422, True)
    assert not Notice.objects.exists()
    assert "cannot be opted out of" in moderator.get(URL + "new/").text


@pytest.mark.policy("P3.2", "P9.2")
def test_who_may_send_and_what_is_on_record(acme, company, moderator, staff):
    """Another edit since the preview stops it; the journal knows who sent what to how many."""
    page = written(moderator)
    moderator.post(f"{page}text/", NOTICE | {"subject": "Changed"})
    stale = moderator.post(f"{page}sending/", {"revision": 1}, follow=True)
    assert "Nothing was sent" in stale.text
    send(moderator, page)
    for path in ("text/", "removal/"):
        moderator.post(page + path, NOTICE | {"subject": "Other"})
    assert Notice.objects.get().subject == "Changed"
    with working_for(company.pk):
        entry = JournalEntry.objects.get(action="notice.sent")
    assert entry.actor == staff.actor_name
    assert (entry.detail["people"], entry.detail["audience"]) == (4, "all")
    assert "Changed" not in str(entry.detail)

    colleague = make_user("una@company.example", "Una", is_staff=True)
    assert with_second_factor(colleague).get(URL).status_code == 403
    colleague.user_permissions.add(Permission.objects.get(codename="add_notice"))
    other = with_second_factor(colleague)
    assert "Changed" in other.get(URL).text
    assert other.post(URL + "newsroom/").status_code == 403
    session = other.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
    session.save()
    answer = other.post(f"{written(other)}sending/", {"revision": 1})
    assert "reauthenticate" in answer["Location"]


@pytest.mark.policy("P4.4", "P3.2", "P7.1")
def test_who_opens_an_account_is_known_and_gets_news_unless_they_said_no(
    company, post_office, known
):
    """The receipt says why; what they chose follows them to another address."""
    states = {}
    for name, facts in (("Nora", {}), ("Otto", {"no_news": "on"})):
        client, email = Client(), f"{name.lower()}@{name.lower()}.example"
        form = {"name": name, "web_url": f"{name}.example", "email": email}
        client.post("/account/signup/", form | facts | {"password1": "a bicycle for two"})
        post_office.deliver()
        link = next(one for one in post_office.to(email)[-1].links if "confirm" in one)
        client.post(link.removeprefix(settings.PUBLIC_URL))
        user = User.objects.get(email=email)
        contact = known(user)
        with working_for(company.pk):
            states[name] = states_of(contact)[Kind.PRODUCT_NEWS]
            receipt = Receipt.objects.of(contact).last()
            assert (receipt.get_where_display(), receipt.by) == (
                "Opening an account",
                user.actor_name,
            )
    assert states == {"Nora": Receipt.State.YES, "Otto": Receipt.State.NO}
    with working_for(company.pk):
        news = NewsletterList.objects.get(kind=Kind.PRODUCT_NEWS)
        assert (news.subscribed, Subscriber.objects.subscribed().count()) == (1, 1)
        assert not Choice.objects.exclude(kind=Kind.PRODUCT_NEWS).exists()


def test_the_first_of_the_staff_who_writes_news_owns_the_companys_site(
    company, moderator, second_moderator
):
    for client in (moderator, second_moderator, moderator):
        answer = client.post(URL + "newsroom/", follow=True)
        assert "You work on" in answer.text
    with working_for(company.pk):
        roles = list(Operator.objects.order_by("number").values_list("role", flat=True))
    assert roles == [Role.OWNER, Role.EDITOR]
