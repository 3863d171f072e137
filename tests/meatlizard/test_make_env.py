"""The file of secrets that make run writes."""

import stat
import subprocess
import sys
from pathlib import Path

from meatlizard.checks import is_key
from meatlizard.ops.make_env import complete, write
from tests.meatlizard.configured import settings_of
from tests.test_architecture import ROOT


def read(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


def test_it_holds_what_the_site_needs_to_start(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    done = subprocess.run([sys.executable, str(ROOT / "meatlizard/ops/make_env.py"), str(path)], check=True, env={})
    assert done.returncode == 0
    values = read(path.read_text())
    assert len(values["SECRET_KEY"]) >= 50
    assert is_key(values["INFERENCE_SERVER_KEY"])
    assert settings_of({"ENV_FILE": str(path)})["SECRET_KEY"] == values["SECRET_KEY"]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [".env"]


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert write(path)
    before = path.read_text()
    assert not write(path)
    assert path.read_text() == before


def test_what_an_operator_wrote_stays() -> None:
    text = complete("# mine\nSECRET_KEY=my own\nREGISTRATION=closed\nINFERENCE_SERVER_KEY=\n")
    assert text.startswith("# mine\nSECRET_KEY=my own\nREGISTRATION=closed\n")
    assert is_key(read(text)["INFERENCE_SERVER_KEY"])
    assert text.count("INFERENCE_SERVER_KEY=") == 1


def test_a_secret_in_a_file_is_not_doubled() -> None:
    text = complete("SECRET_KEY_FILE=/run/secrets/key\nINFERENCE_SERVER_KEY_FILE=/run/secrets/other\n")
    assert "SECRET_KEY=" not in text
    assert "INFERENCE_SERVER_KEY=" not in text


def test_no_two_sites_share_secrets() -> None:
    assert read(complete("")).items().isdisjoint(read(complete("")).items())
