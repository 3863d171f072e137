"""A stream as the site sends them, made by ffmpeg once a session, and put before a player of a real page without a word to the database."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Route

from tests.services.programs import missing

SECONDS = 16
TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/mp4",
    ".mp4": "video/mp4",
    ".vtt": "text/vtt",
    ".jpg": "image/jpeg",
}
SETTINGS = re.compile(r'(<script type="application/json">)(.*?)(</script>)', re.DOTALL)


def make(folder: Path) -> Path:
    """Two sizes and two sounds of their own, as CMAF; captions, some of them at the top, and a storyboard with a picture a second."""
    if shutil.which("ffmpeg") is None:
        missing("ffmpeg is not installed")
    _ffmpeg(
        folder, "-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration={SECONDS}", "-f", "lavfi", "-i", f"sine=440:duration={SECONDS}",
        "-map", "0:v", "-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:v", "libx264", "-preset", "ultrafast", "-g", "100", "-sc_threshold", "0",
        "-filter:v:0", "scale=160:90", "-b:v:0", "100k", "-b:v:1", "400k", "-c:a", "aac", "-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod",
        "-hls_segment_type", "fmp4", "-hls_flags", "single_file", "-master_pl_name", "master.m3u8",
        "-var_stream_map", "v:0,agroup:a,name:90p v:1,agroup:a,name:180p a:0,agroup:a,name:audio,default:yes,language:eng a:1,agroup:a,name:other,language:deu", "%v.m3u8",
    )  # fmt: skip
    source = f"testsrc2=size=160x90:rate=1:duration={SECONDS}"
    _ffmpeg(folder, "-f", "lavfi", "-i", source, "-vf", "tile=4x4", "-frames:v", "1", "board.jpg")
    pieces = (
        f"{_at(n)} --> {_at(n + 1)}\nboard.jpg#xywh={160 * (n % 4)},{90 * (n // 4)},160,90" for n in range(SECONDS)
    )
    (folder / "storyboard.vtt").write_text("\n\n".join(["WEBVTT", *pieces]))
    said = (f"{_at(n)} --> {_at(n + 2)}\nWords <i>at</i> {n}" for n in range(0, SECONDS, 2))
    (folder / "en.vtt").write_text("\n\n".join(["WEBVTT", *said]))
    (folder / "top.vtt").write_text(
        f"WEBVTT\n\n{_at(0)} --> {_at(SECONDS)} line:0\nAbove\n\n{_at(0)} --> {_at(SECONDS)} line:0\nBelow it\n"
    )
    return folder


def _ffmpeg(folder: Path, *arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], cwd=folder, check=True, timeout=120)


def _at(seconds: int) -> str:
    return f"00:00:{seconds:02d}.000"


def settings(slug: str) -> dict[str, Any]:
    """What parts of the site fill in for the player of a whole video."""
    below = f"/v/{slug}/hls/-"
    return {
        "master": f"{below}/master.m3u8", "storyboard": f"{below}/storyboard.vtt", "duration": float(SECONDS),
        "captions": [{"id": "1", "label": "English", "language": "en", "src": f"{below}/en.vtt", "default": False}],
        "chapters": [{"start": 0, "title": "Morning"}, {"start": 8, "title": "Evening"}],
    }  # fmt: skip


class Stream:
    """Sends what lies in ``folder`` for all addresses of the stream of ``slug`` in ``context``, and fills the settings of its pages.

    ``refused``: whether addresses have expired; ``asked``: names of the files that were asked for.
    """

    def __init__(self, context: BrowserContext, folder: Path, slug: str, **more: Any) -> None:
        self.folder, self.settings = folder, settings(slug) | more
        self.refused = False
        self.asked: list[str] = []
        context.route(re.compile(rf"/v/{slug}/hls/"), self._file)
        context.route(re.compile(rf"/v/{slug}/(embed/)?(\?.*)?$"), self._page)
        context.route(re.compile(rf"/v/{slug}/player"), self._renewed)

    def _file(self, route: Route) -> None:
        name = route.request.url.partition("?")[0].rpartition("/")[2]
        self.asked.append(name)
        if self.refused:
            return route.fulfill(status=403)
        content = (self.folder / name).read_bytes()
        headers = {"Content-Type": TYPES[Path(name).suffix], "Accept-Ranges": "bytes"}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", route.request.headers.get("range", ""))
        if wanted is None:
            return route.fulfill(status=200, headers=headers, body=content)
        first, last = int(wanted[1]), int(wanted[2] or len(content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return route.fulfill(status=206, headers=headers, body=content[first : last + 1])

    def _page(self, route: Route) -> None:
        answer = route.fetch()
        filled = SETTINGS.sub(
            lambda found: f"{found[1]}{json.dumps(json.loads(found[2]) | self.settings)}{found[3]}", answer.text()
        )
        route.fulfill(response=answer, body=filled)

    def _renewed(self, route: Route) -> None:
        self.refused = False
        route.fulfill(json=route.fetch().json() | self.settings)
