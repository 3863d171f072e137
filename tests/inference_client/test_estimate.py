"""``estimate`` and ``bench``: figures from a file's header before loading, and measured ones."""

import re
from pathlib import Path

import pytest

from inference_client import config
from inference_client.commands import main
from inference_client.engines.llama_cpp import budget
from inference_client.problems import Exit
from inference_client.state import HOME_VARIABLE, Home
from tests.models import MODEL_PATH

GIB = 1024**3


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    home = Home()
    home.prepare()
    return home


def figures(said: str) -> dict[str, str]:
    return {line[:20].strip(): line[20:].strip() for line in said.splitlines() if re.match(r"[a-z ]{20}", line[:20])}


def test_the_figures_are_told_and_whether_it_fits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(budget, "available", lambda: 8 * GIB)
    assert main(["estimate", str(MODEL_PATH), "--ctx", "1024", "--slots", "2"]) == Exit.OK
    said = capsys.readouterr().out
    found = figures(said)
    assert set(found) == {"weights", "conversations", "working space", "total", "this machine"}
    assert "2 slots with 1024 tokens" in found["conversations"]
    assert found["this machine"] == "8.00 GiB"
    assert "an estimate" in found["working space"]
    assert "It fits." in said


def test_a_context_twice_as_long_needs_twice_the_memory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(budget, "gib", str)
    sizes = []
    for context, slots in (("512", "2"), ("1024", "2"), ("512", "4")):
        main(["estimate", str(MODEL_PATH), "--ctx", context, "--slots", slots])
        sizes.append(int(figures(capsys.readouterr().out)["conversations"].split()[0]))
    assert sizes[0] > 0
    assert sizes[1] == sizes[2] == 2 * sizes[0]


def test_what_does_not_fit_says_so_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(budget, "available", lambda: GIB // 20)
    assert main(["estimate", str(MODEL_PATH)]) == Exit.MODEL
    said = capsys.readouterr().out
    assert "It does not fit" in said
    assert "0.05 GiB are free" in said


def test_a_machine_that_does_not_tell_its_memory_is_not_guessed_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(budget, "available", lambda: None)
    assert main(["estimate", str(MODEL_PATH)]) == Exit.OK
    said = capsys.readouterr().out
    assert "does not tell" in said
    assert "It fits" not in said


def test_an_alias_means_its_file_and_its_numbers(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    text = f'[[model]]\nalias = "mine"\nfile = "{MODEL_PATH}"\nslots = 7\ncontext_length = 256\n'
    (home.path / config.NAME).write_text(text)
    assert main(["estimate", "mine"]) == Exit.OK
    assert "7 slots with 256 tokens" in capsys.readouterr().out
    assert main(["estimate", "mine", "--slots", "3"]) == Exit.OK
    assert "3 slots with 256 tokens" in capsys.readouterr().out


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"<html>", "no GGUF"), (b"GGUF\x03\0\0\0", "header")])
def test_what_is_no_model_is_refused(
    tmp_path: Path, content: bytes, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    for command in ("estimate", "bench"):
        assert main([command, str(path)]) == Exit.MODEL
        assert words in capsys.readouterr().err
    assert main(["estimate", str(tmp_path / "none.gguf")]) == Exit.MODEL


def test_a_model_of_an_upstream_cannot_be_estimated(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    text = '[upstream.x]\nbase_url = "http://h"\n[[model]]\nalias = "m"\nupstream = "x"\n'
    (home.path / config.NAME).write_text(text)
    assert main(["estimate", "m"]) == Exit.MODEL
    assert "upstream" in capsys.readouterr().err


# --- bench ----------------------------------------------------------------------------------------------------------


def test_bench_measures_one_two_four_and_eight_sequences(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("llama_cpp")
    command = ["bench", str(MODEL_PATH), "--threads", "1", "--tokens", "32", "--prompt", "64"]
    assert main(command) == Exit.OK
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == ["1", "2", "4", "8"]
    assert all(float(row[1]) > 0 for row in rows)
    # A model may end its answers early; then it says so instead of a number.
    assert all(cell == "unknown" or float(cell) > 0 for row in rows for cell in row[2:])


def test_bench_refuses_a_context_too_short_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", str(MODEL_PATH), "--ctx", "64"]) == Exit.MODEL
    assert "--ctx must be at least" in capsys.readouterr().err
