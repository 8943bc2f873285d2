"""The frame of pages: what every page carries and what it does not."""

import pytest
from django.test import Client


@pytest.mark.urls("tests.face.urls")
def test_the_style_guide_shows_every_component():
    answer = Client().get("/styleguide/")
    assert answer.status_code == 200
    assert "<c-" not in answer.text
