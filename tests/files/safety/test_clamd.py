"""The way to clamd: what is said there, and that nothing waits for ever."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from files.safety import clamd
from files.safety.clamd import NoAnswer, Refused
from tests.fakes.clamd import HARMFUL, NAME, FakeClamd, fake_clamd
from tests.services.programs import Program, find, missing, new_folder, wait_until

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture
def fake() -> Iterator[FakeClamd]:
    with fake_clamd(new_folder("clamd")) as running:
        yield running
        assert running.faults == []


def test_a_content_goes_there_whole_and_its_answer_comes_back(fake: FakeClamd) -> None:
    content = bytes(range(256)) * 1_000
    assert clamd.scan(fake.address, [content[:100_001], b"", content[100_001:]]) == ""
    assert fake.seen == [content]
    assert clamd.scan(fake.address, [b"x", HARMFUL]) == NAME
    assert clamd.scan(fake.address, []) == ""


def test_it_says_what_it_is(fake: FakeClamd) -> None:
    assert clamd.version(fake.address).startswith("ClamAV 1.4.6")


def test_what_is_larger_than_it_takes_is_refused_and_not_clean(fake: FakeClamd) -> None:
    with pytest.raises(Refused, match="size limit exceeded"):
        clamd.scan(fake.address, [bytes(100_000)] * 100)


@pytest.mark.parametrize("how", ["mute", "garbage", "hangs_up"])
def test_what_is_no_answer_is_not_taken_for_clean(fake: FakeClamd, how: str) -> None:
    fake.how = how
    with pytest.raises(NoAnswer):
        clamd.scan(fake.address, [b"x"], seconds=0.3)


@pytest.mark.parametrize(
    "answer", ["", "OK", "stream: ", "stream: OK FOUND OK", "stream: okay", "FOUND", " FOUND", "stream: OK\nstream: OK"]
)
def test_only_its_own_words_count(answer: str) -> None:
    if answer == "OK":
        assert clamd.found_in(answer) == ""
        return
    with pytest.raises(NoAnswer):
        clamd.found_in(answer)


@pytest.mark.parametrize("address", ["unix:///nowhere/clamd", "tcp://127.0.0.1:1"])
def test_nobody_there_is_away(address: str) -> None:
    with pytest.raises(NoAnswer):
        clamd.scan(address, [b"x"], seconds=1)
    with pytest.raises(NoAnswer):
        clamd.version(address, seconds=1)


# --- the real one, with one signature of ours -------------------------------------------------------------------------

CONFIGURATION = """
LocalSocket {home}/clamd
DatabaseDirectory {home}/signatures
Foreground yes
LogFile {home}/clamd.log
StreamMaxLength 1M
User {user}
"""


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    import getpass

    program = find("clamd", folders=[Path("/usr/sbin"), Path("/opt/homebrew/sbin")])
    if program is None:
        missing("No clamd is installed")
    home = new_folder("av")
    (home / "signatures").mkdir()
    (home / "signatures/tests.ndb").write_text(f"Test.Harmful:0:*:{HARMFUL.hex()}\n")
    (home / "clamd.conf").write_text(CONFIGURATION.format(home=home, user=getpass.getuser()))
    running = Program("clamd", [program, "-c", str(home / "clamd.conf")], home / "log")
    address = f"unix://{home}/clamd"

    def answers() -> bool:
        try:
            return clamd.version(address).startswith("ClamAV")
        except NoAnswer:
            return False

    wait_until(answers, "clamd answers", 60, alive=running)
    yield address
    running.stop()


def test_the_real_one_finds_what_is_harmful_also_within_an_archive(real: str) -> None:
    import zipfile

    assert clamd.scan(real, [b"harmless"]) == ""
    assert clamd.scan(real, [b"before " + HARMFUL[:5], HARMFUL[5:] + b" after"]) == NAME
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", HARMFUL + bytes(1_000))
    assert clamd.scan(real, [packed.getvalue()]) == NAME


def test_the_real_one_refuses_what_is_larger_than_its_limit(real: str) -> None:
    with pytest.raises(Refused, match="size limit"):
        clamd.scan(real, [bytes(200_000)] * 20)
