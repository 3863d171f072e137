"""What it costs to make a video: ``python -m bench.video [making] [peers] [storyboard] [--seconds 60]``.

One clip of 1920 by 1080 at 30 pictures a second with sound, made by ffmpeg's own test sources. ``making``: sizes 360 to 1080 as the site makes
them (probing, the lowest size alone and first, sound, the others from one decoding), against the same encoders in one ffmpeg command written
by hand; and when the lowest can be played. ``peers``: the ffmpeg arguments of MediaCMS 8.3 (four sizes, each decoding for itself, sound in
each) and of PeerTube, with CPU, size and SSIM of each, every size brought back to 1920 by 1080 and held against the clip. ``storyboard``: of
an hour, from its lowest size and from the file.

All times are seconds of CPU (user and system, with all children). Prints ``name value unit`` lines.
"""

import argparse
import os
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meatlizard.settings")

from bench.relay import say
from video.media import codecs, encoding, ladder, pictures, probing

WIDTH, HEIGHT, RATE = 1920, 1080, 30
SIZES = (360, 480, 720, 1080)
HOUR = 3600


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def spent(name: str) -> Iterator[None]:
    before = cpu()
    yield
    say(name, cpu() - before, "s")


def ffmpeg(*arguments: str) -> str:
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stderr


def clip(folder: Path, seconds: int) -> Path:
    path = folder / "clip.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}:duration={seconds}", "-f", "lavfi",
        "-i", f"sine=frequency=440:sample_rate=48000:duration={seconds}", "-c:v", "libx264", "-preset", "fast", "-crf", "16", "-pix_fmt",
        "yuv420p", "-c:a", "aac", "-b:a", "128k", str(path),
    )  # fmt: skip
    return path


def planned(source: Path) -> ladder.Plan:
    found = ladder.plan(probing.probe(source), ladder.Wanted(copy=False))
    return replace(found, rungs=[rung for rung in found.rungs if rung.size in SIZES])


def ours(source: Path, folder: Path) -> float:
    """CPU of all of it; ``site_first`` of what comes before the lowest size can be played."""
    begin = cpu()
    plan = planned(source)
    chunk = plan.chunks[0]
    encoding.encode_video(source, plan, plan.first(chunk), chunk, place(folder, chunk.number))
    say("site_first", cpu() - begin, "s")
    for track in plan.tracks:
        encoding.encode_audio(source, plan, track, folder)
    for chunk in plan.chunks[1:]:
        if rungs := plan.first(chunk):
            encoding.encode_video(source, plan, rungs, chunk, place(folder, chunk.number))
    for chunk in plan.chunks:
        encoding.encode_video(source, plan, plan.rest(chunk), chunk, place(folder, chunk.number))
    for rung in plan.rungs:
        made = [folder / f"{chunk.number}" / f"{rung.name}.mp4" for chunk in plan.chunks]
        heads = [(path, path.read_bytes().index(b"moof") - 4) for path in made]
        encoding.strung(heads, folder / f"ours-{rung.size}.mp4")
    return cpu() - begin


def place(folder: Path, number: int) -> Path:
    found = folder / f"{number}"
    found.mkdir(exist_ok=True)
    return found


def by_hand(source: Path, folder: Path) -> float:
    """One command: the same encoders and sizes, one decoding, HLS of fMP4 with sound apart."""
    plan = planned(source)
    begin = cpu()
    outs = "".join(f"[s{at}]" for at in range(len(plan.rungs)))
    steps = [f"[0:v]split={len(plan.rungs)}{outs}"]
    steps += [
        f"[s{at}]scale={rung.width}:{rung.height}:flags={'area' if 2 * rung.width <= WIDTH else 'lanczos'}[v{at}]"
        for at, rung in enumerate(plan.rungs)
    ]
    command = ["-v", "error", "-i", str(source), "-filter_complex", ";".join(steps)]
    hls = (
        "-f",
        "hls",
        "-hls_time",
        "4",
        "-hls_playlist_type",
        "vod",
        "-hls_segment_type",
        "fmp4",
        "-hls_flags",
        "single_file",
    )
    for at, rung in enumerate(plan.rungs):
        command += [
            "-map",
            f"[v{at}]",
            "-c:v",
            "libx264",
            *codecs.encoder(rung, plan.grid, 0).arguments,
            *hls,
            str(folder / f"hand-{rung.size}.m3u8"),
        ]
    command += ["-map", "0:a", "-c:a", "aac", "-b:a", "128k", *hls, str(folder / "hand-audio.m3u8")]
    ffmpeg(*command)
    return cpu() - begin


MEDIACMS = {360: 500, 480: 1_000, 720: 2_500, 1080: 4_500}
PEERTUBE = {360: 0.15, 480: 0.12, 720: 0.11, 1080: 0.10}


def mediacms(source: Path, folder: Path) -> float:
    begin = cpu()
    for size, rate in MEDIACMS.items():
        most = f"{rate * 3 // 2}k"
        ffmpeg(
            "-v", "error", "-i", str(source), "-c:v", "libx264", "-preset", "medium", "-profile:v", "main", "-crf", "23", "-maxrate", most,
            "-bufsize", most, "-force_key_frames", "expr:gte(t,n_forced*4)", "-x264-params", f"keyint={RATE * 8}:keyint_min={RATE * 4}", "-vf",
            f"scale=-2:{size}:flags=lanczos", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-movflags", "+faststart",
            str(folder / f"mediacms-{size}.mp4"),
        )  # fmt: skip
    return cpu() - begin


def peertube(source: Path, folder: Path) -> float:
    begin = cpu()
    for size, bits in PEERTUBE.items():
        most = int(size * 16 // 9 * size * RATE * bits)
        ffmpeg(
            "-v", "error", "-i", str(source), "-c:v", "libx264", "-preset", "veryfast", "-b_strategy", "1", "-bf", "16", "-maxrate", str(most),
            "-bufsize", str(2 * most), "-g", str(2 * RATE), "-r", str(RATE), "-vf", f"scale=w=-2:h={size}", "-pix_fmt", "yuv420p", "-map_metadata", "-1",
            "-max_muxing_queue_size", "1024", "-c:a", "aac", "-ac", "2", "-f", "hls", "-hls_time", "4", "-hls_list_size", "0", "-hls_playlist_type",
            "vod", "-hls_segment_type", "fmp4", "-hls_flags", "single_file", "-hls_segment_filename", str(folder / f"peertube-{size}.mp4"),
            str(folder / f"peertube-{size}.m3u8"),
        )  # fmt: skip
    return cpu() - begin


def ssim(made: Path, source: Path) -> float:
    drawn = (
        f"[0:v:0]scale={WIDTH}:{HEIGHT}:flags=bicubic,setpts=PTS-STARTPTS[a];[1:v:0]setpts=PTS-STARTPTS[b];[a][b]ssim"
    )
    said = ffmpeg("-i", str(made), "-i", str(source), "-lavfi", drawn, "-f", "null", "-")
    found = re.search(r"All:([\d.]+)", said)
    assert found is not None
    return float(found[1])


def compare(source: Path, folder: Path, seconds: int) -> None:
    ways: dict[str, Callable[[Path, Path], float]] = {"ours": ours, "mediacms": mediacms, "peertube": peertube}
    for name, make in ways.items():
        say(f"{name}_cpu", make(source, folder), "s")
        for size in SIZES:
            path = folder / f"{name}-{size}.mp4"
            print(f"{name}_{size}_ssim {ssim(path, source):.4f} -", flush=True)
            say(f"{name}_{size}_rate", path.stat().st_size * 8 / seconds / 1000, "kbit/s")


def storyboard(folder: Path) -> None:
    """Of an hour of 1920 by 1080: one minute sixty times over."""
    minute, hour = clip(folder, 60), folder / "hour.mp4"
    listed = folder / "list.txt"
    listed.write_text(f"file '{minute}'\n" * (HOUR // 60))
    ffmpeg("-v", "error", "-f", "concat", "-safe", "0", "-i", str(listed), "-map", "0:v", "-c", "copy", str(hour))
    plan = planned(hour)
    with spent("storyboard_hour_from_file"):
        began = time.monotonic()
        say("storyboard_pictures", pictures.storyboard(hour, plan, folder).count, "pictures")
        say("storyboard_hour_from_file_clock", time.monotonic() - began, "s")
    lowest = plan.rungs[:1]
    (part,) = encoding.encode_video(minute, planned(minute), lowest, planned(minute).chunks[0], folder)
    small = folder / "small.txt"
    small.write_text(f"file '{part.path}'\n" * (HOUR // 60))
    strung = folder / "hour-small.mp4"
    fragmented = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
    ffmpeg("-v", "error", "-f", "concat", "-safe", "0", "-i", str(small), "-c", "copy", *fragmented, str(strung))
    with spent("storyboard_hour_from_lowest"):
        began = time.monotonic()
        pictures.storyboard([(strung, 0)], plan, folder)
        say("storyboard_hour_from_lowest_clock", time.monotonic() - began, "s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=["making", "peers", "storyboard", []])
    parser.add_argument("--seconds", type=int, default=60)
    told = parser.parse_args()
    parts = told.parts or ["making", "peers", "storyboard"]
    with tempfile.TemporaryDirectory(prefix="bench-video-") as name:
        folder = Path(name)
        source = clip(folder, told.seconds)
        if "making" in parts:
            hand, site = by_hand(source, folder), ours(source, folder)
            say("by_hand", hand, "s")
            say("site", site, "s")
            say("site_to_hand", site / hand, "times")
        if "peers" in parts:
            compare(source, folder, told.seconds)
        if "storyboard" in parts:
            storyboard(folder)


if __name__ == "__main__":
    main()
