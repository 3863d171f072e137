"""curl and pastebinit, which nobody here wrote, against a live site, as people type them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.programs import find, missing
from tests.services.site import LiveSite, outer_environment


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    live = LiveSite(PASTE_CREATE="everyone").prepare().start()
    yield live
    live.end()


def run(argv: list[str], home: Path, text: str = "") -> str:
    done = subprocess.run(
        argv, input=text.encode(), capture_output=True, check=False, cwd=home, timeout=60,
        env=outer_environment() | {"HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def curl(home: Path, *arguments: str, text: str = "") -> str:
    if shutil.which("curl") is None:
        missing("curl is not installed")
    return run(["curl", "-sS", *arguments], home, text)


def test_curl(site: LiveSite, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("print('lizard')\n")
    by_form = curl(tmp_path, "-F", "file=@x.py", f"{site.url}/p")
    by_pipe = curl(tmp_path, "-T", "-", f"{site.url}/p/", text="from a pipe\n")
    by_name = curl(tmp_path, "-T", "x.py", f"{site.url}/p/")
    by_stdin = curl(tmp_path, "-F", "file=@-", "-Fexpires=24", f"{site.url}/p", text="from a pipe\n")
    by_binary = curl(tmp_path, "--data-binary", "@x.py", f"{site.url}/p")
    by_data = curl(tmp_path, "--data-urlencode", "content@x.py", f"{site.url}/p")
    for printed in (by_form, by_pipe, by_name, by_stdin, by_binary, by_data):
        assert re.fullmatch(rf"{re.escape(site.url)}/\S+\n", printed), printed
    assert curl(tmp_path, "-L", by_form.strip()) == "print('lizard')\n"
    assert curl(tmp_path, by_pipe.strip()) == "from a pipe\n"
    assert curl(tmp_path, by_binary.strip()) == "print('lizard')\n"
    assert curl(tmp_path, by_data.strip()) == "print('lizard')\n"


def test_curl_is_told_what_is_wrong(site: LiveSite, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"lizards\n" * 200_000)
    for send in (
        ["-F", "file=@large"],
        ["-T", "large"],
        ["-H", "Transfer-Encoding: chunked", "--data-binary", "@large"],
    ):
        said = curl(tmp_path, "-w", " %{http_code}", *send, f"{site.url}/p/")
        assert said.endswith(" 413") and "at most" in said and "<" not in said
    assert curl(tmp_path, "-w", " %{http_code}", "-T", "-", f"{site.url}/p/").endswith(" 400")
    error = json.loads(curl(tmp_path, "-H", "Accept: application/json", "-F", "file=@large", f"{site.url}/p"))
    assert error["error"]["code"] == "too_large"


def test_curl_deletes_by_the_token_it_was_told(site: LiveSite, tmp_path: Path) -> None:
    told = curl(tmp_path, "-i", "-F", "file=@-", f"{site.url}/p", text="x")
    token = re.search(r"(?im)^x-token: (\S+)", told)
    assert token is not None
    address = told.split()[-1]
    assert curl(tmp_path, address) == "x"
    assert "deleted" in curl(tmp_path, "-X", "DELETE", "-H", f"X-Token: {token[1]}", address)
    assert "no such paste" in curl(tmp_path, address)


def test_pastebinit(site: LiveSite, tmp_path: Path) -> None:
    program = find("pastebinit")
    if program is None:
        missing("pastebinit is not installed")
    (tmp_path / ".pastebin.d").mkdir()
    # As the site offers it.
    (tmp_path / ".pastebin.d/site.conf").write_text(curl(tmp_path, f"{site.url}/p/pastebinit.conf"))
    printed = run([program, "-b", site.url, "-t", "Lizards", "-f", "python"], tmp_path, "print('né')\n")
    assert curl(tmp_path, printed.strip()) == "print('né')"
    (tmp_path / "a.txt").write_text("a file")
    assert curl(tmp_path, run([program, "-b", site.url, "-i", "a.txt"], tmp_path).strip()) == "a file"
