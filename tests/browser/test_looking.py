"""What nobody should meet on any page: barriers (axe), sideways scrolling, refused styles."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.conftest import House

OUT = ["/styleguide/", "/account/login/", "/account/signup/", "/account/password/reset/", "/"]
ACCOUNT = ["/account/profile/", "/account/email/", "/account/2fa/", "/account/sessions/", "/sites/"]
WORK = ["", "contacts/", "newsletter/", "operators/", "settings/", "journal/"]
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,
}


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console complains of, above all what the CSP refused."""
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def faults_of(page: Page, path: str, complaints: list[str]) -> Iterator[str]:
    """Look at `path` wide and dark, then narrow and light."""
    for width, scheme in [(1280, "dark"), (360, "light")]:
        where = f"{path} {width} px {scheme}"
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        complaints.clear()
        answer = page.goto(path)
        if answer is None or answer.status != 200:
            yield f"{where}: {answer and answer.status}"
            return
        yield from (f"{where}: {complaint}" for complaint in complaints)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            yield f"{where}: scrolls sideways"
        for fault in Axe().run(page, options=OPTIONS).response["violations"]:
            nodes = [node["html"][:160] for node in fault["nodes"][:3]]
            yield f"{where}: {fault['id']}: {fault['help']} {nodes}"


def test_pages_outside_have_no_barriers(page: Page, company: object, complaints: list[str]) -> None:
    faults = [fault for path in OUT for fault in faults_of(page, path, complaints)]
    assert not faults, "\n".join(faults)


def test_pages_at_work_have_no_barriers(
    page: Page, acme: House, sign_in_here: Callable[..., None], complaints: list[str]
) -> None:
    sign_in_here(acme.owner)
    paths = [*ACCOUNT, *map(acme.url, WORK)]
    faults = [fault for path in paths for fault in faults_of(page, path, complaints)]
    assert not faults, "\n".join(faults)
