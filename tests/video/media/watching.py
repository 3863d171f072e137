"""Looks at what was made with ffprobe, as a player would."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.video.clips import BITS
from video.media import encoding, ladder, probing
from video.media.encoding import MadePart


def shown(path: Path, entries: str, *more: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-show_entries", entries, *more, "-of", "json=compact=1", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert not done.stderr, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def frames(path: Path) -> list[int]:
    """Ticks at which pictures are seen, in the order they come; every one is decoded."""
    return [
        int(one["pts"])
        for one in shown(path, "frame=pts", "-select_streams", "v")["frames"]
        if one.get("pts") is not None
    ]


def stream(path: Path, kind: str = "v") -> dict[str, Any]:
    found: dict[str, Any] = shown(path, "stream", "-select_streams", kind)["streams"][0]
    return found


def complaints(path: Path) -> str:
    """What ffmpeg says while it decodes all of it."""
    command = ["ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stderr


def all_made(
    source: Path, folder: Path, wanted: ladder.Wanted | None = None
) -> tuple[ladder.Plan, dict[str, list[MadePart]], list[MadePart]]:
    """The plan, parts by rung, and tracks: each chunk for itself, the lowest rung alone."""
    plan = ladder.plan(probing.probe(source), wanted)
    parts: dict[str, list[MadePart]] = {rung.name: [] for rung in plan.rungs}
    for chunk in plan.chunks:
        for rungs in (plan.first(chunk), plan.rest(chunk)):
            place = folder / f"{chunk.number}"
            place.mkdir(exist_ok=True)
            for part in encoding.encode_video(source, plan, rungs, chunk, place) if rungs else []:
                parts[part.name].append(part)
    return plan, parts, [encoding.encode_audio(source, plan, track, folder) for track in plan.tracks]


def whole(parts: Sequence[MadePart], folder: Path) -> Path:
    """All parts of a rung as one file, as a player puts them together."""
    path = folder / f"{parts[0].name}-whole.mp4"
    encoding.strung([(part.path, part.init_size) for part in parts], path)
    return path


def picture(path: Path, folder: Path) -> Path:
    """The first one, as PNG."""
    out = folder / f"{path.stem}.png"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-frames:v", "1", "-y", str(out)]
    subprocess.run(command, check=True, timeout=120)
    return out


def numbers(path: Path) -> list[int]:
    """What the pictures of a ``counting`` clip say, in the order in which they are seen."""
    command = [
        "ffmpeg",
        "-nostdin",
        "-v",
        "error",
        "-i",
        str(path),
        "-fps_mode",
        "passthrough",
        "-vf",
        f"scale={BITS}:1:flags=area,format=gray",
    ]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True, timeout=120).stdout
    return [sum((raw[at + bit] > 127) << bit for bit in range(BITS)) for at in range(0, len(raw), BITS)]
