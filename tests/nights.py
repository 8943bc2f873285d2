"""A night passes: the retention rules are enforced at every site."""

import os

import psycopg2

from comm100.core import nightly


def one_night() -> None:
    """A new night: what was noted of one before is forgotten."""
    with psycopg2.connect(os.environ["DATABASE_URL"]) as administrator:
        administrator.cursor().execute("DELETE FROM core_retentionrun WHERE day > current_date - 7")
    administrator.close()
    nightly.enforce_retention()
