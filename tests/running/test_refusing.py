"""What is missing is said in one line, before anything starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from comm100.embedded import ROOT

pytestmark = pytest.mark.no_db
WHOLE = {
    "COMM100_SECRET_KEY": "x" * 60,
    "COMM100_HOST": "help.example.org",
    "COMM100_COMPANY": "Example",
    "DATABASE_URL": "postgres://127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SMTP_URL": "smtp://127.0.0.1:9",
}


def run(command: list[str | Path], env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr.strip()


def load_settings(env: dict[str, str]) -> tuple[int, str]:
    return run([sys.executable, "-c", "import comm100.settings"], env)


def test_production_starts_with_all_of_its_settings():
    assert load_settings(WHOLE) == (0, "")


@pytest.mark.parametrize("missing", WHOLE)
def test_production_names_the_setting_that_it_misses(missing):
    code, told = load_settings({n: v for n, v in WHOLE.items() if n != missing})
    assert code == 1
    assert told.startswith(f"{missing} is not set. It is ")
    assert "\n" not in told


def test_secrets_may_stand_in_files_that_a_vault_writes(tmp_path):
    names = ("COMM100_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SMTP_URL")
    for name in names:
        (tmp_path / name).write_text(f"{WHOLE[name]}\n")
    env = {name: value for name, value in WHOLE.items() if name not in names}
    files = {f"{name}_FILE": str(tmp_path / name) for name in names}
    told = "import comm100.settings as s; print(s.SECRET_KEY, s.SMTP_URL, file=s.sys.stderr)"
    code, said = run([sys.executable, "-c", told], env | files)
    assert (code, said) == (0, f"{WHOLE['COMM100_SECRET_KEY']} {WHOLE['SMTP_URL']}")

    (tmp_path / "SMTP_URL").unlink()
    code, said = load_settings(env | files)
    assert code == 1
    assert said == f"SMTP_URL_FILE names a file that cannot be read: {tmp_path}/SMTP_URL."


@pytest.mark.parametrize("limits", ["30,8", "0,8,3", "30,-8,3"])
def test_a_session_without_an_end_is_refused(limits):
    code, told = load_settings(WHOLE | {"COMM100_STAFF_SESSIONS": limits})
    assert code == 1
    assert told.startswith("COMM100_STAFF_SESSIONS is three numbers: ")


def test_a_list_of_stolen_passwords_that_is_not_there_is_told(tmp_path):
    name = "COMM100_STOLEN_PASSWORDS"
    code, told = load_settings(WHOLE | {name: str(tmp_path / "list.txt")})
    assert code == 1
    assert told == f"{name} names a file that cannot be read: {tmp_path}/list.txt."


def test_the_demo_has_no_weaker_sign_in_in_production():
    told = "import comm100.settings as s; raise SystemExit(s.DEMO)"
    assert run([sys.executable, "-c", told], WHOLE | {"COMM100_DEMO": "true"})[0] == 0


def test_the_demo_on_one_machine_lets_staff_in_without_a_second_factor():
    told = "import comm100.settings as s; raise SystemExit(s.DEMO)"
    local = {"COMM100_DEMO": "true", "COMM100_DEBUG": "true"}
    assert run([sys.executable, "-c", told], WHOLE | local)[0] == 1


def test_an_old_python_is_not_enough(tmp_path):
    """Every python on the PATH says that it is too old."""
    for name in ("dirname", "cmp", "cksum", "tr"):
        (tmp_path / name).symlink_to(Path("/usr/bin") / name)
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path), "COMM100_VENV": str(tmp_path / "none")}
    code, told = run(["/bin/sh", ROOT / "bin" / "serve"], env)
    assert code == 1
    assert told == "Python 3.11 or newer is needed, and none was found on the PATH."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    code, told = run([ROOT / "bin" / "serve", "--data", tmp_path / "data"], dict(os.environ))
    assert code == 1
    assert "--data" in told
