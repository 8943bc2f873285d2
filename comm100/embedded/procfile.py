"""The Procfile: the one list of processes, here and in docker-compose.yml."""

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from string import Template

from comm100.embedded import ROOT

COMMANDS = "*/management/commands/{}.py"


def processes(path: Path = ROOT / "Procfile") -> dict[str, str]:
    """Name → command line, in the order of the file."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split(":", 1) for line in lines if line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


def commands(env: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Name and words of each process that this version has, $NAMES filled in from `env`."""
    for name, line in processes().items():
        words = shlex.split(Template(line).safe_substitute(env))
        if _exists(words):
            yield name, words


def _exists(words: list[str]) -> bool:
    """A management command of ours may belong to a version still to come."""
    if words[:2] != ["python", "manage.py"]:
        return True
    return any(ROOT.glob(COMMANDS.format(words[2])))


def resolved(words: list[str], env: dict[str, str]) -> list[str]:
    """With the program looked up on the PATH of `env`, not on ours."""
    return [shutil.which(words[0], path=env.get("PATH", os.defpath)) or words[0], *words[1:]]
