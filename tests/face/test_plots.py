"""Pictures of numbers."""

import re
from itertools import pairwise

import pytest

from comm100.core.plots import LETTER, WIDTH, Series, bars

pytestmark = pytest.mark.no_db
BELOW = re.compile(r'x="([\d.]+)" y="164">([^<]+)</text>')


@pytest.mark.parametrize("count", [1, 4, 34, 48])
@pytest.mark.parametrize("name", ["26 Nov {:02}:00", "{:02}:00", "{}"])
def test_words_below_the_bars_never_touch(name, count):
    places = [name.format(number) for number in range(count)]
    picture = str(bars(places, [Series("Sent", "", [3] * count)], "Sent"))
    words = [(float(x), len(text) * LETTER / 2) for x, text in BELOW.findall(picture)]
    assert words
    for (x, half), (following, other) in pairwise(words):
        assert x + half < following - other
    assert words[-1][0] + words[-1][1] <= WIDTH
