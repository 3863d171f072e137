"""``models``: what is downloaded, found damaged, and removed only when nobody needs it."""

import hashlib
from pathlib import Path

import pytest

from inference_client import config, downloads
from inference_client.commands import main
from inference_client.downloads import Source
from inference_client.problems import Exit
from inference_client.state import HOME_VARIABLE, Home
from tests.inference_client.test_download import CONTENT, NAME, Hub, gguf_file, hub

__all__ = ["hub"]

PULLED = f"owner--name/{NAME}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    home = Home()
    home.prepare()
    return home


def pull() -> int:
    return main(["models", "pull", "owner/name", NAME])


def put(home: Home, name: str, content: bytes, *, noted: bool = True) -> Path:
    """A downloaded file."""
    path = home.models_path / "owner--name" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if noted:
        digest = hashlib.sha256(content).hexdigest()
        downloads.note(home.models_path, path, Source(repo="owner/name", sha256=digest, size=len(content)))
    return path


def test_a_model_is_pulled_listed_verified_and_removed(
    hub: Hub, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "list"]) == Exit.OK
    assert "No model yet" in capsys.readouterr().out
    assert pull() == Exit.OK
    assert (home.models_path / PULLED).read_bytes() == CONTENT
    assert main(["models", "list"]) == Exit.OK
    assert f"{PULLED}  0.00 GiB  llama" in capsys.readouterr().out
    assert main(["models", "verify"]) == Exit.OK
    assert "as the hub says" in capsys.readouterr().out
    assert main(["models", "remove", "tiny"]) == Exit.OK
    assert not (home.models_path / PULLED).exists()
    assert downloads.notes(home.models_path) == {}
    assert main(["models", "remove", "tiny"]) == Exit.MODEL


@pytest.mark.parametrize("status", [401, 403])
def test_a_private_repository_asks_for_a_token(
    hub: Hub, home: Home, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.status = status
    assert pull() == Exit.DOWNLOAD
    assert "HF_TOKEN" in capsys.readouterr().err


def test_a_file_that_changed_on_the_disk_is_found(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    good = put(home, "good.gguf", CONTENT)
    bad = put(home, "bad.gguf", CONTENT)
    bad.write_bytes(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))
    assert main(["models", "verify"]) == Exit.MODEL
    said = capsys.readouterr().out
    assert "ok       owner--name/good.gguf" in said
    assert "PROBLEM  owner--name/bad.gguf has changed" in said
    assert main(["models", "verify", "good"]) == Exit.OK
    good.write_bytes(CONTENT[:100])
    assert main(["models", "verify", "good.gguf"]) == Exit.MODEL
    assert "100 bytes instead of" in capsys.readouterr().out


def test_what_nobody_noted_is_checked_by_itself(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    put(home, "own.gguf", CONTENT, noted=False)
    put(home, "cut.gguf", CONTENT[:30], noted=False)
    put(home, "page.gguf", b"<html>", noted=False)
    put(home, "half.gguf.part", CONTENT[:500], noted=False)
    (home.models_path / downloads.NAME).write_text("{damaged")
    assert main(["models", "verify"]) == Exit.MODEL
    said = capsys.readouterr().out
    assert "ok       owner--name/own.gguf: llama" in said
    assert "cut.gguf ends inside its header" in said
    assert "page.gguf is no GGUF file" in said
    assert "half.gguf.part is not whole" in said
    assert main(["models", "list"]) == Exit.OK
    assert "damaged: " in capsys.readouterr().out


def test_a_name_must_be_unmistakable(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    put(home, "one-4B.gguf", CONTENT)
    put(home, "one-8B.gguf", CONTENT)
    for name in ("one", "two", ""):
        assert main(["models", "remove", name]) == Exit.MODEL
        assert "models list" in capsys.readouterr().err
    assert main(["models", "remove", "8b"]) == Exit.OK
    assert [item.path.name for item in downloads.found(home.models_path)] == ["one-4B.gguf"]


def test_a_model_in_parts_is_removed_whole(home: Home) -> None:
    for number in (1, 2):
        put(home, f"big-{number:05d}-of-00002.gguf", gguf_file(number, 10))
    put(home, "big-00001-of-00003.gguf.part", b"x", noted=False)
    put(home, "bigger.gguf", CONTENT)
    assert main(["models", "remove", "big-00002-of-00002.gguf"]) == Exit.OK
    left = {item.path.name for item in downloads.found(home.models_path)}
    assert left == {"bigger.gguf", "big-00001-of-00003.gguf.part"}


def test_what_the_configuration_names_is_not_removed_by_mistake(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(home, "model.gguf", CONTENT)
    text = '[[model]]\nalias = "mine"\nhf_repo = "owner/name"\nhf_file = "model.gguf"\n'
    (home.path / config.NAME).write_text(text + '[[model]]\nalias = "away"\nfile = "away.gguf"\n')
    assert main(["models", "list"]) == Exit.OK
    said = capsys.readouterr().out
    assert "alias mine" in said
    assert "not there yet  alias away" in said
    assert main(["models", "remove", "model"]) == Exit.MODEL
    assert "names it as mine" in capsys.readouterr().err
    assert path.exists()
    assert main(["models", "remove", "model", "--force"]) == Exit.OK
    assert not path.exists()


def test_load_and_unload_need_a_running_client(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("load", "unload"):
        assert main(["models", verb, "mine"]) == Exit.CONTROL
        assert "no inference client runs" in capsys.readouterr().err


def test_a_damaged_configuration_stops_the_commands_that_read_it(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    put(home, "model.gguf", CONTENT)
    (home.path / config.NAME).write_text("[[model]]\nalais = 3\n")
    for command in (["models", "list"], ["models", "remove", "model"]):
        assert main(command) == Exit.CONFIG
        assert "did you mean alias?" in capsys.readouterr().err
