"""Playlists and streams, as a checker and real players see them."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.services import programs
from tests.video import fmp4, hls_checker, streams
from tests.video.streams import Stream
from video.hls import playlists, storyboards
from video.hls.playlists import Caption


@pytest.fixture(scope="session")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    return streams.make(tmp_path_factory.mktemp("stream"))


def player(*command: str | Path) -> str:
    """What a player says, which is nothing when it has nothing to complain of."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return f"{done.stdout}{done.stderr}".strip() or (f"status {done.returncode}" if done.returncode else "")


def test_the_checker_has_nothing_to_say_of_what_is_right(stream: Stream) -> None:
    captions = [Caption("a", "English", "en", default=True), Caption("b", "English", "en")]
    assert hls_checker.check(stream.fetch(captions), "master.m3u8") == []


def test_boxes_are_read_as_ffprobe_reads_them(stream: Stream) -> None:
    for rendition in stream.renditions:
        path = rendition.parts[0].path
        pieces, told = fmp4.read(path.read_bytes()), streams.ffprobe(path)
        (track,) = pieces.tracks.values()
        packets: Any = told["packets"]
        samples = [sample for fragment in pieces.fragments for sample in fragment.samples]
        # ffmpeg shifts pictures that are shown before they are decoded, all of them by the same.
        first, shift = samples[0].shown, packets[0]["pts"]
        assert [(sample.time, sample.shown - first, sample.size, sample.sync) for sample in samples] == [
            (one["dts"], one["pts"] - shift, int(one["size"]), "K" in one["flags"]) for one in packets
        ]
        listed: Any = told["streams"]
        (found,) = listed
        assert (track.width, track.height) == (found.get("width", 0), found.get("height", 0))
        assert found["time_base"] == f"1/{track.timescale}"


WRONG: list[tuple[str, Callable[[Stream], Stream], str]] = [
    ("peak", lambda made: made.with_changed("180p", bandwidth=1_000), "below the real peak"),
    ("boast", lambda made: made.with_changed("180p", bandwidth=90_000_000), "far above"),
    ("average", lambda made: made.with_changed("180p", average=1), "AVERAGE-BANDWIDTH"),
    ("codecs", lambda made: made.with_changed("180p", codecs="avc1.640028"), "CODECS"),
    ("size", lambda made: made.with_changed("180p", height=360), "RESOLUTION"),
    ("rate", lambda made: made.with_changed("180p", frame_rate=30.0), "FRAME-RATE"),
    ("missing part", lambda made: _without(made, "180p", 0), "begins at"),
    ("longer than told", lambda made: _told(made, "180p", 2.0), "is told to be"),
    ("late sound", lambda made: made.with_changed("audio-0", parts=[_cut(made.sound[0].parts[0])]), "begins at"),
]


def _without(made: Stream, name: str, number: int) -> Stream:
    (rendition,) = (one for one in made.renditions if one.name == name)
    return made.with_changed(name, parts=[part for part in rendition.parts if part.number != number])


def _told(made: Stream, name: str, seconds: float) -> Stream:
    (rendition,) = (one for one in made.renditions if one.name == name)
    parts = [replace(part, segments=[[*one[:2], seconds] for one in part.segments]) for part in rendition.parts]
    return made.with_changed(name, parts=parts)


def _cut(part: Any) -> Any:
    return replace(part, segments=part.segments[1:])


@pytest.mark.parametrize(("spoil", "said"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_the_checker_finds_what_is_wrong(stream: Stream, spoil: Callable[[Stream], Stream], said: str) -> None:
    found = hls_checker.check(spoil(stream).fetch(), "master.m3u8")
    assert any(said in one for one in found), found


def test_ffmpeg_plays_every_rendition_without_a_warning(stream: Stream, tmp_path: Path) -> None:
    master = stream.written(tmp_path)
    for number in range(3):
        assert player("ffmpeg", "-v", "warning", "-i", master, "-map", f"0:p:{number}", "-f", "null", "-") == ""


def test_mpv_plays_every_rendition_without_a_warning(stream: Stream, tmp_path: Path) -> None:
    needed_mpv()
    master = stream.written(tmp_path)
    for file in (master, *(tmp_path / f"{one.name}.m3u8" for one in stream.renditions)):
        assert player("mpv", "--no-config", "--vo=null", "--ao=null", "--untimed", "--msg-level=all=warn", file) == ""


def needed_mpv() -> None:
    if shutil.which("mpv") is None:
        programs.missing("mpv is not installed")


def test_a_rendition_is_watched_from_its_beginning_while_it_grows(stream: Stream, tmp_path: Path) -> None:
    """A player begins with the first part alone, and comes to the end that is told later."""
    growing = Stream([replace(one, parts=one.parts[:1]) for one in stream.pictures])
    growing.written(tmp_path, ended=False)
    playlist = tmp_path / "90p.m3u8"
    assert hls_checker.media(playlist.read_text(), "90p.m3u8").kind == "EVENT"
    with subprocess.Popen(
        ["ffmpeg", "-v", "warning", "-nostdin", "-prefer_x_start", "1", "-i", playlist, "-f", "framecrc", "-flush_packets", "1", "-"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as ffmpeg:  # fmt: skip
        assert ffmpeg.stdout is not None and ffmpeg.stderr is not None
        frames = []
        for line in ffmpeg.stdout:
            if line.startswith("0,"):
                frames.append(line)
            if len(frames) == 1:
                whole = stream.written(tmp_path / "whole").parent
                shutil.copytree(whole / streams.PLACE, tmp_path / streams.PLACE, dirs_exist_ok=True)
                (tmp_path / "next").write_bytes((whole / "90p.m3u8").read_bytes())
                (tmp_path / "next").replace(playlist)
        assert ffmpeg.wait(60) == 0
        # It reads the head anew with each playlist that it reads anew, and says so.
        assert all("duplicated MOOV" in line for line in ffmpeg.stderr.read().splitlines())
    assert len(frames) == streams.SECONDS * 25


def test_a_head_is_named_again_only_where_it_is_another(stream: Stream) -> None:
    (rung, *_others) = stream.pictures
    assert playlists.media("90p", "x", rung.parts, ended=True).count("#EXT-X-MAP") == 1
    other = [rung.parts[0], replace(rung.parts[1], init_sha="another")]
    assert '#EXT-X-MAP:URI="x/90p/1.mp4"' in playlists.media("90p", "x", other, ended=True)


def test_hostile_labels_stay_within_their_quotes(stream: Stream) -> None:
    evil = 'x",URI="http://evil.example/\n#EXT-X-ENDLIST\r\n'
    sound = [replace(stream.sound[0], label=evil, language=evil), replace(stream.sound[0], name="audio-1", label=evil)]
    text = playlists.master(stream.pictures, sound, [Caption("k", evil, evil)])
    tracks = [line for line in text.splitlines() if line.startswith("#EXT-X-MEDIA")]
    assert len(tracks) == 3 and "#EXT-X-ENDLIST" not in text.splitlines()
    assert [hls_checker.attributes(line)["URI"] for line in tracks] == [
        "audio-0.m3u8",
        "audio-1.m3u8",
        "captions/k.m3u8",
    ]
    assert len({hls_checker.attributes(line)["NAME"] for line in tracks[:2]}) == 2


def test_a_storyboard_says_which_part_of_which_sheet(stream: Stream) -> None:
    board = {"step": 4.0, "width": 160, "height": 90, "columns": 2, "rows": 1, "count": 3, "sheets": ["a.jpg", "b.jpg"]}
    assert storyboards.webvtt(board, 11.0, "m").splitlines() == [
        "WEBVTT", "",
        "00:00:00.000 --> 00:00:04.000", "storyboard/0.jpg?m#xywh=0,0,160,90", "",
        "00:00:04.000 --> 00:00:08.000", "storyboard/0.jpg?m#xywh=160,0,160,90", "",
        "00:00:08.000 --> 00:00:11.000", "storyboard/1.jpg?m#xywh=0,0,160,90",
    ]  # fmt: skip


def test_tracks_are_named_and_chosen_by_their_languages(stream: Stream) -> None:
    (sound,) = stream.sound
    tracks = [
        replace(sound, name="audio-0", language="en", label="", default=False), replace(sound, name="audio-1", language="de", label="", default=True),
        replace(sound, name="audio-2", language="", label=""), replace(sound, name="surround-0", language="en", label="", default=False, channels=6),
        replace(sound, name="audio-3", language="de", label="Kommentar", default=False),
    ]  # fmt: skip
    lines = [line for line in playlists.master(stream.pictures, tracks).splitlines() if "TYPE=AUDIO" in line]
    told = [hls_checker.attributes(line) for line in lines]
    assert [(one["NAME"], one.get("LANGUAGE"), one["DEFAULT"], one["AUTOSELECT"]) for one in told] == [
        ("English", "en", "NO", "YES"), ("Deutsch", "de", "YES", "YES"), ("3", None, "NO", "YES"), ("English 5.1", "en", "NO", "NO"),
        ("Kommentar", "de", "NO", "NO"),
    ]  # fmt: skip


def test_of_captions_in_one_language_a_player_finds_one_by_itself(stream: Stream) -> None:
    captions = [
        Caption("a", "By hand", "en"),
        Caption("b", "By a machine", "en", default=True),
        Caption("c", "Signs", "en", forced=True),
    ]
    lines = [line for line in playlists.master(stream.pictures, [], captions).splitlines() if "TYPE=SUBTITLES" in line]
    assert [hls_checker.attributes(line)["AUTOSELECT"] for line in lines] == ["NO", "YES", "YES"]


@pytest.mark.parametrize(("tracks", "groups"), [(1, 0), (2, 2)])
def test_sound_alone_is_a_stream(stream: Stream, tracks: int, groups: int) -> None:
    (sound,) = stream.sound
    heard = [sound, replace(sound, name="audio-1", label="Another")][:tracks]
    master = playlists.master([], heard, alone=False)
    assert (master.count("#EXT-X-STREAM-INF"), master.count("#EXT-X-MEDIA:")) == (1, groups)

    def fetch(address: str) -> bytes:
        return master.encode() if address == "master.m3u8" else stream.fetch()(address.replace("audio-1", "audio-0"))

    assert hls_checker.check(fetch, "master.m3u8") == []


def test_sound_without_pictures_is_offered_beside_them_where_that_is_wanted(stream: Stream) -> None:
    with_it, without = (playlists.master(stream.pictures, stream.sound, alone=alone) for alone in (True, False))
    assert with_it.count("#EXT-X-STREAM-INF") == without.count("#EXT-X-STREAM-INF") + 1 == 3
    assert without.count("audio-0.m3u8") == 1
