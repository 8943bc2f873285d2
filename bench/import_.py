"""How many rows of a CSV become contacts in a second, through the worker of the marketing lane.

Keys: rows_per_second (from the start of the import to its end, dispatch included), rows, seconds,
created, duplicates, refused, again_rows_per_second (the same file once more: all known), and
processor_us_per_row: what worker and servers together computed, which other work on the machine
changes less than the seconds.
One row in a hundred is a duplicate, one in two hundred is refused; the site has custom fields.
"""

import random
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from django.core.files import File

from accounts.models import User
from accounts.operations import found_site
from bench import note, running
from comm100.core.tenancy import working_for
from operators.models import Operator
from visitors.importing.dialect import Dialect
from visitors.importing.preview import preview_of
from visitors.models import Consent, Import
from visitors.operations.imports import Plan, start_import, upload

FIRST = "Anna Ben Carla David Elena Frank Greta Hugo Ines Jonas Klara Liam Maria Noah Olga Paul Zoë"
LAST = "Schmidt Meyer Fischer Weber Wagner Becker Hoffmann Koch Bauer Klein Wolf Neumann Müller"
CITIES = "Berlin Paris Roma London Köln Wien Oslo Praha Madrid Lisboa"
HOSTS = ("gmail.example", "web.example", "mail.example", "yahoo.example")
MAPPING = {"0": "email", "1": "first_name", "2": "last_name", "3": "new:City", "4": "new:Plan"}


def run(quick: bool) -> dict[str, Any]:
    rows = 100_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        _write(path, rows)
        note(f"{rows:,} rows, {path.stat().st_size / 2**20:.0f} MB")
        owner = _owner()
        with running("worker-marketing"):
            before = _computed()
            first = _import(owner, path)
            computed = _computed() - before
            again = _import(owner, path)
    seconds = first.seconds
    return {
        "rows_per_second": round(first.rows / seconds),
        "rows": first.rows,
        "seconds": round(seconds, 2),
        "processor_us_per_row": round(computed / first.rows * 1e6, 1),
        "created": first.created,
        "duplicates": first.duplicates,
        "refused": first.refused,
        "again_rows_per_second": round(again.rows / again.seconds),
    }


def _computed() -> float:
    """Seconds of processor time of all processes below this one, those that ended included."""
    below = psutil.Process().children(recursive=True)
    return sum(sum(process.cpu_times()[:4]) for process in below)


def _write(path: Path, rows: int) -> None:
    pick = random.Random(1).choice  # the same file in every run
    first, last, cities = FIRST.split(), LAST.split(), CITIES.split()
    address = ""
    with path.open("w") as file:
        file.write("E-Mail;Vorname;Nachname;City;Plan\n")
        for n in range(rows):
            a, b = pick(first), pick(last)
            at = "" if n % 200 == 42 else "@"
            host = pick(HOSTS) if n % 3 else f"company{n % 5003}.example"
            if n % 100 != 99:  # else the row before comes again
                address = f"{a[:2].lower()}.{b.lower().replace('ü', 'ue')}{n}{at}{host}"
            file.write(f"{address};{a};{b};{pick(cities)};{'free' if n % 4 else 'paid'}\n")


def _owner() -> Operator:
    user = User.objects.create(email="owner@import.example", name="Owner")
    site = found_site(by=user, web_url="https://import.example")
    with working_for(site.pk):
        return Operator.objects.select_related("user").get(user=user)


def _import(owner: Operator, path: Path) -> Import:
    with working_for(owner.site_id), path.open("rb") as content:
        run = upload(File(content, name="people.csv"), by=owner)
    with working_for(owner.site_id):
        dialect = Dialect.stored(run.dialect)
        header = preview_of(run.path, dialect).header
        plan = Plan(dialect, MAPPING, Consent.DECLARED, "They are customers", {}, header)
        start_import(run, plan, by=owner)
    while not run.is_over:
        time.sleep(0.1)
        with working_for(owner.site_id):
            run.refresh_from_db()
    if run.state != Import.State.DONE:
        raise RuntimeError(run.problem)
    note(f"{run.rows:,} rows in {run.seconds:.1f} s")
    return run
