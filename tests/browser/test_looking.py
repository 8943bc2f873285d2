"""What nobody should meet on any page: barriers (axe), sideways scrolling, refused styles."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from comm100.core.tenancy import working_for
from comm100.core.tokens import make_token
from tests.conftest import House
from tests.planting import plant
from tests.test_urls import address, site_rows
from visitors.mails import YOURS

OUT = ["/styleguide/", "/account/login/", "/account/signup/", "/account/password/reset/", "/"]
OUT += [
    "/privacy/",
    "/privacy/data-map/",
    "/privacy/subprocessors/",
    "/cookies/",
    "/contact/",
    "/letterbox/",
    "/refer/",
    "/customers/",
    "/account/data/closed/",
]
ACCOUNT = ["profile/", "email/", "password/change/", "2fa/", "sessions/", "logout/"]
ACCOUNT += ["data/", "data/erasure/"]
LONG = "Donaudampfschifffahrtsgesellschaftskapitaenspatent"  # no place to break
WIDE, NARROW = (1280, "dark"), (360, "light")
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,
}


@pytest.fixture
def look(page: Page, live_url: str) -> Callable[..., str]:
    """Look at paths in one width and scheme; answers what is wrong, one fault a line.

    A request to anybody else is wrong, too (P6.1).
    """
    here = (live_url, "data:", "blob:")
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(here) else complaints.append(r.url))

    def look(paths: list[str], width: int, scheme: Literal["light", "dark"]) -> str:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        faults = [
            f"{path} ({width} px, {scheme}): {fault}"
            for path in paths
            for fault in faults_of(page, path, complaints)
        ]
        return "\n".join(faults)

    return look


def faults_of(page: Page, path: str, complaints: list[str]) -> Iterator[str]:
    complaints.clear()
    answer = page.goto(path)
    if answer is None or answer.status != 200:
        yield f"answers {answer and answer.status}"
        return
    yield from complaints
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "scrolls sideways"
    for fault in Axe().run(page, options=OPTIONS).response["violations"]:
        nodes = [node["html"][:160] for node in fault["nodes"][:3]]
        yield f"{fault['id']}: {fault['help']} {nodes}"


def pages_among(page: Page, paths: list[str]) -> list[str]:
    """Those that answer with a page of their own: no download, redirect, POST or framed mail."""
    found = []
    for path in paths:
        answer = page.request.get(path, max_redirects=0)
        is_page = answer.status == 200 and answer.headers["content-type"].startswith("text/html")
        is_page = is_page and "<html" in answer.text()  # no part of a page
        if is_page and "sandbox" not in answer.headers["content-security-policy"]:
            found.append(path)
    return found


@pytest.mark.policy("P6.1")
def test_pages_outside(company: object, look: Callable[..., str]) -> None:
    assert look(OUT, *NARROW) == ""
    assert look(OUT[:3], *WIDE) == ""


@pytest.mark.policy("P6.1")
def test_pages_of_a_person(
    acme: House, sign_in_here: Callable[..., None], look: Callable[..., str]
) -> None:
    sign_in_here(acme.owner)
    assert look(["/sites/", *(f"/account/{path}" for path in ACCOUNT)], *NARROW) == ""


@pytest.mark.policy("P6.1")
def test_every_page_of_operators(
    page: Page, acme: House, sign_in_here: Callable[..., None], look: Callable[..., str]
) -> None:
    sign_in_here(acme.owner)
    planted = plant(acme.site, 101, LONG)
    addresses = [address(name, planted, acme.site.slug) for name in site_rows()]
    paths = pages_among(page, addresses)
    assert len(paths) > 20
    assert look(paths, *NARROW) == ""
    assert look([acme.url(), acme.url("contacts/"), acme.url("newsletter/")], *WIDE) == ""


def test_pages_of_a_contact(acme: House, look: Callable[..., str]) -> None:
    with working_for(acme.site.pk):
        acme.customer.name = "A" + "very-long-name" * 12
        acme.customer.save()
    token = make_token(YOURS, acme.site.pk, acme.customer.pk)
    paths = [f"{token}/", f"{token}/erasure/", "", "sent/"]
    assert look([acme.public_url(f"your-data/{path}") for path in paths], *NARROW) == ""
