"""A video all the way: sent by a program through the shipped nginx, made by the site's worker, played by other people's players from the
addresses that everybody gets, and downloaded by yt-dlp from its page."""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.services.nginx import nginx_server
from tests.services.programs import free_port, missing, new_folder
from tests.services.site import ROOT, LiveSite, outer_environment
from tests.video import hls_checker
from tests.video.clips import AAC, WITH_FFMPEG, X264, pictures, sound
from tests.video.sending import key_of_alice, sent

pytestmark = [WITH_FFMPEG]

SECONDS: Final = 9
FRONT = """
upstream meatlizard {{ server 127.0.0.1:{site}; }}
server {{
    listen 127.0.0.1:{port};
    access_log {log} combined;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    {locations}
}}
"""


def shipped(site: LiveSite) -> str:
    """All locations of the shipped configuration; what they would log elsewhere is logged."""
    lines = (ROOT / "deploy/nginx/meatlizard.conf").read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    location"))
    text = "\n".join(line for line in lines[first:-1] if "access_log" not in line and "limit_conn" not in line)
    text = text.replace("$meatlizard_connection", '""').replace(
        "/var/lib/meatlizard/static/", f"{site.settings['STATIC_ROOT']}/"
    )
    return text.replace("/var/lib/meatlizard/media/", f"{site.home}/media/")


class Watched:
    """A public video at ``page``, its stream at ``master``; ``log``: what nginx was asked for."""

    def __init__(self, front: str, slug: str, log: Path) -> None:
        self.page = f"{front}/v/{slug}/"
        self.master = f"{self.page}hls/-/master.m3u8"
        self.log = log

    def fetch(self, name: str) -> bytes:
        with urllib.request.urlopen(f"{self.page}hls/-/{name}", timeout=20) as answer:
            return bytes(answer.read())


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder, port = tmp_path_factory.mktemp("whole"), free_port()
    clip = folder / "south wall.mp4"
    inputs = (*pictures("640x360", "25", SECONDS), *sound(seconds=SECONDS), *sound(880, SECONDS))
    maps = (
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-map",
        "2:a",
        "-metadata:s:a:0",
        "language=eng",
        "-metadata:s:a:1",
        "language=deu",
    )
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *inputs, *maps, *X264, *AAC, clip], check=True, timeout=60)
    site = LiveSite(FILES_SENT_BY="x-accel-redirect").prepare()
    front = site.settings["SITE_URL"] = f"http://127.0.0.1:{port}"
    key = key_of_alice(site)
    site.start()
    home = new_folder("front")
    inside = FRONT.format(site=site.port, port=port, log=home / "asked.log", locations=shipped(site))
    try:
        with nginx_server(inside, port, home):
            slug = sent(front, key, clip)
            yield Watched(front, slug, home / "asked.log")
    finally:
        site.end()


def heights(video: Watched) -> list[int]:
    return [
        int(line.partition("x")[2].partition(",")[0])
        for line in video.fetch("master.m3u8").decode().split("RESOLUTION=")[1:]
    ]


def test_the_stream_is_without_fault_and_nginx_sends_its_parts(video: Watched) -> None:
    assert hls_checker.check(video.fetch, "master.m3u8") == []
    assert heights(video) == [240, 360]
    languages = [line for line in video.fetch("master.m3u8").decode().splitlines() if "TYPE=AUDIO" in line]
    assert ['LANGUAGE="en"' in languages[0], 'LANGUAGE="de"' in languages[1]] == [True, True]
    part = next(line for line in video.fetch("240p.m3u8").decode().splitlines() if line.endswith(".mp4"))
    with urllib.request.urlopen(f"{video.page}hls/-/{part}", timeout=20) as answer:
        # Python's own server names no validator of this form: size and time in hexadecimal digits.
        assert (
            answer.headers["Server"].startswith("nginx")
            and answer.headers["Cache-Control"] == "public, max-age=86400, immutable"
        )
        assert answer.headers["Accept-Ranges"] == "bytes" and answer.headers["Access-Control-Allow-Origin"] == "*"


def test_ffmpeg_plays_each_size_and_each_track_without_a_warning(video: Watched) -> None:
    for number in range(len(heights(video))):
        for track in range(2):
            command = [
                "ffmpeg",
                "-nostdin",
                "-v",
                "warning",
                "-i",
                video.master,
                "-map",
                f"0:p:{number}:v",
                "-map",
                f"0:a:{track}",
            ]
            done = subprocess.run(
                [*command, "-f", "null", "-"], capture_output=True, text=True, timeout=120, check=False
            )
            assert (done.returncode, done.stderr) == (0, "")


def test_mpv_plays_each_size_without_a_warning(video: Watched) -> None:
    if shutil.which("mpv") is None:
        missing("mpv is not installed")
    quiet = ["mpv", "--no-config", "--ytdl=no", "--vo=null", "--ao=null", "--untimed", "--msg-level=all=warn"]
    for name in ("master.m3u8", *(f"{height}p.m3u8" for height in heights(video))):
        done = subprocess.run(
            [*quiet, f"{video.page}hls/-/{name}"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_yt_dlp_downloads_it_from_its_page(video: Watched, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "yt_dlp",
        "--ignore-config",
        "--no-cache-dir",
        "-f",
        "bv+ba",
        "-o",
        str(tmp_path / "%(title)s.%(ext)s"),
    ]
    done = subprocess.run(
        [*command, video.page], capture_output=True, text=True, timeout=180, env=outer_environment(), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = tmp_path.iterdir()
    assert file.stem == "The south wall"
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format=duration:stream=codec_type,height", "-of", "json", file],
        capture_output=True, check=True,
    )  # fmt: skip
    found = json.loads(told.stdout)
    assert sorted(one["codec_type"] for one in found["streams"]) == ["audio", "video"]
    assert max(one.get("height", 0) for one in found["streams"]) == 360
    assert abs(float(found["format"]["duration"]) - SECONDS) < 0.1
