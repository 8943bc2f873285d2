"""The texts that people accept: each published version under the digest it went out with."""

import pytest
from django.conf import settings

from privacy.documents import current, versions

SEALS = {
    ("policy", "2026-11-23"): "a56ebb57377443efcbe70e3eac54943bd7cb7ec1255c76a47db799a9b8545dc4",
    ("agreement", "2026-11-23"): "04cba72fa9268808048ab29a9ab3c8886741628a00ec4cef6e2d4c3960020bae",
}


@pytest.mark.policy("P11.1")
def test_a_published_version_is_never_edited():
    published = {
        (document.name, document.version): document.digest
        for name in ("policy", "agreement")
        for document in versions(name)
    }
    assert published == SEALS


@pytest.mark.parametrize("name", ["policy", "agreement"])
def test_what_sign_up_accepts_is_published(name):
    assert current(name) in versions(name)
    assert current(name).version in {settings.POLICY_VERSION, settings.AGREEMENT_VERSION}
