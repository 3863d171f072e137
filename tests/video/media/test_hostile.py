"""Files made to mislead come to nothing: nothing of other people is read, nobody is called, and each has a clear outcome."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.programs import wait_until
from tests.video.clips import WITH_FFMPEG, Clips
from tests.video.media import crafted
from tests.video.media.watching import all_made, frames
from video.media import confinement, probing
from video.media.refusals import SENTENCES, Refused, Stopped, Trouble, sentence

pytestmark = WITH_FFMPEG


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An address, and who called there."""
    called: list[str] = []

    class Canary(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.append(self.path)
            self.send_error(404)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", called
        running.shutdown()


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    path = tmp_path / "somebody" / "private.ts"
    path.parent.mkdir()
    path.write_bytes(crafted.SECRET)
    return path


@pytest.mark.parametrize("name", crafted.LEADING_AWAY)
def test_what_leads_elsewhere_is_not_followed(
    tmp_path: Path, canary: Path, server: tuple[str, list[str]], name: str
) -> None:
    address, called = server
    path = tmp_path / f"{name}.mp4"
    path.write_bytes(crafted.LEADING_AWAY[name](canary, address))
    with pytest.raises(Refused) as refused:
        probing.probe(path)
    assert refused.value.code == "not_a_video" and called == []


@pytest.mark.parametrize("name", crafted.LEADING_AWAY)
def test_ffmpeg_would_not_follow_it_either(
    tmp_path: Path, canary: Path, server: tuple[str, list[str]], name: str
) -> None:
    """The second wall: should the first bytes be mistaken for a video's, the program itself is told and held."""
    address, called = server
    path = tmp_path / f"{name}.mp4"
    path.write_bytes(crafted.LEADING_AWAY[name](canary, address))
    for container in ("mov", "matroska", "mpegts", "mpeg"):
        out = tmp_path / "made"
        out.mkdir(exist_ok=True)
        confinement.run(
            "ffmpeg",
            ["-v", "error", *confinement.reading(path, container), "-c", "copy", "-f", "mpegts", "-y", "file:o.ts"],
            out,
        )
        assert not any(b"canary-of-somebody" in made.read_bytes() for made in out.iterdir())
    assert called == []


def test_pictures_in_another_file_are_not_fetched(clips: Clips, tmp_path: Path) -> None:
    other, path = tmp_path / "other.mp4", tmp_path / "referring.mp4"
    other.write_bytes(clips("silent").read_bytes())
    path.write_bytes(crafted.with_reference(clips("silent").read_bytes(), other))
    # With what ffmpeg can be told, it shows somebody else's pictures: the file is crafted well.
    asked = ["-enable_drefs", "1", "-use_absolute_path", "1", "-i", str(path), "-f", "framecrc", "-"]
    said = subprocess.run(
        ["ffmpeg", "-v", "quiet", *asked], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert len([line for line in said.splitlines() if not line.startswith("#")]) == 60
    with pytest.raises(Refused) as refused:
        probing.probe(path)
    assert refused.value.code == "damaged"


@pytest.mark.parametrize("name", crafted.CRAFTED)
def test_each_is_refused_with_a_sentence(clips: Clips, tmp_path: Path, name: str) -> None:
    craft, code = crafted.CRAFTED[name]
    path = tmp_path / "crafted.mp4"
    path.write_bytes(craft(clips, tmp_path))
    with pytest.raises(Refused) as refused:
        probing.probe(path)
    assert refused.value.code == code, refused.value
    assert sentence(code) == str(SENTENCES[code]) and sentence(code).endswith(".")


@pytest.mark.parametrize("name", crafted.LYING)
def test_what_lies_or_is_broken_is_made_as_far_as_it_goes(clips: Clips, tmp_path: Path, name: str) -> None:
    path = tmp_path / "crafted.mp4"
    path.write_bytes(crafted.LYING[name](clips, tmp_path))
    plan, parts, tracks = all_made(path, tmp_path)
    pictures = len(frames(parts["240p"][0].path))
    assert 20 <= pictures <= 60 and plan.duration == pytest.approx(pictures / 30, abs=0.1)
    assert [(rung.width, rung.height) for rung in plan.rungs] == [(320, 180)]
    assert all(track.duration == pytest.approx(plan.duration, abs=0.05) for track in tracks)


# --- the walls themselves -----------------------------------------------------------------------------------------------

HELD = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux holds these walls")


@HELD
def test_no_network_is_reached(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    address, called = server
    said = confinement.run("ffmpeg", ["-v", "error", "-i", f"{address}/a.mp4", "-f", "null", "-"], tmp_path)
    assert said.status != 0 and "denied" in said.said and called == []
    assert confinement.holds()["sockets_refused"] or confinement.holds()["own_network"]


@HELD
def test_nothing_is_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither secrets of the site, nor its priority."""
    monkeypatch.setenv("SECRET_KEY", "of-the-site")
    monkeypatch.setattr(confinement, "program", lambda _name: sys.executable)
    lines: list[str] = []
    code = "import os, resource; print(sorted(os.environ)); print(os.nice(0)); print(resource.getrlimit(resource.RLIMIT_FSIZE)[0])"
    confinement.run("python", ["-I", "-c", code], tmp_path, line=lines.append)
    assert "SECRET_KEY" not in lines[0] and int(lines[1]) >= 10 and int(lines[2]) == confinement.LIMITS.written


@HELD
@pytest.mark.parametrize(
    ("code", "limits", "trouble"),
    [
        ("while True: pass", confinement.Limits(cpu=1), "too_slow"),
        ("import time; time.sleep(60)", confinement.Limits(quiet=0.5), "stalled"),
        ("import time\nwhile True: print(1, flush=True); time.sleep(.1)", confinement.Limits(seconds=1), "too_slow"),
        (
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open('x', 'wb').write(b'0' * 3_000_000)",
            confinement.Limits(written=1_000_000), "disk_full",
        ),
        ("import sys; x = bytearray(2_000_000_000)", confinement.Limits(memory=500_000_000), None),
    ],
    ids=["processor", "silence", "clock", "size", "memory"],
)  # fmt: skip
def test_each_bound_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, limits: confinement.Limits, trouble: str | None
) -> None:
    monkeypatch.setattr(confinement, "program", lambda _name: sys.executable)
    if trouble is None:
        ended = confinement.run("python", ["-I", "-c", code], tmp_path, limits=limits)
        assert ended.status != 0 and "MemoryError" in ended.said
        return
    with pytest.raises(Trouble) as raised:
        confinement.run("python", ["-I", "-c", code], tmp_path, limits=limits)
    assert raised.value.code == trouble


def test_a_flood_of_complaints_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "program", lambda _name: sys.executable)
    code = "import sys\nfor _ in range(3000): sys.stderr.write('x' * 1000); sys.stdout.write('y' * 1000)"
    ended = confinement.run("python", ["-I", "-c", code], tmp_path)
    assert ended.status == 0 and len(ended.said) == confinement.KEPT_OF_ERRORS


@HELD
def test_it_dies_with_who_started_it(tmp_path: Path) -> None:
    """A worker that is killed leaves nobody behind."""
    child = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    code = (
        "import sys; from pathlib import Path; from video.media import confinement; confinement.program = lambda _: sys.executable\n"
        f"confinement.run('python', ['-I', '-c', {child!r}], Path({str(tmp_path)!r}))"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[3])
    pid = int(
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "the child has started", 60)
    )
    worker.kill()
    worker.wait()

    def gone() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        return state == "Z"

    wait_until(gone, "the child has gone", 60)


def test_stop_ends_it_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "program", lambda _name: sys.executable)
    with pytest.raises(Stopped):
        confinement.run("python", ["-I", "-c", "import time; time.sleep(600)"], tmp_path, stop=lambda: True)


def test_without_ffmpeg_people_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    confinement.program.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Trouble) as raised:
        confinement.program("ffmpeg")
    confinement.program.cache_clear()
    assert raised.value.code == "no_ffmpeg" and "ffmpeg" in sentence("no_ffmpeg")
    assert os.environ["PATH"] == str(tmp_path)
