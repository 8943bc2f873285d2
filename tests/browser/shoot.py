"""Take pictures of pages of a running product, wide and narrow, light and dark.

    bin/serve --port 8000
    .venv/bin/python -m tests.browser.shoot http://127.0.0.1:8000 pictures \
        --sign-in owner@northwind.example:password /s/northwind/ /s/northwind/contacts/
"""

import argparse
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from comm100.embedded import chromium

SIZES = [(1280, 800), (360, 740)]


def main() -> None:
    wanted = arguments()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.arguments()
        )
        for (width, height), scheme in product(SIZES, ["light", "dark"]):
            page = open_page(browser, wanted, width, height, scheme)
            for path in wanted.paths:
                name = path.strip("/").replace("/", "-") or "home"
                page.goto(path)
                page.screenshot(
                    path=wanted.folder / f"{name}-{width}-{scheme}.png", full_page=wanted.whole
                )
        browser.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--sign-in", metavar="E-MAIL:PASSWORD", default="")
    parser.add_argument("--whole", action="store_true", help="the whole page, not its first screen")
    return parser.parse_args()


def open_page(
    browser: Browser, wanted: argparse.Namespace, width: int, height: int, scheme: str
) -> Page:
    page = browser.new_page(
        base_url=wanted.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    if wanted.sign_in:
        email, _, password = wanted.sign_in.partition(":")
        page.goto("/account/login/")
        page.fill("[name=login]", email)
        page.fill("[name=password]", password)
        page.click("main [type=submit]")
        page.wait_for_url(lambda url: "/account/login/" not in url)
    return page


if __name__ == "__main__":
    main()
