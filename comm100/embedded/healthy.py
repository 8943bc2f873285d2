"""`python -m comm100.embedded.healthy PART`: the health check of one container, by /health/.

web answers at all; a worker's probe came through its lane; beat sends probes at all; the door
for mail says hello.
"""

import json
import os
import socket
import sys
from typing import Any

from comm100.core.egress import NoAnswer
from comm100.embedded.ourselves import ask_ourselves

LANES = {"worker-transactional", "worker-marketing"}


def main(part: str, url: str = "") -> int:
    if part == "inbound":
        return 0 if _says_hello(int(os.environ["INBOUND_PORT"])) else 1
    url = url or f"http://{'127.0.0.1' if part == 'web' else 'web'}:8000/health/"
    try:
        told = _ask(url)
    except (NoAnswer, ValueError) as error:
        print(error)
        return 1
    print(told["wrong"])
    return 0 if is_healthy(part, set(told["wrong"])) else 1


def is_healthy(part: str, wrong: set[str]) -> bool:
    if part == "web":
        return True
    return bool(LANES - wrong) if part == "beat" else part not in wrong


def _says_hello(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=4) as door:
            return door.recv(4) == b"220 "
    except OSError:
        return False


def _ask(url: str) -> dict[str, Any]:
    """503 tells what is wrong, too."""
    answer = ask_ourselves(url, seconds=4, headers={"Host": os.environ["COMM100_HOST"]})
    return dict(json.loads(answer.body))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
