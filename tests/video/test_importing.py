"""Videos of other sites: fetched through the guard alone, and refused where an address, a redirect or a playlist leads into a network of ours."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.jobs.models import Job
from meatlizard.storage.actions import used_by
from tests.video.clips import WITH_FFMPEG, Clips, clips
from video import actions as videos
from video.importing import QUEUE, actions, bringing, child
from video.importing.guard import Guard
from video.making import actions as making
from video.making import progress
from video.models import Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_window")]
__all__ = ["clips"]

PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{segment}\n#EXT-X-ENDLIST\n"


class Site(http.server.BaseHTTPRequestHandler):
    """What another site has: ``pages`` by path, each a status, headers and a body."""

    def __init__(self, pages: dict[str, tuple[int, dict[str, str], bytes]], asked: list[str], *more: Any) -> None:
        self.pages, self.asked = pages, asked
        super().__init__(*more)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, headers, body = self.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *words: Any) -> None: ...


class Other:
    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, self.pages, self.asked))
        self.port = self.server.server_address[1]


@pytest.fixture
def other() -> Iterator[Other]:
    found = Other()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> None:
    settings.MAKING_DIR = tmp_path / "making"


def named(names: dict[str, Sequence[str]]) -> Callable[[int], Guard]:
    """A guard for whom 127.0.0.1 stands for a public machine, under the names given; all else is as ever."""

    def resolved(host: str, port: int) -> Sequence[str]:
        if host not in names:
            raise OSError("no such name")
        return names[host]

    return lambda most: Guard(
        most, resolve=resolved, allowed=lambda address: address == "127.0.0.1", ports=lambda port: True
    )


def begun(owner: User, url: str) -> Video:
    return videos.draft(owner, source_url=url, state=Video.State.FETCHING)


@WITH_FFMPEG
def test_a_video_is_fetched_and_made(alice: User, other: Other, clips: Clips) -> None:
    content = clips("plain").read_bytes()
    other.pages["/The%20wall.mp4"] = (200, {"Content-Type": "video/mp4"}, content)
    video = begun(alice, f"http://video.example:{other.port}/The%20wall.mp4")
    bringing.bring(video.pk, named({"video.example": ["127.0.0.1"]}))
    video.refresh_from_db()
    assert (video.state, video.error) == ("waiting", "")
    assert video.blob is not None
    assert (video.blob.size, used_by(alice), "wall" in video.title) == (len(content), len(content), True)


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("http://inner.example/film.mp4", {"inner.example": ["10.0.0.1"]}),
        ("http://both.example/film.mp4", {"both.example": ["127.0.0.1", "169.254.169.254"]}),
        ("http://[::1]/film.mp4", {"::1": ["::1"]}),
        ("http://away.example:{port}/away.mp4", {"away.example": ["127.0.0.1"], "inner.example": ["192.168.1.1"]}),
        ("http://away.example:{port}/list.m3u8", {"away.example": ["127.0.0.1"], "inner.example": ["100.64.0.1"]}),
    ],
    ids=["private", "private too", "own", "redirect", "playlist"],
)
def test_nothing_leads_into_a_network_of_ours(alice: User, other: Other, url: str, names: dict[str, Any]) -> None:
    other.pages["/away.mp4"] = (302, {"Location": "http://inner.example/film.mp4"}, b"")
    said = PLAYLIST.format(segment="http://inner.example/secret.ts").encode()
    other.pages["/list.m3u8"] = (200, {"Content-Type": "application/vnd.apple.mpegurl"}, said)
    video = begun(alice, url.format(port=other.port))
    guards: list[Guard] = []

    def guard(most: int) -> Guard:
        guards.append(named(names)(most))
        return guards[0]

    bringing.bring(video.pk, guard)
    video.refresh_from_db()
    assert video.state == "failed"
    assert video.error in ("import_refused", "import_unsupported")
    assert guards[0].refused > 0
    assert (video.blob, used_by(alice)) == (None, 0)
    assert progress.state(video)["error"]


def test_what_is_no_video_says_so(alice: User, other: Other) -> None:
    other.pages["/"] = (200, {"Content-Type": "text/html"}, b"<html><title>Lizards</title><p>words</p></html>")
    video = begun(alice, f"http://video.example:{other.port}/")
    bringing.bring(video.pk, named({"video.example": ["127.0.0.1"]}))
    video.refresh_from_db()
    assert (video.state, video.error) == ("failed", "import_unsupported")


def test_more_than_there_is_room_for_is_not_taken(alice: User, other: Other) -> None:
    alice.tier.storage_bytes = 1_000
    alice.tier.save()
    other.pages["/film.mp4"] = (200, {"Content-Type": "video/mp4"}, b"\x00" * 100_000)
    video = begun(alice, f"http://video.example:{other.port}/film.mp4")
    bringing.bring(video.pk, named({"video.example": ["127.0.0.1"]}))
    video.refresh_from_db()
    assert (video.state, video.blob, used_by(alice)) == ("failed", None, 0)


def test_one_that_was_cancelled_is_not_fetched(alice: User, other: Other) -> None:
    video = begun(alice, f"http://video.example:{other.port}/film.mp4")
    making.cancel(video)
    bringing.bring(video.pk, named({"video.example": ["127.0.0.1"]}))
    assert not other.asked


TRIES = """
import socket, subprocess, sys, os
from pathlib import Path
sys.path.insert(0, {root!r})
import ssl, urllib.request
from video.importing import child
child.confine(Path({folder!r}), 1, 1000)
def refused(what):
    try:
        what()
    except PermissionError:
        return True
    except Exception as error:
        return repr(error)
    return False
print([
    refused(lambda: socket.create_connection(("192.0.2.1", 80), 1)), refused(lambda: socket.create_connection(("127.0.0.1", 2), 1)),
    refused(lambda: socket.getaddrinfo("example.org", 80)), refused(lambda: subprocess.run(["/bin/true"])),
    refused(lambda: os.system("true")), refused(lambda: os.fork()), refused(lambda: open("/etc/passwd").read()),
    refused(lambda: open({root!r} + "/x", "w")), refused(lambda: __import__("ctypes").CDLL(None)),
    refused(lambda: os.execv("/bin/true", ["true"])), refused(lambda: os.replace({folder!r} + "/own", {beside!r} + "/moved")),
    refused(lambda: os.replace({beside!r} + "/other", {folder!r} + "/mine")), refused(lambda: os.remove({beside!r} + "/other")),
    refused(lambda: os.mkdir({beside!r} + "/new")), refused(lambda: os.symlink("/etc", {folder!r} + "/etc")),
    refused(lambda: os.link({beside!r} + "/other", {folder!r} + "/linked")), refused(lambda: os.truncate({beside!r} + "/other", 0)),
    refused(lambda: os.chmod({beside!r} + "/other", 0o777)),
    refused(lambda: open({folder!r} + "/fine", "w").close()), refused(lambda: os.replace({folder!r} + "/fine", {folder!r} + "/finer")),
    refused(lambda: os.remove({folder!r} + "/finer")), refused(lambda: os.mkdir({folder!r} + "/more")),
])
"""


def test_who_fetches_reaches_the_guard_and_nothing_else(tmp_path: Path) -> None:
    root = str(Path(child.__file__).parent.parent.parent)
    folder, beside = tmp_path / "own", tmp_path / "beside"
    for place, name in ((folder, "own"), (beside, "other")):
        place.mkdir()
        (place / name).write_text("words")
    code = TRIES.format(root=root, folder=str(folder), beside=str(beside))
    ended = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(ended.stdout.lower()) == [True] * 18 + [False] * 4
    assert (beside / "other").read_text() == "words"
    assert [path.name for path in beside.iterdir()] == ["other"]


def test_the_guard_serves_who_knows_its_secret_alone(other: Other) -> None:
    import urllib.request

    with named({"video.example": ["127.0.0.1"]})(1_000).serving() as guard:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{guard.port}"}))
        with pytest.raises(urllib.error.HTTPError) as refusal:  # type: ignore[attr-defined]
            opener.open(f"http://video.example:{other.port}/", timeout=10)
    assert refusal.value.code == 407
    assert not other.asked


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/", "https://u:p@a.example/", "x", "http://", "http://a b/", "http://[::1"],
)
def test_only_addresses_of_the_web_are_taken(alice: User, url: str) -> None:
    with pytest.raises(Invalid):
        actions.begin(alice, url)
    assert not Video.objects.exists()


def test_an_import_is_begun_by_a_form(client: Client, alice: User, settings: Any) -> None:
    assert client.post("/videos/import/", {"url": "https://a.example/v"}).status_code == 302
    assert not Video.objects.exists()
    client.force_login(alice)
    assert client.post("/videos/import/", {"url": "https://a.example/v"}).status_code == 302
    video = Video.objects.get()
    assert (video.state, video.source_url, Job.objects.get().queue) == ("fetching", "https://a.example/v", QUEUE)
    assert b"import-url" in client.get("/videos/upload/").content
    making.fail(video, video.place, "not_fetched")
    assert client.post(f"/v/{video.slug}/retry").status_code == 302
    assert Video.objects.get().state == "fetching"
    settings.VIDEO_IMPORT = False
    assert b"import-url" not in client.get("/videos/upload/").content
    with pytest.raises(Forbidden):
        actions.begin(alice, "https://a.example/v")
