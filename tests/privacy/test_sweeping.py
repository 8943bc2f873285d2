"""The sweep itself: it finds what is there."""

import os
from pathlib import Path

import redis

from comm100.core.tenancy import working_for
from mail.models import Suppression
from tests.sweep import places

WORD = "canary9b4e"


def test_a_word_is_found_wherever_it_stands(acme):
    assert places(WORD) == []
    with working_for(acme.site.pk):
        acme.customer.name = f"Mr {WORD}"
        acme.customer.save()
        Suppression.objects.create(site=acme.site, address_hash=WORD.encode(), reason=1)
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    broker.lpush("sweep", f"…{WORD}…")
    file = Path(os.environ["COMM100_DATA"]) / "sweep.log"
    file.write_text(f"error: {WORD}")
    try:
        assert places(WORD) == [
            "table mail_suppression",
            "table visitors_contact",
            "broker sweep",
            "file sweep.log",
        ]
    finally:
        file.unlink()
        broker.delete("sweep")
