"""Browsers on a site's pages, and what became of what they sent."""

import json
from typing import Any

from django.conf import settings

from comm100.core.tenancy import working_for
from visitors import tasks
from visitors.models import VisitCount, Visitor

BROWSER: dict[str, Any] = {
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/133.0",
    "HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5",
    "REMOTE_ADDR": "203.0.113.77",
}


def choose(browser, choice, url="/cookies/", **facts):
    return browser.post(url, {"choice": choice, **facts})


def cookie_of(browser):
    found = browser.cookies.get(settings.VISITOR_COOKIE)
    return found.value if found else ""


def move():
    tasks.move_visits.delay()


def counts(house, what):
    with working_for(house.site.pk):
        rows = VisitCount.objects.filter(what=what)
        return dict(rows.values_list("name", "count"))


def tell(browser, house, **facts):
    body = json.dumps(facts)
    return browser.post(house.public_url("visit"), body, content_type="text/plain")


def visitors_of(site):
    with working_for(site.pk):
        return list(Visitor.objects.order_by("pk"))
