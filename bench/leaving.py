"""A site is taken along and deleted: how long both take, and how much memory.

`bin/bench leaving [--recipients 200000] [--quick] [--json F]`

A site with so many contacts, each on a list and with one campaign sent to them, beside two others:
one with a tenth of them (is memory flat?), and a twin on which the plain way is tried. All is done
by the tasks' own functions, in slices as the workers run them, in a process of its own.

Keys: contacts, rows (of the copy); copy_s, copy_rows_per_second, copy_mb (the ZIP), copy_raw_mb,
copy_peak_mb and copy_peak_mb_of_a_tenth (most that the process held; begun_with_mb: when it began);
plain_copy_s (bare COPY of the same tables to a file, by the administrator), copy_ratio. purge_s,
purge_rows, purge_rows_per_second, purge_peak_mb, purge_peak_mb_of_a_tenth, plain_purge_s (DELETE of
the same tables, a table a statement, by the administrator, past the wall), purge_ratio.
"""

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from accounts.models import Site
from bench import note
from bench.world import administrator, build_others, build_site
from comm100.core.purging import LAST, purge_order
from comm100.core.storage import kept_file
from comm100.core.tenancy import working_for
from operators.copying.sources import copied_columns, copied_models
from operators.models import SiteCopy

TENTH = 10
# as the plain way does it: closed long ago, past the trigger that gives a site thirty days
OVER = "UPDATE accounts_site SET closes_at = now() - interval '1 day' WHERE id = %s"


def run(quick: bool, recipients: int = 0) -> dict[str, Any]:
    contacts = recipients or (20_000 if quick else 200_000)
    sites = {name: _built(name, contacts // part) for name, part in PARTS.items()}
    build_others(20 if quick else 200)
    facts = _copies(sites) | _purges(sites)
    return {"contacts": contacts, **facts, "load": [round(load, 2) for load in os.getloadavg()]}


PARTS = {"large": 1, "small": TENTH, "twin": 1}


def _built(name: str, contacts: int) -> Site:
    note(f"{name}: {contacts:,} contacts")
    return build_site(name, contacts)[1]


def _copies(sites: dict[str, Site]) -> dict[str, Any]:
    note("copies")
    small = _apart("copy", sites["small"])
    plain = _plain_copy(sites["large"]) / 2
    large = _apart("copy", sites["large"])
    plain += _plain_copy(sites["large"]) / 2
    with working_for(sites["large"].pk):
        copy = SiteCopy.objects.get()
        with zipfile.ZipFile(kept_file(copy.stored_as)) as archive:
            raw = sum(member.file_size for member in archive.infolist())
    return {
        "rows": copy.rows,
        "copy_s": round(large["seconds"], 2),
        "copy_rows_per_second": round(copy.rows / large["seconds"]),
        "copy_mb": round(copy.size / 2**20, 1),
        "copy_raw_mb": round(raw / 2**20, 1),
        "begun_with_mb": large["begun_with_mb"],
        "copy_peak_mb": large["peak_mb"],
        "copy_peak_mb_of_a_tenth": small["peak_mb"],
        "plain_copy_s": round(plain, 2),
        "copy_ratio": round(large["seconds"] / plain, 2),
    }


def _purges(sites: dict[str, Site]) -> dict[str, Any]:
    note("purges")
    with administrator() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for site in sites.values():
            cursor.execute(OVER, [site.pk])
        cursor.execute("SET session_replication_role = origin")
    small = _apart("purge", sites["small"])
    plain, rows = _plain_purge(sites["twin"])
    large = _apart("purge", sites["large"])
    return {
        "purge_s": round(large["seconds"], 2),
        "purge_rows": rows,
        "purge_rows_per_second": round(rows / large["seconds"]),
        "purge_peak_mb": large["peak_mb"],
        "purge_peak_mb_of_a_tenth": small["peak_mb"],
        "plain_purge_s": round(plain, 2),
        "purge_ratio": round(large["seconds"] / plain, 2),
    }


def _apart(what: str, site: Site) -> dict[str, float]:
    """In a new process, so that its memory is that of this work."""
    command = [sys.executable, "-m", "bench.leaver", what, str(site.pk)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    note(f"{what} of {site.name}: {found}")
    return found


def _plain_copy(site: Site) -> float:
    """Bare COPY of the same columns of the same rows, a file a table."""
    folder = Path(os.environ["COMM100_DATA"]) / "plain"
    folder.mkdir(exist_ok=True)
    started = time.perf_counter()
    with administrator() as cursor:
        for model in copied_models():
            table = model._meta.db_table
            columns = ", ".join(f'"{column}"' for column in copied_columns(model))
            chosen = f"SELECT {columns} FROM {table} WHERE site_id = {site.pk}"
            with (folder / table).open("wb") as file:
                cursor.copy_expert(f"COPY ({chosen}) TO STDOUT", file)
    return time.perf_counter() - started


def _plain_purge(site: Site) -> tuple[float, int]:
    """All but the journal, which nobody may delete so."""
    gone, proofs = 0, {model._meta.db_table for model in LAST}
    started = time.perf_counter()
    with administrator() as cursor:
        for table in purge_order():
            if table not in proofs:
                cursor.execute(f"DELETE FROM {table} WHERE site_id = %s", [site.pk])
                gone += cursor.rowcount
    return time.perf_counter() - started, gone
