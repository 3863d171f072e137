"""The command line as a person meets it: pairing, checking, and every refusal with its exit code."""

import asyncio
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import pytest

from inference_client import __version__, checks
from inference_client.commands import default_alias, main
from inference_client.pairing import pair
from inference_client.problems import Exit, Problem
from inference_client.protocol import keys, pairing
from inference_client.state import HOME_VARIABLE, Home
from tests.inference_client.fake_site import FakeSite, fake_site
from tests.models import MODEL_PATH


class Site(NamedTuple):
    """A site in a thread of its own, since a command brings its own event loop."""

    fake: FakeSite

    def code(self) -> str:
        code = pairing.new(keys.public_bytes(self.fake.key))
        self.fake.codes.add(code.secret_text)
        return code.text


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return Home()


@pytest.fixture
def site() -> Iterator[Site]:
    ready, done = Event(), Event()
    found: list[FakeSite] = []

    async def serve() -> None:
        async with fake_site() as fake:
            found.append(fake)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield Site(found[0])
    done.set()
    thread.join(10)


@pytest.fixture
def paired(home: Home, site: Site) -> Home:
    pair(home, site.fake.url, site.code(), "my mac")
    return home


Said = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def read() -> str:
        output = capsys.readouterr()
        return output.out + output.err

    return read


def test_a_machine_is_paired_and_its_files_are_its_owners_alone(home: Home, site: Site, said: Said) -> None:
    assert main(["pair", site.fake.url, site.code(), "--name", "my mac"]) == 0
    assert keys.public_bytes(home.key()) in site.fake.enrolled
    assert (home.site().url, home.site().name) == (site.fake.url, "my mac")
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (home.key_path, home.site_path)} == {0o600}
    assert "Paired with" in said()


def test_a_used_code_is_refused_and_nothing_is_kept(home: Home, site: Site, said: Said) -> None:
    code = site.code()
    site.fake.codes.clear()
    assert main(["pair", site.fake.url, code]) == Exit.REFUSED
    assert "new code" in said()
    assert not home.key_path.exists()
    assert not home.paired()


@pytest.mark.parametrize("code", ["", "hello", "ML1-AAAAA", "ML2-AAAAA"])
def test_what_is_no_code_is_refused_before_anything_is_sent(home: Home, site: Site, said: Said, code: str) -> None:
    assert main(["pair", site.fake.url, code]) == Exit.REFUSED
    assert "code" in said()
    assert not site.fake.enrolled


def test_a_code_of_another_site_does_not_open_this_one(home: Home, site: Site) -> None:
    other = pairing.new(keys.public_bytes(keys.generate())).text
    assert main(["pair", site.fake.url, other]) == Exit.UNREACHABLE
    assert not home.paired()


def test_a_paired_machine_is_not_paired_twice_by_mistake(paired: Home, site: Site, said: Said) -> None:
    before = paired.key_path.read_bytes()
    assert main(["pair", site.fake.url, site.code()]) == Exit.NOT_PAIRED
    assert "rotate" in said()
    assert paired.key_path.read_bytes() == before


def test_rotate_changes_the_key_and_keeps_the_old_one_if_refused(paired: Home, site: Site) -> None:
    before = paired.key_path.read_bytes()
    code = pairing.new(keys.public_bytes(site.fake.key)).text
    assert main(["rotate", code]) == Exit.REFUSED
    assert paired.key_path.read_bytes() == before
    assert main(["rotate", site.code()]) == 0
    assert paired.key_path.read_bytes() != before
    assert keys.public_bytes(paired.key()) in site.fake.enrolled
    assert paired.site().name == "my mac"


def test_unpair_forgets_key_and_site(paired: Home) -> None:
    assert main(["unpair"]) == 0
    assert not paired.key_path.exists()
    assert main(["unpair"]) == Exit.NOT_PAIRED


@pytest.mark.parametrize("command", [["run", "--model", "m.gguf"], ["status"], ["check"], ["rotate", "ML1-"]])
def test_without_pairing_every_command_says_how_to_pair(home: Home, said: Said, command: list[str]) -> None:
    assert main(command) == Exit.NOT_PAIRED
    assert "pair https://your.site CODE" in said()


def test_a_key_that_others_can_read_is_refused(paired: Home, said: Said) -> None:
    paired.key_path.chmod(0o644)
    assert main(["check"]) == Exit.NOT_PAIRED
    assert "chmod 600" in said()
    assert main(["run", "--model", str(MODEL_PATH)]) == Exit.NOT_PAIRED


def test_a_folder_that_others_can_read_is_refused(paired: Home, said: Said) -> None:
    paired.path.chmod(0o755)
    assert main(["run", "--model", str(MODEL_PATH)]) == Exit.NOT_PAIRED
    assert "chmod 700" in said()


def test_a_damaged_state_file_is_said_in_words(paired: Home, said: Said) -> None:
    paired.site_path.write_text("{")
    assert main(["status"]) == Exit.NOT_PAIRED
    assert "damaged" in said()


def test_a_missing_model_is_said_in_words(paired: Home, said: Said) -> None:
    assert main(["run", "--model", "no-such.gguf"]) == Exit.MODEL
    assert "no-such.gguf" in said()
    assert main(["run"]) == Exit.MODEL
    assert "--hf-repo" in said()


def test_a_second_run_with_the_same_key_is_refused(paired: Home, said: Said) -> None:
    with paired.lock():
        assert main(["run", "--model", str(MODEL_PATH)]) == Exit.RUNNING
    assert "already runs" in said()
    with pytest.raises(Problem), paired.lock(), paired.lock():
        pass


def test_a_damaged_state_is_left_by_unpair(paired: Home, said: Said) -> None:
    paired.site_path.write_text("{")
    assert main(["unpair"]) == Exit.OK
    assert "Forgot" in said()
    assert not paired.site_path.exists()
    assert main(["unpair"]) == Exit.NOT_PAIRED


def test_status_says_whether_the_client_runs(paired: Home, said: Said) -> None:
    assert main(["status"]) == 0
    assert "not running" in said()
    with paired.lock():
        main(["status"])
    assert "not running" not in said()


@pytest.mark.parametrize("url", ["http://example.org", "ftp://example.org", "https://", "https://a b"])
def test_an_address_that_is_none_or_is_not_safe_is_refused(home: Home, site: Site, url: str) -> None:
    assert main(["pair", url, site.code()]) == Exit.UNREACHABLE
    assert not home.paired()


# --- check ----------------------------------------------------------------------------------------------------------


def test_check_finds_nothing_wrong_with_a_paired_machine(paired: Home, said: Said) -> None:
    pytest.importorskip("llama_cpp")
    assert main(["check", "--model", str(MODEL_PATH)]) == 0
    assert "PROBLEM" not in said()


def test_check_says_that_the_site_is_away(paired: Home, said: Said) -> None:
    text = paired.site_path.read_text().replace(paired.site().url, "http://127.0.0.1:1")
    paired.site_path.write_text(text)
    assert main(["check"]) == Exit.UNREACHABLE
    assert "cannot be reached" in said()


@pytest.mark.parametrize(
    ("close", "exit_code", "words"),
    [
        ((4401, "revoked"), Exit.REFUSED, "withdrawn"),
        ((4401, "unknown_key"), Exit.REFUSED, "does not know its key"),
        ((4406, "update the inference client"), Exit.VERSION, "update the inference client"),
    ],
)
def test_check_says_why_the_site_refuses(
    paired: Home, site: Site, said: Said, close: tuple[int, str], exit_code: Exit, words: str
) -> None:
    site.fake.refuse = close
    assert main(["check"]) == exit_code
    assert words in said()


def test_check_says_that_the_key_is_not_known(paired: Home, site: Site, said: Said) -> None:
    site.fake.enrolled.clear()
    assert main(["check"]) == Exit.REFUSED
    assert "bad key" in said()


@pytest.mark.parametrize(("seconds", "words"), [(86400, "24 hours behind"), (-600, "10 minutes ahead of")])
def test_check_says_that_the_clock_is_wrong(paired: Home, site: Site, said: Said, seconds: int, words: str) -> None:
    site.fake.clock = lambda: time.time() + seconds
    assert main(["check"]) == Exit.CLOCK
    assert words in said()


def test_check_does_not_mind_a_minute(paired: Home, site: Site) -> None:
    pytest.importorskip("llama_cpp")
    site.fake.clock = lambda: time.time() + 60
    assert main(["check"]) == 0


def test_check_says_that_the_model_does_not_fit_with_the_figures(
    paired: Home, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference_client.engines.llama_cpp.budget.available", lambda: 50 * 1024**2)
    assert main(["check", "--model", str(MODEL_PATH)]) == Exit.MODEL
    assert "0.05 GiB are free" in said()


def test_check_says_that_a_mac_computes_without_its_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: False)
    with pytest.raises(Problem, match="without Metal"):
        checks._backend("Darwin")
    monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: True)
    assert "with GPU" in checks._backend("Darwin")


# --- the program ----------------------------------------------------------------------------------------------------


def test_the_program_starts_without_the_native_library_or_django() -> None:
    script = (
        "import sys, inference_client.commands as c; "
        "bad = {'llama_cpp', 'django', 'numpy'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    shown = subprocess.run(
        [sys.executable, "-m", "inference_client", "--version"], check=True, capture_output=True, text=True
    )
    assert shown.stdout.strip() == __version__


@pytest.mark.parametrize(
    ("name", "alias"),
    [("Qwen3-4B-Q4_K_M.gguf", "Qwen3-4B-Q4_K_M"), ("_my model (1).gguf", "my-model-1-"), ("é.gguf", "model")],
)
def test_an_alias_is_made_from_the_file_name(name: str, alias: str) -> None:
    assert default_alias(Path(name)) == alias
