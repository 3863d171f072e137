"""Parts meet without a seam: nothing lost, nothing doubled, every key frame on the grid."""

import json
import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from tests.video.clips import WITH_FFMPEG, Clips
from tests.video.media.watching import all_made, complaints, frames, numbers, shown, stream, whole
from video.media import boxes, encoding, ladder, pictures, probing
from video.media.refusals import Stopped

pytestmark = WITH_FFMPEG


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "CHUNK_SEGMENTS", 2)
    monkeypatch.setattr(ladder, "LEAST_LAST", 1)


def shown_after_decoding(segment: bytes) -> tuple[int, int]:
    """Version of the first run of a segment, and by how many ticks its first picture is shown after it is decoded."""
    trun = boxes.find(segment, "moof/traf/trun")
    word = int.from_bytes(segment[trun.content : trun.content + 4])
    flags, at = word & 0xFFFFFF, trun.content + 8
    at += 4 * bool(flags & 1) + 4 * bool(flags & 4)
    at += 4 * sum(bool(flags & one) for one in (0x100, 0x200, 0x400))
    assert flags & 0x800
    return word >> 24, int.from_bytes(segment[at : at + 4], signed=True)


def test_a_plain_clip_becomes_a_rung_and_a_track(clips: Clips, tmp_path: Path) -> None:
    plan, parts, tracks = all_made(clips("hd"), tmp_path)
    assert list(parts) == ["240p", "360p", "480p", "720p"] and len(plan.chunks) == 1
    for rung in plan.rungs:
        (part,) = parts[rung.name]
        assert part.codecs.startswith("avc1.64") and part.size == part.path.stat().st_size
        told = stream(part.path)
        assert (told["width"], told["height"], told["codec_name"]) == (rung.width, rung.height, "h264")
        assert len(frames(part.path)) == 60 and complaints(part.path) == ""
        assert part.duration == pytest.approx(2, abs=0.001)
    (track,) = tracks
    assert track.codecs == "mp4a.40.2" and track.duration == pytest.approx(2, abs=0.03)
    assert complaints(track.path) == ""


def test_a_plan_survives_as_json(clips: Clips) -> None:
    plan = ladder.plan(probing.probe(clips("plain")))
    assert ladder.Plan.from_json(json.loads(json.dumps(plan.as_json()))) == plan


@pytest.mark.usefixtures("short_chunks")
def test_parts_that_were_made_in_two_ways_become_one_download_too(clips: Clips, tmp_path: Path) -> None:
    source = clips("regular")
    plan = ladder.plan(probing.probe(source))
    assert plan.rungs[0].copy and len(plan.chunks) > 1
    parts = []
    for chunk in plan.chunks:
        rungs = [replace(plan.rungs[0], copy=chunk.number % 2 == 0)]
        place = tmp_path / f"{chunk.number}"
        place.mkdir()
        parts += encoding.encode_video(source, plan, rungs, chunk, place)
    assert len({part.init_sha for part in parts}) == 2
    given = [(part.path, part.init_size) for part in parts]
    assert complaints(whole(parts, tmp_path)), "one head does not fit both"
    out = tmp_path / "download.mp4"
    encoding.joined(given, [], out)
    assert complaints(out) == ""
    shown_at = frames(out)
    assert len(shown_at) == 180 and shown_at == sorted(shown_at)
    assert abs(float(stream(out)["duration"]) - 18) < 0.11
    board = pictures.storyboard(given, plan, tmp_path)
    assert board.count == 18 and (tmp_path / board.sheets[0]).exists()


@pytest.mark.usefixtures("short_chunks")
def test_chunks_meet_without_a_seam(clips: Clips, tmp_path: Path) -> None:
    plan, parts, _ = all_made(clips("long"), tmp_path)
    assert [(one.first, one.beyond) for one in plan.chunks] == [(0, 240), (240, 480), (480, 600)]
    (made,) = parts.values()
    assert (
        len({part.init_sha for part in made}) == 1
        and len({part.path.read_bytes()[: part.init_size] for part in made}) == 1
    )
    assert [[seconds for *_, seconds in part.segments] for part in made] == [[4.004, 4.004], [4.004, 4.004], [4.004]]
    seen = frames(whole(made, tmp_path))
    assert len(seen) == 600
    steps = {after - before for before, after in pairwise(seen)}
    assert steps == {encoding.timescale(plan.rungs[0]) * 1001 // 30000}
    keys = [one for one in shown(whole(made, tmp_path), "packet=pts,flags")["packets"] if "K" in one["flags"]]
    assert [int(one["pts"]) - int(keys[0]["pts"]) for one in keys] == [120_120 * number for number in range(5)]


@pytest.mark.usefixtures("short_chunks")
def test_each_part_begins_at_its_own_moment(clips: Clips, tmp_path: Path) -> None:
    plan, parts, _ = all_made(clips("long"), tmp_path)
    for chunk, part in zip(plan.chunks, parts["240p"], strict=True):
        data = part.path.read_bytes()
        for number, (offset, size, _) in enumerate(part.segments):
            segment = data[int(offset) : int(offset + size)]
            tfdt = boxes.find(segment, "moof/traf/tfdt")
            wanted = (chunk.first + number * plan.grid) * Fraction(encoding.timescale(plan.rungs[0])) / plan.frame_rate
            assert int.from_bytes(segment[tfdt.content + 4 : tfdt.content + 12]) == wanted
            version, offset_shown = shown_after_decoding(segment)
            # Signed, and nought: the first picture is seen at the moment the segment begins.
            assert (version, offset_shown) == (1, 0)


def test_who_wants_it_no_more_is_obeyed(clips: Clips, tmp_path: Path) -> None:
    plan = ladder.plan(probing.probe(clips("hd")))
    with pytest.raises(Stopped):
        encoding.encode_video(clips("hd"), plan, plan.rungs, plan.chunks[0], tmp_path, stop=lambda: True)
    assert not list(tmp_path.iterdir())


def test_progress_is_told_and_ends_at_one(clips: Clips, tmp_path: Path) -> None:
    plan = ladder.plan(probing.probe(clips("plain")))
    heard: list[float] = []
    encoding.encode_video(clips("plain"), plan, plan.rungs, plan.chunks[0], tmp_path, progress=heard.append)
    assert heard[-1] == 1.0 and heard == sorted(heard)


def test_a_download_holds_pictures_and_sound(clips: Clips, tmp_path: Path) -> None:
    _, parts, tracks = all_made(clips("plain"), tmp_path)
    out = tmp_path / "download.mp4"
    encoding.joined([(part.path, part.init_size) for part in parts["240p"]], [(tracks[0].path, "en")], out)
    assert len(frames(out)) == 60 and complaints(out) == ""
    assert stream(out, "a")["codec_name"] == "aac" and stream(out, "a")["tags"]["language"] == "eng"
    assert out.read_bytes().index(b"moov") < out.read_bytes().index(b"mdat")


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("name", ["counted", "counted-film", "counted-stream", "counted-later"])
def test_no_picture_is_lost_or_doubled(clips: Clips, tmp_path: Path, name: str) -> None:
    plan, parts, _ = all_made(clips(name), tmp_path)
    assert len(plan.chunks) == (1 if name == "counted-stream" else 3)
    seen = numbers(whole(parts["240p"], tmp_path))
    assert seen == list(range(len(seen))) and len(seen) == math.ceil(20 * plan.frame_rate)


@pytest.mark.usefixtures("short_chunks")
def test_a_picture_is_held_across_the_places_where_chunks_meet(clips: Clips, tmp_path: Path) -> None:
    plan, parts, _ = all_made(clips("counted-held"), tmp_path)
    seen = numbers(whole(parts["240p"], tmp_path))
    assert len(plan.chunks) == 3 and plan.frame_rate == 24
    assert seen == sorted(seen) and set(seen[round(5.1 * 24) : round(13.9 * 24)]) == {124}
    assert seen[-1] == 499 and [seen[round(second * 24)] for second in (1, 3, 15, 17)] == pytest.approx(
        [25, 75, 375, 425], abs=1
    )


@pytest.mark.usefixtures("short_chunks")
def test_of_too_many_pictures_every_second_one_is_taken(clips: Clips, tmp_path: Path) -> None:
    plan, parts, _ = all_made(clips("counted-fast"), tmp_path)
    seen = numbers(whole(parts["240p"], tmp_path))
    assert plan.frame_rate == 50 and plan.rungs[0].every == 2
    assert {after - before for before, after in pairwise(seen)} == {4} and len(seen) == 225
