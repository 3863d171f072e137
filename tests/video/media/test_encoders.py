"""Other codecs keep the same grid; what hardware encoders are told is known to them. None of them is run: the suite has no such machine."""

import itertools
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.services.programs import missing
from tests.video.clips import WITH_FFMPEG, Clips
from tests.video.media.watching import all_made, complaints, frames, shown, whole
from video.media import codecs, encoding, ladder, probing

pytestmark = WITH_FFMPEG


@pytest.mark.parametrize(("codec", "said"), [("hevc", "hvc1.1.6.L"), ("vp9", "vp09.00."), ("av1", "av01.0.")])
def test_other_codecs_keep_the_grid(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, said: str
) -> None:
    monkeypatch.setattr(ladder, "CHUNK_SEGMENTS", 1)
    monkeypatch.setattr(ladder, "LEAST_LAST", 1)
    _, parts, _ = all_made(clips("nine"), tmp_path, ladder.Wanted(codecs=(codec,)))
    made = parts["240p"]
    assert [[seconds for *_, seconds in part.segments] for part in made] == [[4], [4, 1]]
    assert len({part.init_sha for part in made}) == 1 and all(part.codecs.startswith(said) for part in made)
    one = whole(made, tmp_path)
    seen = frames(one)
    assert len(seen) == 225 and {after - before for before, after in itertools.pairwise(seen)} == {400}
    assert complaints(one) == ""
    keys = [int(packet["pts"]) for packet in shown(one, "packet=pts,flags")["packets"] if "K" in packet["flags"]]
    assert [key - keys[0] for key in keys] == [0, 40_000, 80_000]


def test_another_codec_adds_its_large_sizes(clips: Clips) -> None:
    plan = ladder.plan(probing.probe(clips("hd")), ladder.Wanted(codecs=("h264", "av1")))
    assert [rung.name for rung in plan.rungs] == ["240p", "360p", "480p", "720p", "720p-av1"]
    assert plan.rungs[4].cap < plan.rungs[3].cap


def options(encoder: str) -> set[str]:
    said = subprocess.run(
        ["ffmpeg", "-hide_banner", "-h", f"encoder={encoder}"], capture_output=True, text=True, check=True
    )
    if "is not recognized" in said.stdout + said.stderr:
        return set()
    return {line.split()[0].lstrip("-") for line in said.stdout.splitlines() if line.strip().startswith("-")}


GENERAL = {"b:v", "maxrate", "bufsize", "g", "keyint_min", "pix_fmt", "tag:v", "force_key_frames"}
"""What ffmpeg itself, or every encoder, understands."""


@pytest.mark.parametrize("hardware", codecs.HARDWARE)
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_hardware_is_told_what_it_knows(clips: Clips, hardware: str, codec: str) -> None:
    plan = ladder.plan(probing.probe(clips("hd")), ladder.Wanted(codecs=(codec,), hardware=hardware, copy=False))
    command = encoding.command_for(Path("clip.mp4"), plan, plan.rungs, plan.chunks[0], 0)
    assert command.count(f"{codec}_{hardware}") == 4 and "libx264" not in command
    encoder = codecs.encoder(plan.rungs[-1], 120, 0)
    told = {argument[1:] for argument in encoder.arguments[::2]}
    assert {"g", "maxrate", "bufsize"} <= told and encoder.arguments[encoder.arguments.index("-g") + 1] == "120"
    assert ("-vaapi_device" in command) == (hardware == "vaapi") == ("hwupload" in " ".join(command))
    if known := options(encoder.name):
        assert told - GENERAL <= known
    elif hardware != "videotoolbox":
        missing(f"ffmpeg was built without {encoder.name}")


def test_what_hardware_cannot_make_the_program_makes(clips: Clips) -> None:
    rung = replace(ladder.plan(probing.probe(clips("hd"))).rungs[0], hardware="nvenc", codec="av1")
    assert codecs.encoder(rung, 120, 0).name == "libsvtav1"


def test_without_the_hardware_the_program_makes_it(clips: Clips, tmp_path: Path) -> None:
    """This machine has no NVENC, and where it is missing a setting must not cost anybody a video."""
    plan = ladder.plan(probing.probe(clips("plain")), ladder.Wanted(hardware="nvenc"))
    (part,) = encoding.encode_video(clips("plain"), plan, plan.rungs, plan.chunks[0], tmp_path)
    assert len(frames(part.path)) == 60


def test_threads_and_memory_are_those_of_the_settings(clips: Clips, settings: pytest.FixtureRequest) -> None:
    settings.VIDEO_THREADS, settings.VIDEO_MEMORY = 3, 2_000  # type: ignore[attr-defined]
    from video.media import confinement

    plan = ladder.plan(probing.probe(clips("plain")))
    command = encoding.command_for(Path("clip.mp4"), plan, plan.rungs, plan.chunks[0], 0)
    assert [command[at + 1] for at, one in enumerate(command) if one == "-threads"] == ["3", "3"]
    assert confinement.allowed().memory == 2_000 * 2**20
