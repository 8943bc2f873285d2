"""Signed tokens: for one purpose, unchanged, and still good after the secret key was changed."""

import pytest

from comm100.core.tokens import BadToken, make_token, read_token

pytestmark = pytest.mark.no_db


def test_a_token_tells_its_numbers_for_its_own_purpose_only():
    token = make_token("unsubscribe", 12, 34)
    assert read_token("unsubscribe", token) == (12, 34)
    with pytest.raises(BadToken):
        read_token("preferences", token)


@pytest.mark.policy("P10.5")
def test_a_link_outlives_a_change_of_the_secret_key(settings):
    token = make_token("unsubscribe", 12, 34)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert read_token("unsubscribe", token) == (12, 34)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadToken):
        read_token("unsubscribe", token)
