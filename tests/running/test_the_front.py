"""What Caddy says while the web process is down: a page of its own, and nothing from elsewhere."""

import base64
import re
from hashlib import sha256
from textwrap import dedent

import pytest
from django.conf import settings

pytestmark = pytest.mark.no_db

FRONT = (settings.BASE_DIR / "Caddyfile").read_text()
DOWN = FRONT.partition("handle_errors 502 503 504 {")[2]


def page() -> str:
    """As Caddy sends it: without the indentation of the marker that ends it."""
    found = re.search(r"<<HTML\n(.*\n)\s*HTML 503\n", DOWN, re.DOTALL)
    assert found
    return dedent(found[1])


def test_the_style_of_the_page_is_the_one_that_its_policy_allows():
    (style,) = re.findall(r"<style>(.*?)</style>", page(), re.DOTALL)
    allowed = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{allowed}'" in DOWN


def test_the_page_asks_nobody_for_anything_and_says_when_to_come_back():
    for other in ("<script", "src=", "href=", "url(", "://"):
        assert other not in page()
    assert "We will be back in a moment" in page()
    assert "Retry-After 30" in DOWN
