"""Downloads from a hub on this machine, with everything that goes wrong on the way."""

import hashlib
import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from inference_client import download
from inference_client.problems import Exit, Problem

CONTENT = random.Random(5).randbytes(3 * 1024 * 1024 + 17)
NAME = "models/tiny.gguf"


class Hub(ThreadingHTTPServer):
    """``break_after``: bytes of each answer before the connection drops, one entry a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.etag = hashlib.sha256(CONTENT).hexdigest()
        self.break_after: list[int] = []
        self.ranges: list[str | None] = []
        self.status = 200
        self.honours_range = True
        self.authorizations: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        hub = self.server
        hub.authorizations.append(self.headers.get("Authorization"))
        self.send_response(302 if hub.status == 200 else hub.status)
        self.send_header("Location", "/store")
        self.send_header("X-Linked-Etag", f'"{hub.etag}"')
        self.send_header("X-Linked-Size", str(len(hub.content)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        hub = self.server
        if self.path != "/store":
            self.send_response(302)
            self.send_header("Location", "/store")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        asked = self.headers.get("Range")
        hub.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and hub.honours_range else 0
        body = hub.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(hub.content) - 1}/{len(hub.content)}")
        self.end_headers()
        limit = hub.break_after.pop(0) if hub.break_after else len(body)
        self.wfile.write(body[:limit])
        self.close_connection = True


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.server_port}")
    monkeypatch.delenv("HF_TOKEN", raising=False)
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


def test_a_changed_file_is_refused_and_deleted(hub: Hub, tmp_path: Path) -> None:
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
