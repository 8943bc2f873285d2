"""The component kit: states, people, icons, fields, and what pages load."""

import json
import re
import zipfile
from pathlib import Path

import lucide
import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string

from comm100.core.templatetags.face import browser, initials, tone, words

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/140.0 Safari/537.36 Edg/140.0"

pytestmark = pytest.mark.no_db


class Letter(forms.Form):
    email = forms.EmailField(help_text="Where it goes.")
    note = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)


class Choosing(forms.Form):
    zone = forms.ChoiceField(choices=[("", "The usual one"), ("b", "B")], required=False)
    size = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], required=False)
    fixed = forms.CharField(required=False, disabled=True)


def shown(template: str, **facts: object) -> str:
    return Template(template).render(Context(facts))


@pytest.mark.parametrize(
    ("state", "expected"),
    [("sent", "good"), ("Moderation needed", "wait"), ("held", "wait"), ("unheard of", "")],
)
def test_a_state_has_the_dot_of_its_meaning(state, expected):
    assert tone(state) == expected


def test_people_are_short():
    assert [initials(name) for name in ("Ann Owner", "ann@x.example", "Zoë", "")] == [
        "AO", "A", "Z", "",
    ]  # fmt: skip
    assert words("moderation_needed") == "Moderation needed"
    assert [browser(agent) for agent in (FIREFOX, EDGE, "curl/8")] == [
        "Firefox on Windows", "Edge on macOS", "curl/8",
    ]  # fmt: skip


def test_every_icon_exists():
    with zipfile.ZipFile(Path(lucide.__file__).with_name("lucide.zip")) as icons:
        known = {name.removesuffix(".svg") for name in icons.namelist()}
    named = re.compile(r"""(?:lucide "|<c-[a-z]+ [^>]*icon=")([a-z0-9-]+)\"""")
    missing = {
        f"{path.name}: {icon}"
        for path in TEMPLATES
        for icon in named.findall(path.read_text())
        if icon not in known
    }
    assert missing == set()


def test_no_filter_stands_in_a_dynamic_attribute():
    """django-cotton 2.8 would silently use the default instead."""
    trap = re.compile(r"<c-[^>]*\s:[a-z-]+=\"[^\"]*\|")
    assert [path.name for path in TEMPLATES if trap.search(path.read_text())] == []


def test_an_error_stands_beside_its_field_and_belongs_to_it():
    form = Letter({"email": "nobody", "kind": "a"}, auto_id="id_%s")
    field = re.sub(
        r"\s+", " ", render_to_string("django/forms/field.html", {"field": form["email"]})
    )
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_email_helptext id_email_error"' in field
    assert re.search(r'id="id_email_error">.*Enter a valid email address', field)
    assert 'id="id_email_helptext">Where it goes.' in field


def test_optional_fields_say_so_and_groups_have_a_legend():
    form = Letter(auto_id="id_%s")
    assert "optional" in form["note"].as_field_group()
    assert "optional" not in form["email"].as_field_group()
    assert "<legend>Kind</legend>" in form["kind"].as_field_group()
    assert str(form).count('class="field') == 3


def test_what_always_has_a_value_is_not_optional():
    form = Choosing(auto_id="id_%s")
    shown = [name for name in form.fields if "optional" in form[name].as_field_group()]
    assert shown == ["zone"]


def test_what_a_component_is_given_is_escaped():
    button = shown('<c-button label="{{ name }}" icon="x" />', name='"><script>')
    assert "<script>" not in button


def test_modules_find_each_other_by_name():
    page = shown("{% importmap %}", csp_nonce="once")
    imports = json.loads(page.partition(">")[2].removesuffix("</script>"))["imports"]
    assert page.startswith('<script type="importmap" nonce="once">')
    asked = {
        name
        for path in Path(settings.BASE_DIR, "static", "js").rglob("*.js")
        for name in re.findall(r'(?:from|import) "([^"]+)"', path.read_text())
    }
    assert asked <= set(imports)


def test_a_custom_element_fits_on_one_screen():
    long = {
        path.name
        for path in Path(settings.BASE_DIR, "static", "js", "elements").glob("*.js")
        if sum(map(bool, path.read_text().splitlines())) > 60  # blank ones are free
    }
    assert long == set()
