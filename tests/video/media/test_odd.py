"""Files that are not as players would have them: each comes out upright, even, whole and in colours that screens show."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.video.clips import WITH_FFMPEG, Clips
from tests.video.media.watching import all_made, complaints, frames, picture, shown, stream
from video.media import encoding, ladder, pictures, probing
from video.media.refusals import Refused

pytestmark = WITH_FFMPEG

# Name of the clip: width, height and number of the pictures of its only rung.
OUTCOMES = {
    "odd": (320, 180, 60),
    "turned": (180, 320, 30),
    "upside-down": (320, 180, 30),
    "turned-back": (180, 320, 30),
    "anamorphic": (262, 144, 50),
    "interlaced": (180, 144, 50),
    "uneven": (320, 180, 288),
    "film": (160, 90, 288),
    "fast": (160, 90, 60),
    "pq": (160, 90, 25),
    "hlg": (160, 90, 25),
    "deep": (320, 180, 30),
    "clear": (160, 90, 25),
    "full": (160, 90, 25),
    "outlasted": (320, 180, 90),
    "negative": (320, 180, 61),
    "late": (320, 180, 60),
    "still": (160, 90, 1),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_what_is_odd_comes_out_plain(clips: Clips, tmp_path: Path, name: str) -> None:
    width, height, count = OUTCOMES[name]
    plan, parts, tracks = all_made(clips(name), tmp_path)
    (rung,) = plan.rungs
    (part,) = parts[rung.name]
    told = stream(part.path)
    assert (
        (told["width"], told["height"], told["pix_fmt"])
        == (width, height, "yuv420p")
        == (rung.width, rung.height, "yuv420p")
    )
    assert told["sample_aspect_ratio"] == "1:1" and told.get("field_order", "progressive") == "progressive"
    assert told.get("color_range") == "tv" and told["color_transfer"] in ("bt709", "smpte170m")
    assert not any("rotation" in side for side in told.get("side_data_list", []))
    assert len(frames(part.path)) == count and complaints(part.path) == ""
    assert part.duration == pytest.approx(plan.duration, abs=0.04)
    for track in tracks:
        assert track.duration == pytest.approx(plan.duration, abs=0.03)


@pytest.mark.parametrize(
    ("name", "red", "blue"),
    [("turned", (90, 20), (90, 300)), ("upside-down", (300, 90), (20, 90)), ("turned-back", (90, 300), (90, 20))],
)
def test_what_was_filmed_turned_is_upright(
    clips: Clips, tmp_path: Path, name: str, red: tuple[int, int], blue: tuple[int, int]
) -> None:
    _, parts, _ = all_made(clips(name), tmp_path)
    with Image.open(picture(parts["240p"][0].path, tmp_path)) as image:
        seen = image.convert("RGB")
        assert seen.getpixel(red)[0] > 200 and seen.getpixel(blue)[2] > 200  # type: ignore[index]


def test_bright_colours_are_brought_down_and_not_cut(clips: Clips, tmp_path: Path) -> None:
    for name in ("pq", "hlg"):
        _, parts, _ = all_made(clips(name), tmp_path)
        told = stream(parts["240p"][0].path)
        assert (told["color_space"], told["color_transfer"], told["color_primaries"]) == ("bt709", "bt709", "bt709")
        with Image.open(picture(parts["240p"][0].path, tmp_path)) as image:
            low, high = image.convert("L").getextrema()
            assert low < 40 and 170 < high < 250  # type: ignore[operator]


def test_what_shines_through_stands_before_black(clips: Clips, tmp_path: Path) -> None:
    _, parts, _ = all_made(clips("clear"), tmp_path)
    with Image.open(picture(parts["240p"][0].path, tmp_path)) as image:
        clear, filled = (image.convert("RGB").getpixel((x, 45)) for x in (20, 140))
    assert max(clear) < 24 and filled[0] > 220 and max(filled[1:]) < 30  # type: ignore[arg-type,index]


def test_full_range_white_stays_white(clips: Clips, tmp_path: Path) -> None:
    _, parts, _ = all_made(clips("full"), tmp_path)
    with Image.open(picture(parts["240p"][0].path, tmp_path)) as image:
        assert min(image.convert("RGB").getpixel((80, 45))) > 250  # type: ignore[type-var]


def test_each_track_keeps_its_language(clips: Clips, tmp_path: Path) -> None:
    plan, _, tracks = all_made(clips("languages"), tmp_path)
    assert [(one.name, one.language, one.label, one.default) for one in plan.tracks] == [
        ("audio-0", "en", "", False),
        ("audio-1", "de", "Kommentar", True),
    ]
    assert [stream(one.path, "a")["channels"] for one in tracks] == [1, 1]


def test_six_channels_become_two_and_stay_six_where_wanted(clips: Clips, tmp_path: Path) -> None:
    plan, _, tracks = all_made(clips("surround"), tmp_path, ladder.Wanted(surround=True))
    assert [(one.name, one.channels) for one in plan.tracks] == [("audio-0", 2), ("surround-0", 6)]
    assert [stream(one.path, "a")["channels"] for one in tracks] == [2, 6]


def test_fast_pictures_come_at_half_the_rate_where_they_are_small(clips: Clips, tmp_path: Path) -> None:
    plan, parts, _ = all_made(clips("smooth"), tmp_path)
    assert [(rung.name, rung.frame_rate) for rung in plan.rungs] == [
        ("240p", 30),
        ("360p", 30),
        ("480p", 30),
        ("720p", 60),
    ]
    assert [len(frames(parts[rung.name][0].path)) for rung in plan.rungs] == [30, 30, 30, 60]
    assert len({part.duration for made in parts.values() for part in made}) == 1


@pytest.mark.parametrize("name", ["sound", "cover"])
def test_what_has_no_moving_picture_is_refused(clips: Clips, name: str) -> None:
    with pytest.raises(Refused) as refused:
        probing.probe(clips(name))
    assert refused.value.code == "sound_alone"


SOUNDS = ["sound", "cover", "sound-mp3", "sound-flac", "sound-ogg", "sound-wav", "sound-adts", "sound-webm"]


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_alone_is_heard_where_it_is_wanted(clips: Clips, tmp_path: Path, name: str) -> None:
    found = probing.probe(clips(name), sound_alone=True)
    plan = ladder.Plan.from_json(json.loads(json.dumps(ladder.plan(found).as_json())))
    assert (found.picture, plan.rungs, plan.chunks, len(plan.tracks)) == (None, [], [], 1)
    made = encoding.encode_audio(clips(name), plan, plan.tracks[0], tmp_path)
    assert abs(made.duration - 2) < 0.15
    assert sum(one[2] for one in made.segments) == pytest.approx(made.duration)
    with Image.open(pictures.waves(clips(name), plan, tmp_path)) as image:
        assert image.size == (1280, 720)
        middle = image.convert("RGB").getpixel((640, 360))
        corner = image.convert("RGB").getpixel((640, 5))
    assert middle[1] > 120 and max(corner) < 20  # type: ignore[index,arg-type]


@pytest.mark.parametrize("start", [b"ID3\x04\x00\x00\x00\x00\x02\x00", b"fLaC", b"\xff\xfb\x90\x00"])
def test_what_only_begins_as_sound_is_refused(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(start + bytes(range(1, 250)) * 40)

    def heard() -> None:
        plan = ladder.plan(probing.probe(path, sound_alone=True))
        encoding.encode_audio(path, plan, plan.tracks[0], tmp_path)

    with pytest.raises(Refused) as refused:
        heard()
    assert refused.value.code in ("damaged", "no_video")


def test_pictures_that_fit_are_taken_as_they_are(clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "CHUNK_SEGMENTS", 2)
    monkeypatch.setattr(ladder, "LEAST_LAST", 1)
    source = clips("regular")
    plan, parts, _ = all_made(source, tmp_path)
    assert [rung.copy for rung in plan.rungs] == [True] and len(plan.chunks) == 2
    sizes = [int(one["size"]) for one in shown(source, "packet=size", "-select_streams", "v")["packets"]]
    copied = [int(one["size"]) for part in parts["240p"] for one in shown(part.path, "packet=size")["packets"]]
    assert copied == sizes
    assert [[seconds for *_, seconds in part.segments] for part in parts["240p"]] == [[4, 4], [4, 4, 2]]
    assert len({part.init_sha for part in parts["240p"]}) == 1 and len(frames(parts["240p"][1].path)) == 100


@pytest.mark.parametrize("name", ["irregular", "open"])
def test_pictures_that_cannot_be_cut_on_the_grid_are_made_anew(clips: Clips, name: str) -> None:
    found = probing.probe(clips(name))
    assert not found.regular and not any(rung.copy for rung in ladder.plan(found).rungs)
