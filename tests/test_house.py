"""The house rules which no linter knows (docs/house.md)."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from comm100.core.fortify import data_class_of, every_model
from comm100.core.tenancy import SiteForeignKey, SiteManager, SiteOwned

pytestmark = pytest.mark.no_db
ROOT = settings.BASE_DIR
OURS = [app for app in apps.get_app_configs() if app.name in settings.OUR_APPS]
MODELS = [model for app in OURS for model in app.get_models()]
FILES = sorted(
    path
    for folder in ["comm100", *(app.name for app in OURS if "." not in app.name), "bench", "tests"]
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
TEXTS = [*FILES, *TEMPLATES, *sorted((ROOT / "static").rglob("*.js"))]
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_TEMPLATE = 400, 40, 80
LIBRARY_VIEWS = ("allauth.", "django.contrib.", "unfold.", "django.views.", "csp.")
DOCUMENTS = ROOT / "templates" / "website" / "documents"


def short(path):
    return str(path.relative_to(ROOT))


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def views(resolver=None):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern.callback


def test_files_stay_small():
    long = {short(p): n for p in FILES if (n := len(p.read_text().splitlines())) > LONGEST_FILE}
    assert not long


def test_functions_stay_small():
    lengths = {f"{short(p)}:{name}": n for p in FILES for name, n in functions(p)}
    assert not {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION}
    product = sorted(n for name, n in lengths.items() if not name.startswith(("tests/", "bench/")))
    assert product[int(len(product) * 0.95)] <= 20


def test_templates_stay_small():
    long = {
        short(p): n
        for p in TEMPLATES
        if DOCUMENTS not in p.parents and (n := len(p.read_text().splitlines())) > LONGEST_TEMPLATE
    }
    assert not long


@pytest.mark.parametrize("path", [p for p in FILES if p.name != "__init__.py"], ids=short)
def test_a_module_says_in_its_first_line_what_it_is_for(path):
    first = ast.parse(path.read_text())
    named_for_itself = {"apps.py", "urls.py", "events.py"}
    assert ast.get_docstring(first) or path.name in named_for_itself


def test_nothing_is_left_open():
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    mine = Path(__file__)
    assert [short(p) for p in TEXTS if p != mine and marks.search(p.read_text())] == []


def test_no_page_styles_or_scripts_inline():
    """The content security policy would refuse them; letters (mail) may style inline."""
    inline = re.compile(r"""\s(style|on[a-z]+)=["']""")
    letters = ("/mail/", "/email/", "mjml")
    pages = [p for p in TEMPLATES if p.suffix == ".html" and not any(w in str(p) for w in letters)]
    assert [short(p) for p in pages if inline.search(p.read_text())] == []


def test_what_is_plain_in_a_letter_is_not_escaped_as_a_page_is():
    """A site called `B & C` is called so in a subject, too."""
    plain = [path for path in TEMPLATES if path.parent.name == "mail" and path.suffix == ".txt"]
    with_facts = {short(path): text for path in plain if "{{" in (text := path.read_text())}
    assert with_facts
    assert [name for name, text in with_facts.items() if "{% autoescape off %}" not in text] == []


def test_no_page_loads_from_elsewhere():
    elsewhere = re.compile(r"""<(script|link|img|iframe)[^>]*(src|href)=["'](https?:)?//""")
    assert [short(p) for p in TEMPLATES if elsewhere.search(p.read_text())] == []


@pytest.mark.parametrize("model", every_model(), ids=lambda m: m._meta.label)
@pytest.mark.policy("P9.1")
def test_every_table_says_whose_data_it_holds(model):
    assert data_class_of(model) in {"user_data", "account_data", "platform"}


@pytest.mark.parametrize(
    "model", [m for m in MODELS if issubclass(m, SiteOwned)], ids=lambda m: m._meta.label
)
def test_owned_rows_are_scoped(model):
    assert isinstance(model._default_manager, SiteManager)
    for field in model._meta.local_fields:
        owned = field.is_relation and issubclass(field.related_model, SiteOwned)
        assert not owned or isinstance(field, SiteForeignKey), field


def test_every_view_says_who_may_enter():
    silent = {
        f"{view.__module__}.{getattr(view, '__qualname__', view)}"
        for view in views()
        if not hasattr(view, "admits") and not view.__module__.startswith(LIBRARY_VIEWS)
    }
    assert {v for v in silent if ".admin." not in v and ".core.staff." not in v} == set()


def test_no_file_names_a_package_registry():
    named = re.compile(r"https?://[^ ]*(simple/|/pypi/|registry\.|pypi\.org|npmjs)")
    files = [ROOT / "requirements.lock", ROOT / "pyproject.toml", *ROOT.glob("*.yml")]
    assert [p.name for p in files if named.search(p.read_text())] == []
