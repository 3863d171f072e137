"""Downloads from a hub on this machine, with everything that goes wrong on the way."""

import fcntl
import hashlib
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from inference_client import download
from inference_client.problems import Exit, Problem


def gguf_file(seed: int, padding: int) -> bytes:
    """A header without tensors, and ``padding`` bytes that nobody can guess."""
    architecture, name = b"general.architecture", b"llama"
    pair = struct.pack("<Q", len(architecture)) + architecture + struct.pack("<IQ", 8, len(name)) + name
    header = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + pair
    return header + random.Random(seed).randbytes(padding)


CONTENT = gguf_file(5, 3 * 1024 * 1024 + 17)
NAME = "models/tiny.gguf"


class Hub(ThreadingHTTPServer):
    """``break_after``: bytes of each answer before the connection drops, one entry a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.others: dict[str, bytes] = {}
        self.etag: str | None = None
        self.break_after: list[int] = []
        self.ranges: list[str | None] = []
        self.status = 200
        self.honours_range = True
        self.tells = True
        self.authorizations: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, format: str, *args: object) -> None:
        pass

    def content(self) -> bytes:
        """What the last part of the path names."""
        return self.server.others.get(self.path.rpartition("/")[2], self.server.content)

    def do_HEAD(self) -> None:
        hub = self.server
        hub.authorizations.append(self.headers.get("Authorization"))
        if self.path.startswith("/store/"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.content())))
            self.end_headers()
            return
        self.send_response(302 if hub.status == 200 else hub.status)
        content = self.content()
        etag = hashlib.sha256(content).hexdigest() if hub.etag is None else hub.etag
        self.send_header("Location", f"/store/{self.path.rpartition('/')[2]}")
        if hub.tells:
            self.send_header("X-Linked-Etag", f'"{etag}"')
            self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        hub = self.server
        if not self.path.startswith("/store/"):
            self.send_response(302)
            self.send_header("Location", f"/store/{self.path.rpartition('/')[2]}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        asked = self.headers.get("Range")
        hub.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and hub.honours_range else 0
        content = self.content()
        body = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        limit = hub.break_after.pop(0) if hub.break_after else len(body)
        self.wfile.write(body[:limit])
        self.close_connection = True


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.server_port}")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    thread = Thread(target=hub.serve_forever, args=(0.01,))
    thread.start()
    yield hub
    hub.shutdown()
    thread.join()
    hub.server_close()


def fetch(folder: Path) -> Path:
    return download.fetch("owner/name", NAME, folder)


def refusal(folder: Path) -> Problem:
    with pytest.raises(Problem) as caught:
        fetch(folder)
    assert caught.value.exit_code == Exit.DOWNLOAD
    return caught.value


def test_a_file_arrives_whole_and_with_progress(hub: Hub, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = download.fetch("owner/name", NAME, tmp_path, lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "owner--name" / NAME
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_what_is_there_already_is_not_loaded_again(hub: Hub, tmp_path: Path) -> None:
    fetch(tmp_path)
    hub.ranges.clear()
    fetch(tmp_path)
    assert hub.ranges == []


def test_what_is_there_serves_when_the_hub_is_away(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fetch(tmp_path)
    hub.status = 503
    assert fetch(tmp_path) == path
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert fetch(tmp_path) == path
    path.unlink()
    assert refusal(tmp_path).code == "download_unreachable"


def test_a_broken_connection_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.break_after = [1_500_000, 300_000]
    assert fetch(tmp_path).read_bytes() == CONTENT
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in hub.ranges if asked]
    assert hub.ranges[0] is None
    assert starts == sorted(starts)
    assert starts[0] > 0


def test_a_mirror_that_only_sends_on_is_asked_for_the_length_there(hub: Hub, tmp_path: Path) -> None:
    hub.tells = False
    hub.break_after = [1_500_000]
    assert fetch(tmp_path).read_bytes() == CONTENT
    hub.content = b"<html>moved</html>"
    (tmp_path / "owner--name" / NAME).unlink()
    assert refusal(tmp_path).code == "download_foreign"


def test_a_store_without_ranges_begins_again(hub: Hub, tmp_path: Path) -> None:
    hub.break_after = [1_500_000]
    hub.honours_range = False
    assert fetch(tmp_path).read_bytes() == CONTENT


def test_a_download_that_keeps_breaking_is_refused_and_goes_on_the_next_time(hub: Hub, tmp_path: Path) -> None:
    hub.break_after = [200_000] * download.ATTEMPTS
    problem = refusal(tmp_path)
    assert problem.code == "download_truncated"
    assert "are missing" in problem.message
    assert not (tmp_path / "owner--name" / NAME).exists()
    hub.ranges.clear()
    assert fetch(tmp_path).read_bytes() == CONTENT
    assert hub.ranges[0] is not None


def test_a_line_that_breaks_often_is_borne_as_long_as_something_comes(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "WORTH_BYTES", 100_000)
    hub.break_after = [200_000] * (3 * download.ATTEMPTS)
    assert fetch(tmp_path).read_bytes() == CONTENT
    assert len(hub.ranges) > 2 * download.ATTEMPTS


def test_two_programs_do_not_write_one_file(hub: Hub, tmp_path: Path) -> None:
    part = tmp_path / "owner--name" / f"{NAME}.part"
    part.parent.mkdir(parents=True)
    with part.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        problem = refusal(tmp_path)
    assert problem.code == "download_busy"
    assert "wait for it" in problem.message
    assert hub.ranges == []
    assert fetch(tmp_path).read_bytes() == CONTENT


def test_a_changed_file_is_refused_and_deleted(hub: Hub, tmp_path: Path) -> None:
    hub.etag = hashlib.sha256(CONTENT).hexdigest()
    hub.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    assert refusal(tmp_path).code == "download_corrupt"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("status", "code"), [(401, "download_forbidden"), (404, "download_missing"), (503, "download_failed")]
)
def test_what_the_hub_refuses_is_said_in_words(hub: Hub, tmp_path: Path, status: int, code: str) -> None:
    hub.status = status
    assert refusal(tmp_path).code == code


def test_a_hub_that_is_away_is_said_in_words(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    assert refusal(tmp_path).code == "download_unreachable"


def test_a_full_disk_is_noticed_before_anything_is_loaded(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SPARE_BYTES", 2**62)
    assert refusal(tmp_path).code == "download_disk_full"
    assert hub.ranges == []


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"<!doctype html><title>Sign in</title>" * 50, "is no GGUF file"), (CONTENT[:40], "ends inside its header")],
)
def test_a_foreign_or_truncated_file_is_refused_and_deleted(
    hub: Hub, tmp_path: Path, content: bytes, words: str
) -> None:
    """Even where the hub, or a mirror, tells no hash."""
    hub.content, hub.etag = content, ""
    problem = refusal(tmp_path)
    assert problem.code == "download_foreign"
    assert words in problem.message
    assert NAME in problem.message
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_disk_that_is_full_in_the_middle_is_said_with_what_is_missing(hub: Hub, tmp_path: Path) -> None:
    part = tmp_path / "owner--name" / f"{NAME}.part"
    part.parent.mkdir(parents=True)
    # The one disk that is always full, for everybody.
    part.symlink_to("/dev/full")
    problem = refusal(tmp_path)
    assert problem.code == "download_disk_full"
    assert f"{len(CONTENT):,} bytes" in problem.message
    assert part.is_symlink()


def test_what_fitted_on_the_disk_is_kept_and_gone_on_from(hub: Hub, tmp_path: Path) -> None:
    room = 1_000_000
    script = (
        "import resource, sys; from pathlib import Path; from inference_client import download\n"
        "from inference_client.problems import Problem\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        f"try: download.fetch('owner/name', {NAME!r}, Path(sys.argv[1]))\n"
        "except Problem as problem: print(problem.code, problem.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("download_disk_full")
    part = tmp_path / "owner--name" / f"{NAME}.part"
    kept = part.stat().st_size
    assert 0 < kept <= room
    assert f"{len(CONTENT) - kept:,} bytes" in done.stdout
    hub.ranges.clear()
    assert fetch(tmp_path).read_bytes() == CONTENT
    assert hub.ranges == [f"bytes={kept}-"]


def test_a_folder_that_cannot_be_made_is_said_in_words(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "owner--name").write_text("in the way")
    assert refusal(tmp_path).code == "download_failed"


# --- models in several files ----------------------------------------------------------------------------------------


def names(count: int) -> list[str]:
    return [f"big-{number:05d}-of-{count:05d}.gguf" for number in range(1, count + 1)]


@pytest.mark.parametrize("asked", [1, 3])
def test_all_parts_are_pulled_whichever_is_named(hub: Hub, tmp_path: Path, asked: int) -> None:
    hub.others = {name: gguf_file(number, 10_000 * (number + 1)) for number, name in enumerate(names(3))}
    seen: list[tuple[int, int]] = []
    path = download.fetch("owner/name", names(3)[asked - 1], tmp_path, lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "owner--name" / names(3)[0]
    assert [(path.parent / name).read_bytes() for name in names(3)] == list(hub.others.values())
    total = sum(map(len, hub.others.values()))
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)


def test_only_the_missing_part_is_pulled_again(hub: Hub, tmp_path: Path) -> None:
    hub.others = {name: gguf_file(number, 10_000) for number, name in enumerate(names(3))}
    path = download.fetch("owner/name", names(3)[0], tmp_path)
    (path.parent / names(3)[1]).unlink()
    hub.ranges.clear()
    download.fetch("owner/name", names(3)[0], tmp_path)
    assert hub.ranges == [None]


@pytest.mark.parametrize("name", ["big-00004-of-00003.gguf", "big-00000-of-00003.gguf", "big-00001-of-99999.gguf"])
def test_a_part_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    assert _code("owner/name", name, tmp_path) == "download_name"


def _code(repo: str, file: str, folder: Path) -> str:
    with pytest.raises(Problem) as caught:
        download.fetch(repo, file, folder)
    return caught.value.code


def test_a_token_is_sent_to_the_hub(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    fetch(tmp_path)
    assert hub.authorizations == ["Bearer hf_x"]


@pytest.mark.parametrize(
    ("repo", "file"),
    [
        ("owner", "a.gguf"),
        ("../owner/name", "a.gguf"),
        ("owner/name", "../a.gguf"),
        ("owner/name", "/a.gguf"),
        ("owner/name", "a.bin"),
        ("owner/..", "a.gguf"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, repo: str, file: str) -> None:
    with pytest.raises(Problem) as caught:
        download.fetch(repo, file, tmp_path)
    assert caught.value.code == "download_name"
