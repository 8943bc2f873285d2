"""Make the pictures of a campaign's report anew that the home page and the README show.

bin/serve --port 8000 --data /tmp/fresh
.venv/bin/python -m tests.browser.pictures http://127.0.0.1:8000
"""

import argparse
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from comm100.embedded import ROOT, chromium

OWNER, PASSWORD = "owner@northwind.example", "two wheels good"  # of the demo
REPORT = "/s/northwind/newsletter/1/"
SHARP = 1.5  # pixels for one of the page
# Playwright writes no WebP; the browser does.
TO_WEBP = """async (png) => {
  const picture = new Image();
  picture.src = "data:image/png;base64," + png;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", 0.85).split(",")[1];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="where the demo runs that nobody changed")
    url = parser.parse_args().url
    images = ROOT / "static" / "img"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.arguments()
        )
        _write(images / "report-light.webp", _webp(browser, _report(browser, url, "light", 800)))
        _write(images / "report-dark.webp", _webp(browser, _report(browser, url, "dark", 800)))
        _write(ROOT / "docs" / "pictures" / "report.png", _report(browser, url, "light", 860))
        browser.close()


def _report(browser: Browser, url: str, scheme: Literal["light", "dark"], height: int) -> bytes:
    page = browser.new_page(
        base_url=url,
        viewport={"width": 1200, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=SHARP,
    )
    _sign_in(page)
    page.goto(REPORT)
    page.wait_for_load_state("networkidle")  # the letter in its frame, too
    return page.screenshot()


def _sign_in(page: Page) -> None:
    page.goto("/account/login/")
    page.fill("[name=login]", OWNER)
    page.fill("[name=password]", PASSWORD)
    page.click("main [type=submit]")
    page.wait_for_url("**/s/northwind/")


def _webp(browser: Browser, png: bytes) -> bytes:
    return b64decode(browser.new_page().evaluate(TO_WEBP, b64encode(png).decode()))


def _write(where: Path, content: bytes) -> None:
    where.write_bytes(content)
    print(f"{where.relative_to(ROOT)}: {len(content):,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
