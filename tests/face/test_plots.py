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


def test_few_words_that_have_no_room_in_one_line_stand_in_two():
    places = ["complaint", "problem", "support", "violation", "law", "moderation"]
    picture = str(bars(places, [Series("Records", "", [3] * 6)], "Records"))
    assert [name for name in places if f">{name}</text>" in picture] == places
    first, second = (re.findall(rf'x="([\d.]+)" y="{y}">(\w+)<', picture) for y in (164, 180))
    assert (len(first), len(second)) == (3, 3)
    assert f'viewBox="0 0 {WIDTH} 186"' in picture
