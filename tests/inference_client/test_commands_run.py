"""What ``run`` makes of the configuration and the command line, and the commands that speak to a running client."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inference_client import config, control
from inference_client.commands import main, parser
from inference_client.commands.configuration import configuration
from inference_client.commands.running import overridden
from inference_client.config import Config
from inference_client.control import Request, State
from inference_client.problems import Exit, Problem
from inference_client.protocol import keys
from inference_client.state import HOME_VARIABLE, Home, Site
from tests.fakes.upstream import FakeUpstream
from tests.inference_client.fake_site import NODE

TWO = """\
[client]
log_level = "warning"
[limits]
max_slots = 8
[[model]]
alias = "small"
file = "small.gguf"
slots = 2
[upstream.cluster]
base_url = "http://127.0.0.1:1"
[[model]]
alias = "big"
upstream = "cluster"
slots = 16
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A paired machine's."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    home = Home()
    public = keys.public_to_text(keys.public_bytes(keys.generate()))
    home.remember(Site(url="http://127.0.0.1:1", server_public=public, node=NODE, name="mac"), keys.generate())
    (home.path / config.NAME).write_text(TWO)
    return home


def run(home: Home, *arguments: str) -> Config:
    """The configuration that ``run`` would run."""
    options = parser().parse_args(["run", *arguments])
    return overridden(configuration(options, home), options)


def test_the_configuration_is_what_runs(home: Home) -> None:
    found = run(home)
    assert [(model.alias, model.slots, model.preload) for model in found.model] == [
        ("small", 2, False),
        ("big", 16, False),
    ]
    assert (found.limits.max_slots, found.client.log_level) == (8, "warning")


def test_the_command_line_overrides_it(home: Home) -> None:
    found = run(
        home, "--slots", "3", "--ctx", "0", "--threads", "1", "--gpu-layers", "0", "--max-slots", "1",
        "--own-jobs-only", "--log-level", "debug",
    )  # fmt: skip
    small, big = found.model
    assert (small.slots, small.context_length, small.threads, small.gpu_layers) == (3, 0, 1, 0)
    assert (big.slots, big.context_length, big.threads) == (3, None, 0)
    assert (found.limits.max_slots, found.limits.own_jobs_only, found.client.log_level) == (1, True, "debug")


def test_a_model_named_on_the_command_line_runs_alone_under_the_owners_limits(home: Home) -> None:
    found = run(home, "--model", "other.gguf", "--slots", "5")
    (model,) = found.model
    assert (model.alias, model.file, model.slots, model.preload) == ("other", Path("other.gguf").absolute(), 5, True)
    assert found.limits.max_slots == 8
    (model,) = run(home, "--hf-repo", "a/b", "--hf-file", "c.gguf", "--alias", "org/c:latest").model
    assert (model.alias, model.hf_repo, model.hf_file) == ("org/c:latest", "a/b", "c.gguf")
    (model,) = run(home, "--model", "m.gguf", "--kind", "embedding", "--mmproj", "p.gguf").model
    assert (model.kind, model.mmproj) == ("embedding", Path("p.gguf"))


def test_a_machine_without_configuration_needs_a_model(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (home.path / config.NAME).unlink()
    assert run(home).model == []
    assert main(["run"]) == Exit.MODEL
    said = capsys.readouterr().err
    assert "--model" in said and "init" in said


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["--config", "absent.toml"], Exit.CONFIG, "inference_client init"),
        (["--model", "m.gguf", "--alias", "my model"], Exit.MODEL, "cannot be an alias"),
        (["--model", "m.gguf", "--alias", "x" * 101], Exit.MODEL, "cannot be an alias"),
        (["--hf-repo", "a/b"], Exit.MODEL, "belong together"),
        (["--model", "absent.gguf"], Exit.MODEL, "absent.gguf"),
    ],
)
def test_what_cannot_run_is_said_in_words(
    home: Home, arguments: list[str], exit_code: Exit, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *arguments]) == exit_code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--slots", "0"], ["--ctx", "-1"], ["--max-slots", "0"], ["--threads", "x"]])
def test_a_wrong_command_line_is_two(home: Home, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", *arguments])
    assert caught.value.code == 2


def test_check_looks_at_the_configuration(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check"])
    said = capsys.readouterr().out
    assert "2 models named, some of cluster" in said
    assert "upstream cluster does not offer big now: the upstream 127.0.0.1:1 " in said
    assert "there is no file" in said
    (home.path / config.NAME).write_text("[limits]\nmax_slots = 'x'\n")
    main(["check"])
    assert "line 2: limits.max_slots must be a whole number" in capsys.readouterr().out


async def test_check_asks_the_upstreams(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    upstream = FakeUpstream(models=("big",))
    async with upstream.running():
        text = f'[upstream.cluster]\nbase_url = "{upstream.url}"\n[[model]]\nalias = "big"\nupstream = "cluster"\n'
        (home.path / config.NAME).write_text(text)
        await asyncio.to_thread(main, ["check"])
        assert "ok       upstream cluster answers and offers big" in capsys.readouterr().out
        (home.path / config.NAME).write_text(text.replace('alias = "big"', 'alias = "absent"\nname = "absent"'))
        await asyncio.to_thread(main, ["check"])
        said = capsys.readouterr().out
        assert "PROBLEM  upstream cluster: " in said
        assert "absent" in said


# --- init -----------------------------------------------------------------------------------------------------------


def test_init_writes_a_configuration_once(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == Exit.CONFIG
    assert "--force" in capsys.readouterr().err
    assert (home.path / config.NAME).read_text() == TWO
    assert main(["init", "--force"]) == Exit.OK
    assert "is kept as" in capsys.readouterr().out
    assert (home.path / f"{config.NAME}.backup1").read_text() == TWO
    elsewhere = tmp_path / "elsewhere.toml"
    assert main(["init", "--config", str(elsewhere)]) == Exit.OK
    assert config.load(elsewhere) == Config()


# --- speaking to the running client ---------------------------------------------------------------------------------

STATE: State = {
    "version": "1",
    "pid": 1,
    "uptime": 120.0,
    "connected": True,
    "availability": {"state": "paused", "why": "quiet_hours"},
    "running": 2,
    "models": [
        {"alias": "small", "loaded": True, "slots": 4, "given": 2, "waiting": 0, "generation_tps": 31.5},
        {"alias": "big", "loaded": False, "slots": 1, "given": 0, "waiting": 3, "generation_tps": None},
    ],
    "problems": {"broken": "the file ends too early"},
    "temperature": 71.4,
    "on_battery": False,
}


@pytest.fixture
def asked(home: Home) -> Iterator[list[Request]]:
    """What a running client is asked."""
    heard: list[Request] = []
    ready, end = threading.Event(), threading.Event()

    def answer(request: Request) -> State:
        heard.append(request)
        if request.model == "ghost":
            raise Problem("unknown_model", "there is no model 'ghost' here; there are: small", Exit.CONTROL)
        return STATE

    async def serve() -> None:
        async with control.served(home.path, answer):
            ready.set()
            await asyncio.to_thread(end.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield heard
    end.set()
    thread.join(10)


def test_the_owner_pauses_resumes_and_drains(asked: list[Request], capsys: pytest.CaptureFixture[str]) -> None:
    for command, words in (
        (["pause"], "Paused. 2 jobs go on to the end."),
        (["resume"], "Resumed. The client is paused (quiet hours)."),
        (["drain"], "Draining. 2 jobs go on to the end. Then the client ends."),
        (["models", "load", "small"], "will load small"),
        (["models", "unload", "small"], "will unload small"),
    ):
        assert main(command) == Exit.OK
        assert words in capsys.readouterr().out
    assert [(request.do, request.model) for request in asked] == [
        ("pause", ""), ("resume", ""), ("drain", ""), ("load", "small"), ("unload", "small"),
    ]  # fmt: skip
    assert main(["models", "load", "ghost"]) == Exit.CONTROL
    assert "there are: small" in capsys.readouterr().err


def test_status_shows_what_the_client_does(asked: list[Request], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == Exit.OK
    said = capsys.readouterr().out
    for line in (
        "program  running",
        "link     connected",
        "work     paused (quiet hours), 2 jobs running",
        "heat     71 °C",
        "power    mains",
        "model    small: in memory, 2 of 4 slots, 31.5 tokens/s",
        "model    big: not loaded, 0 of 1 slots, 3 waiting for it",
        "PROBLEM  broken: the file ends too early",
    ):
        assert line in said
    assert main(["status", "--json"]) == Exit.OK
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["program"], found["state"]) == ("running", STATE)


@pytest.mark.parametrize("command", ["pause", "resume", "drain"])
def test_without_a_running_client_the_owners_commands_say_so(
    home: Home, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command]) == Exit.CONTROL
    assert "no inference client runs here" in capsys.readouterr().err


def test_status_tells_a_client_that_does_not_answer_from_none(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == Exit.OK
    assert "not running" in capsys.readouterr().out
    with home.lock():
        assert main(["status"]) == Exit.OK
    assert "running, and does not answer" in capsys.readouterr().out
