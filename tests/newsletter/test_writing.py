"""The editor: what is typed is kept, cleaned, previewed, and never overwritten silently."""

import pytest

from comm100.core.tenancy import working_for
from newsletter.models import Campaign
from newsletter.rendering import clean_body, links_in, plain_text
from tests.newsletter.conftest import campaign, list_with, words, write
from visitors.models import Contact

HTMX = {"HX-Request": "true"}


def edit_url(house, number=1):
    return house.url(f"newsletter/{number}/text/")


def test_looking_at_the_page_for_a_new_campaign_makes_none(acme, sign_in):
    sign_in(acme.editor).get(acme.url("newsletter/new/"))
    with working_for(acme.site.pk):
        assert not Campaign.objects.exists()


def test_a_double_click_makes_one_draft(acme, sign_in):
    editor = sign_in(acme.editor)
    for _ in range(2):
        editor.post(acme.url("newsletter/new/"))
    with working_for(acme.site.pk):
        assert Campaign.objects.count() == 1


@pytest.mark.parametrize(
    "rest", ["?q=%00", "lists/1/?q=%00%25", "1/preview/?contact=%00", "9999999999999999999999/"]
)
def test_strange_characters_and_numbers_find_nothing(acme, sign_in, rest):
    editor = sign_in(acme.editor)
    list_with(acme, "zoe@example.net")
    write(editor, acme)
    assert editor.get(acme.url(f"newsletter/{rest}")).status_code in {200, 404}


def test_a_list_that_is_none_is_refused_beside_the_lists(acme, sign_in):
    editor = sign_in(acme.editor)
    write(editor, acme)
    for wrong in ("x", 10**30, 999):
        answer = editor.post(edit_url(acme), words(acme, lists=[wrong], revision=1))
        assert answer.status_code == 422


def test_typing_saves_by_itself_and_the_page_learns_the_new_revision(acme, sign_in):
    editor = sign_in(acme.editor)
    edit = editor.post(acme.url("newsletter/new/"))["Location"]
    news = list_with(acme, "zoe@example.net")
    answer = editor.post(edit, words(acme, news, subject="Half a sent"), headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["HX-Trigger"] == "campaign-saved"
    assert 'name="revision" id="id_revision" value="1"' in page
    assert campaign(acme, 1).subject == "Half a sent"


def test_two_tabs_do_not_overwrite_each_other_silently(acme, sign_in):
    editor, owner = sign_in(acme.editor), sign_in(acme.owner)
    number = write(editor, acme, subject="Ed's words", tab="one")
    typed = words(acme, subject="Ann's words", tab="two")

    refused = owner.post(edit_url(acme), typed)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Somebody saved a newer version" in page
    assert "Ann&#x27;s words" in page
    assert campaign(acme, number).subject == "Ed's words"

    owner.post(edit_url(acme), typed | {"overwrite": "1"})
    assert campaign(acme, number).subject == "Ann's words"


def test_one_tab_may_save_again_although_its_answer_was_lost(acme, sign_in):
    editor = sign_in(acme.editor)
    write(editor, acme, subject="First", tab="one")
    editor.post(edit_url(acme), words(acme, subject="Second", tab="one", revision=0))
    assert campaign(acme, 1).subject == "Second"


def test_what_was_typed_stays_when_something_is_wrong(acme, sign_in):
    editor = sign_in(acme.editor)
    write(editor, acme)
    typed = words(acme, reply_to="nobody", body="<p>Long work</p>", revision=1)
    answer = editor.post(edit_url(acme), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Long work" in page
    assert 'value="nobody"' in page
    assert 'aria-invalid="true"' in page


def test_scripts_and_foreign_pictures_are_taken_out_of_the_text(acme, sign_in):
    editor = sign_in(acme.editor)
    body = (
        '<p onclick="x()">Hi<script>alert(1)</script><img src="https://spy.example/x.gif">'
        '<a href="javascript:x()">there</a><style>p{}</style></p>'
    )
    write(editor, acme, body=body)
    assert campaign(acme, 1).body == "<p>Hi<a>there</a></p>"


def test_a_line_break_in_the_subject_becomes_a_space(acme, sign_in):
    write(sign_in(acme.editor), acme, subject="News\r\nBcc: all@example.net")
    assert campaign(acme, 1).subject == "News Bcc: all@example.net"


def test_the_preview_shows_what_the_contact_would_get_and_may_do_nothing(acme, sign_in):
    editor = sign_in(acme.editor)
    write(editor, acme)
    with working_for(acme.site.pk):
        Contact.objects.update(name="<b>Cat</b> Customer")
    answer = editor.get(acme.url("newsletter/1/preview/?contact=1"))
    page = answer.content.decode()
    assert "Dear &lt;b&gt;Cat&lt;/b&gt;, come by." in page
    assert "Unsubscribe" in page
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    without = editor.get(acme.url("newsletter/1/preview/?contact=999")).content.decode()
    assert "Dear reader, come by." in without


def test_the_plain_text_part_can_be_previewed(acme, sign_in):
    editor = sign_in(acme.editor)
    write(editor, acme)
    answer = editor.get(acme.url("newsletter/1/preview/?contact=1&part=text"))
    assert answer["Content-Type"].startswith("text/plain")
    assert "Dear Cat, come by.\n" in answer.content.decode()


def test_a_field_without_fallback_is_warned_about_and_may_go(trusted, sign_in):
    editor = sign_in(trusted.editor)
    news = list_with(trusted, "zoe@example.net")
    write(editor, trusted, news, body="<p>Dear {{ first_name }}</p>")
    page = editor.get(trusted.url("newsletter/1/submission/")).content.decode()
    assert "Contacts without “first_name” get a gap." in page
    answer = editor.post(trusted.url("newsletter/1/submission/"), {"when": "now"})
    assert answer.status_code == 302


def test_what_was_sent_cannot_be_edited_only_copied(trusted, sign_in, post_office):
    editor = sign_in(trusted.editor)
    write(editor, trusted, list_with(trusted, "zoe@example.net"))
    editor.post(trusted.url("newsletter/1/submission/"), {"when": "now"})
    answer = editor.get(edit_url(trusted), follow=True)
    assert "Make a copy to edit it." in answer.content.decode()
    late = editor.post(edit_url(trusted), words(trusted, subject="Other"), headers=HTMX)
    assert late.status_code in {302, 422}
    assert campaign(trusted, 1).subject == "Autumn service week"


@pytest.mark.no_db
@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>lines</p>", "One\n\nTwo\nlines"),
        (
            "<h2>Head</h2><ul><li><p>a</p></li><li><p>b</p></li></ul><p>End</p>",
            "Head\n\n- a\n- b\n\nEnd",
        ),
        ("<ol><li><p>a</p></li><li><p>b</p></li></ol>", "1. a\n2. b"),
        (
            '<p>See <a href="https://a.example/?x=1&amp;y=2">us</a>.</p>',
            "See us <https://a.example/?x=1&y=2>.",
        ),
        ('<p><a href="mailto:a@b.example">a@b.example</a></p>', "a@b.example"),
    ],
)
def test_plain_text_is_made_from_the_body(html, text):
    assert plain_text(html) == text


@pytest.mark.no_db
@pytest.mark.parametrize(
    ("href", "is_good"),
    [
        ("https://acme.example/a?b=1", True),
        ("mailto:ann@acme.example", True),
        ("www.acme.example", False),
        ("https://acme", False),
        ("https://", False),
        ("/work", False),
    ],
)
def test_links_are_checked(href, is_good):
    (link,) = links_in(clean_body(f'<p><a href="{href}">x</a></p>'))
    assert (link.problem == "") is is_good
