"""Visits of a site that is being closed: the script and the picture go on, nothing is counted."""

from tests.operators.test_closing import close
from tests.visitors.browsing import choose, cookie_of, counts, move, tell, visitors_of
from visitors.models import VisitCount
from visitors.visits import sites

SHOP = "https://acme.example/shop"


def test_a_site_that_closes_counts_nobody_and_still_forgets(acme, browser, sign_in):
    choose(browser, "accept")
    tell(browser, acme, p=SHOP)
    move()
    assert len(visitors_of(acme.site)) == 1
    close(acme, sign_in(acme.owner))
    sites.forget_sites()
    assert tell(browser, acme, p=SHOP).content == b"Not counted."
    picture = browser.get(acme.public_url("visit.gif"), headers={"Referer": SHOP})
    assert picture["Content-Type"] == "image/gif"
    assert browser.get(acme.public_url("cookies/")).status_code == 200
    move()
    assert counts(acme, VisitCount.What.VIEWS) == {"": 1}
    tell(browser, acme, gone=1, v=cookie_of(browser))
    move()
    assert visitors_of(acme.site) == []
