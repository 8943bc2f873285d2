"""Where files of a site are kept: below MEDIA_ROOT, in the site's folder, under a random name."""

import errno
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

FULL = {errno.ENOSPC, errno.EDQUOT}


class DiskFull(OSError):
    """There is no room to keep a file."""


def site_path(site_id: int, kind: str, suffix: str = "") -> str:
    """A new random path for a file of a site, relative to MEDIA_ROOT."""
    return f"sites/{site_id}/{kind}/{token_hex(16)}{suffix}"


def account_path(user_id: int, kind: str, suffix: str = "") -> str:
    """A new random path for a file of a person with an account, relative to MEDIA_ROOT."""
    return f"accounts/{user_id}/{kind}/{token_hex(16)}{suffix}"


@contextmanager
def new_file(stored_as: str) -> Iterator[IO[bytes]]:
    """A file that is written here and now; nothing of it stays when the body fails."""
    path = kept_file(stored_as)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def keep_file(content: "File[Any]", *, site_id: int, kind: str, suffix: str = "") -> str:
    """Store an uploaded file for a site; answer its path relative to MEDIA_ROOT.

    Raises:
        DiskFull: nothing was kept.
    """
    path = site_path(site_id, kind, suffix)
    try:
        return str(default_storage.save(path, content))
    except OSError as error:
        if error.errno in FULL:
            default_storage.delete(path)
            raise DiskFull(error.errno, "the disk is full") from error
        raise


def kept_file(stored_as: str) -> Path:
    return Path(default_storage.path(stored_as))


def drop_file(stored_as: str) -> None:
    """Forget a stored file; one that is gone already is fine."""
    if stored_as:
        default_storage.delete(stored_as)


def drop_site(site_id: int) -> None:
    """Forget every file of a site; fine when there is none."""
    shutil.rmtree(Path(settings.MEDIA_ROOT) / "sites" / str(site_id), ignore_errors=True)


def old_files(kind: str, *, seconds: float, owner: str = "sites") -> dict[int, list[str]]:
    """Site → stored files of one kind that nobody wrote to for so long, relative to MEDIA_ROOT.

    owner: "accounts" for those of people.
    """
    root, latest = Path(settings.MEDIA_ROOT), time.time() - seconds
    found: dict[int, list[str]] = {}
    for path in root.glob(f"{owner}/*/{kind}/*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < latest:
                found.setdefault(int(path.parts[-3]), []).append(str(path.relative_to(root)))
    return found


def drop_unfinished(*, seconds: float) -> None:
    """Uploads of which a crash left the first bytes (Django names them `tmp….upload….csv`)."""
    latest = time.time() - seconds
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR or settings.MEDIA_ROOT).glob("tmp*.upload*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < latest:
                path.unlink()


def has_room(size: int) -> bool:
    """Whether `size` more bytes fit on the disk of MEDIA_ROOT, with some to spare."""
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free > size + 64 * 2**20
