"""The question about cookies, in a browser: a no is as easy as a yes, here and on other pages."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari"
SHAPE = """button => {
  const { width, height, y } = button.getBoundingClientRect();
  const style = getComputedStyle(button);
  return { width, height, y, opacity: style.opacity, color: style.color, font: style.font,
    background: style.backgroundColor, border: style.border, shadow: style.boxShadow };
}"""
SIGNAL = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })"


@pytest.fixture
def visitor(browser: Browser, base_url: str) -> Iterator[Page]:
    """Somebody with an ordinary browser; its own name would count as a program's."""
    context = browser.new_context(base_url=base_url, user_agent=AGENT)
    yield context.new_page()
    context.close()


def the_two(bar: Locator) -> tuple[Locator, Locator]:
    """Reject and Accept: alike in size, colours, letters and line, and nothing else to press."""
    reject, accept = (bar.get_by_role("button", name=name) for name in ("Reject", "Accept"))
    assert bar.get_by_role("button").count() == 2
    assert reject.evaluate(SHAPE) == accept.evaluate(SHAPE)
    return reject, accept


def cookies(page: Page) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


@pytest.mark.policy("P4.2")
@pytest.mark.parametrize("width", [1280, 360])
def test_one_press_says_no_and_one_says_yes(visitor: Page, company: object, width: int) -> None:
    visitor.set_viewport_size({"width": width, "height": 740})
    visitor.goto("/")
    reject, _ = the_two(visitor.locator(".cookie-bar"))
    assert cookies(visitor) == {}
    reject.click()
    expect(visitor.locator(".cookie-bar")).to_have_count(0)
    assert list(cookies(visitor).values()) == ["no"]
    visitor.context.clear_cookies()
    visitor.goto("/")
    visitor.locator(".cookie-bar").get_by_role("button", name="Accept").click()
    expect(visitor.locator(".cookie-bar")).to_have_count(0)
    assert [value[22:] for value in cookies(visitor).values()] == [".sp"]


@pytest.fixture
def shop(acme: Any, base_url: str) -> Iterator[str]:
    """The address of a page of the site's own, on another host, with the script in it.

    A real server: browsers let no page from elsewhere ask this machine.
    """
    script = f"{base_url}{acme.public_url('visit.js')}"
    body = f"""<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1>
      <button data-visits="ask">Cookies</button>
      <script defer src="{script}" data-policy="/privacy"></script></html>""".encode()

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def told(page: Page) -> list[Any]:
    """What is sent to the door from now on."""
    events: list[Any] = []
    page.on("request", lambda r: events.append(r.post_data_json) if r.method == "POST" else None)
    return events


@pytest.mark.policy("P2.4", "P4.2")
def test_the_script_sends_nothing_before_a_yes_and_takes_a_no_later(
    visitor: Page, shop: str
) -> None:
    events = told(visitor)
    visitor.goto(f"{shop}bikes?name=Ann#top")
    bar = visitor.get_by_role("region", name="Cookies")
    _, accept = the_two(bar)
    assert (events, cookies(visitor)) == ([], {})
    with visitor.expect_response("**/visit") as kept:
        accept.click()
    assert kept.value.status == 204
    expect(bar).to_have_count(0)
    name = cookies(visitor)["v"]
    assert events == [{"v": name, "p": f"{shop}bikes"}]

    visitor.get_by_role("button", name="Cookies").click()
    with visitor.expect_response("**/visit") as forgotten:
        the_two(bar)[0].click()
    assert forgotten.value.status == 204
    assert events[1:] == [{"v": name, "p": f"{shop}bikes", "gone": 1}]
    assert cookies(visitor) == {"v": "no"}
    visitor.reload()
    expect(bar).to_have_count(0)
    assert len(events) == 2


@pytest.mark.policy("P4.1")
def test_a_browser_that_says_no_is_not_asked(visitor: Page, shop: str) -> None:
    visitor.add_init_script(SIGNAL)
    events = told(visitor)
    visitor.goto(shop)
    visitor.get_by_role("button", name="Cookies").click()
    visitor.evaluate("visits.accept(true)")
    expect(visitor.get_by_role("region", name="Cookies")).to_have_count(0)
    assert (events, cookies(visitor)) == ([], {})
