"""What a dialog asks can be answered by a browser without script, or one that opens none."""

import re
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.no_db

TEMPLATES = settings.BASE_DIR / "templates"
OPENER = re.compile(r"<(?:c-)?button[^<]*?command=\"show-modal\"[^>]*>")
ONLY_WITH_SCRIPT = {"palette", "keys"}  # keys that a script hears, and the places of the side bar


def openers(path: Path) -> list[str]:
    return OPENER.findall(path.read_text())


PAGES = [
    path
    for path in sorted(TEMPLATES.rglob("*.html"))
    if openers(path) and path.parent.name not in {"styleguide", "cotton"}
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_button_that_opens_a_dialog_is_replaced_without_script(path):
    found = openers(path)
    assert all("needs-js" in one for one in found)
    asked = [one for one in found if not any(f'commandfor="{n}"' in one for n in ONLY_WITH_SCRIPT)]
    assert path.read_text().count("<noscript>") >= len(asked)


def test_the_pages_that_ask_are_found():
    assert len(PAGES) > 8
