"""Mails by another hand that the reader was never changed for: an exam, not a collection to learn.

When one of these is wrong, do not teach it: write mails of its kind into tests/mail/bounces.
"""

import json
from pathlib import Path

import pytest

from mail.reading import read_mail

FOLDER = Path(__file__).parent / "exam"
TRUTH = json.loads((FOLDER / "truth.json").read_text("utf-8"))
pytestmark = pytest.mark.no_db


def test_nearly_all_recipients_and_whether_they_are_gone_are_found_in_mails_never_seen():
    kinds = wanted = found = right = invented = 0
    for name, truth in TRUTH.items():
        reading = read_mail((FOLDER / name).read_bytes())
        kinds += reading.kind == truth["kind"]
        if truth["kind"] != "bounce":
            continue
        bounced = reading.recipients if reading.kind == "bounce" else ()
        said = {one.address.lower(): one.hard for one in bounced}
        for one in truth["recipients"]:
            wanted += 1
            hard = said.pop(one["address"].lower(), None)
            found += hard is not None
            right += hard == one["hard"]
        invented += len(said)
    assert wanted == 141
    assert found / wanted >= 0.97
    assert right / found >= 0.95
    assert kinds / len(TRUTH) >= 0.95
    assert invented <= 1
