"""The ground of every browser test: the product runs, and the browser reaches it."""


def test_the_product_answers_a_browser_with_both_lanes_at_work(page):
    answer = page.goto("/health/")
    assert answer.status == 200
    assert answer.json()["wrong"] == []
