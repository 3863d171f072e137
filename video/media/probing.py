"""What a file is, and whether anything can be made of it."""

import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from video.media import languages
from video.media.confinement import (
    Limits,
    allowed,
    collected,
    never,
    reading,
    run,
    working_folder,
)
from video.media.containers import INDEXED, container
from video.media.facts import Picture, Sound, Words
from video.media.facts import Probe as Probe
from video.media.ladder import may_be_copied, rate_and_grid
from video.media.refusals import Refused

LONGEST: Final = 24 * 3600.0
SMALLEST_SIDE: Final = 16
LARGEST: Final = (8192, 4352)
MOST_SOUNDS: Final = 16
MOST_SAID: Final = 2_000_000
FIRST_PICTURES: Final = 12
NEAR: Final = 0.1
"""Seconds that sound may begin before the picture as a matter of its encoding; the video begins with the picture then."""

EARLIEST: Final = 10.0
"""Seconds that sound may come before the first picture and be heard."""

USUAL_RATES: Final = tuple(
    Fraction(*one) for one in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1))
)
TEXT: Final = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"})
TOO_LARGE: Final = re.compile(r"Picture size \d+x\d+ (exceeds|is invalid)")
"""What ffmpeg says of pictures beyond the bound it was given, and beyond its own."""

FIELDS: Final = frozenset({"tt", "bb", "tb", "bt"})
HDR: Final = {"smpte2084": "pq", "arib-std-b67": "hlg"}
ASKED: Final = (
    "format=duration,start_time,bit_rate,size:stream=index,codec_type,codec_name,profile,pix_fmt,width,height,sample_aspect_ratio,r_frame_rate,"
    "avg_frame_rate,start_time,duration,bit_rate,field_order,color_space,color_transfer,color_primaries,color_range,channels,sample_rate,"
    "codec_tag_string:stream_disposition=default,attached_pic,timed_thumbnails:stream_tags=language,title,alpha_mode:stream_side_data_list:"
    "chapter=start_time:chapter_tags=title"
)


def probe(
    path: Path, *, sound_alone: bool = False, stop: Callable[[], bool] = never, limits: Limits | None = None
) -> Probe:
    """Reads the beginning and the end of the file, or all of it where it might be taken as it is, and decodes its first pictures.
    ``sound_alone``: what has no picture is taken, too. Raises Stopped, Refused, or Trouble if there is no ffmpeg."""
    kind = container(path)
    with working_folder() as folder:
        look = _Look(path, kind, folder, limits or allowed(), stop)
        said = look.described()
        streams = [one for one in said.get("streams", []) if isinstance(one, dict)]
        stream = _pictures(streams)
        sounds = [one for one in streams if one.get("codec_type") == "audio" and _int(one.get("channels"))][
            :MOST_SOUNDS
        ]
        if stream is None:
            _without_picture(sounds, wanted=sound_alone)
            first = []
        else:
            first = look.first_pictures(int(stream["index"]))
            _whole(stream, first)
        looked_at = [*([stream] if stream else []), *sounds]
        ends = look.ends([int(one["index"]) for one in looked_at], _seconds(said.get("format", {}).get("duration")))
        picture = _picture(stream, first, ends) if stream else None
        heard = [one for one in (_sound(stream, ends) for stream in sounds) if one.end > one.start]
        if picture is None and not heard:
            raise Refused("damaged")
        zero = _zero(picture, heard)
        regular = picture is not None and kind in INDEXED and may_be_copied(picture) and _regular(look, picture, zero)
    end = max([*([picture.end] if picture else []), *(one.end for one in heard)])
    if end - zero > LONGEST:
        raise Refused("too_long", f"{end - zero:.0f} s")
    size = path.stat().st_size
    return Probe(
        container=kind, size=size, zero=zero, duration=end - zero, bit_rate=int(size * 8 / max(end - zero, 0.001)), picture=picture,
        sounds=heard, words=[_words(one) for one in streams if one.get("codec_type") == "subtitle"], chapters=_chapters(said, zero), regular=regular,
    )  # fmt: skip


class _Look:
    """ffprobe on one file."""

    def __init__(self, path: Path, kind: str, folder: Path, limits: Limits, stop: Callable[[], bool]) -> None:
        self._path, self._kind, self._folder, self._stop = path, kind, folder, stop
        self._limits, self._whole = limits.short(), limits

    def _asked(self, *arguments: str, most: int = MOST_SAID) -> list[str]:
        lines, take = collected(most)
        command = ["-v", "error", "-threads", "1", *arguments, *reading(self._path, self._kind)]
        ended = run("ffprobe", command, self._folder, limits=self._limits, line=take, stop=self._stop)
        if TOO_LARGE.search(ended.said):
            raise Refused("too_large", ended.said)
        if ended.status:
            raise Refused("damaged", ended.said)
        return lines

    def described(self) -> dict[str, Any]:
        lines = self._asked("-show_entries", ASKED, "-of", "json=compact=1")
        try:
            said = json.loads("\n".join(lines))
        except ValueError as problem:
            raise Refused("damaged", str(problem)) from problem
        return said if isinstance(said, dict) else {}

    def first_pictures(self, index: int) -> list[dict[str, Any]]:
        """Decoded, so that what the head of the file claims is not all that is known."""
        shown = "frame=width,height,interlaced_frame,top_field_first,pix_fmt,color_space,color_transfer,color_primaries,color_range"
        some = (
            "-select_streams",
            str(index),
            "-read_intervals",
            f"%+#{FIRST_PICTURES}",
            "-show_frames",
            "-show_entries",
            shown,
        )
        try:
            said = json.loads("\n".join(self._asked(*some, "-of", "json=compact=1")))
        except ValueError as problem:
            raise Refused("damaged", str(problem)) from problem
        return [one for one in said.get("frames", []) if _int(one.get("width"))]

    def ends(self, indexes: list[int], claimed: float) -> dict[int, tuple[float, float]]:
        """Seconds of the first and after the last packet of each stream: near the claimed end, or by reading all where nothing is there."""
        found = self._packets(indexes, f"%+#{60 * len(indexes)}")
        last = self._packets(indexes, f"{max(claimed, 1) * 2 + 60:.0f}%")
        if any(index not in last for index in found):
            last = self._packets(indexes, "")
        return {index: (begin, max(last.get(index, (0, end))[1], end)) for index, (begin, end) in found.items()}

    def keys(self, index: int, zero: float) -> list[float]:
        """Seconds from ``zero`` on of the key frames. None at all where a picture that is decoded after one is to be seen before it."""
        marks: list[float] = []
        open_group = False

        def take(text: str) -> None:
            nonlocal open_group
            parts = text.strip().split(",")
            at = _seconds(parts[0], math.nan) - zero
            if math.isnan(at):
                open_group = True
            elif "K" in parts[-1]:
                marks.append(at)
            elif not marks or at < marks[-1]:
                open_group = True

        command = [
            "-v",
            "error",
            "-select_streams",
            str(index),
            "-show_entries",
            "packet=pts_time,flags",
            "-of",
            "csv=p=0",
        ]
        read = [*command, *reading(self._path, self._kind)]
        ended = run("ffprobe", read, self._folder, limits=self._whole, line=take, stop=self._stop)
        return [] if ended.status or open_group else marks

    def _packets(self, indexes: list[int], interval: str) -> dict[int, tuple[float, float]]:
        found: dict[int, tuple[float, float]] = {}

        def take(text: str) -> None:
            parts = text.strip().split(",")
            if len(parts) < 3 or not parts[0].isdigit() or int(parts[0]) not in indexes:
                return
            at = _seconds(parts[1], math.nan)
            if not math.isnan(at):
                begin, end = found.get(int(parts[0]), (at, at))
                found[int(parts[0])] = (min(begin, at), max(end, at + _seconds(parts[2])))

        where = ("-read_intervals", interval) if interval else ()
        command = [
            "-v",
            "error",
            *where,
            "-show_entries",
            "packet=stream_index,pts_time,duration_time",
            "-of",
            "csv=p=0",
        ]
        read = [*command, *reading(self._path, self._kind)]
        run("ffprobe", read, self._folder, limits=self._limits, line=take, stop=self._stop)
        return found


def _regular(look: "_Look", picture: Picture, zero: float) -> bool:
    """Reads the whole file once, which is little beside what it saves."""
    rate, grid = rate_and_grid(picture)
    near = float(1 / rate / 2)
    marks = look.keys(picture.index, zero)
    if not marks:
        return False
    places = range(math.ceil((picture.end - zero - 2 * near) * rate / grid))
    lying = iter(marks)
    return all(any(abs(mark - float(place * grid / rate)) <= near for mark in lying) for place in places)


def _pictures(streams: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The stream to be seen: the default one, else the largest; pictures that a recording carries with it are no video. None of sound alone."""
    found = [
        one
        for one in streams
        if one.get("codec_type") == "video"
        and not one.get("disposition", {}).get("attached_pic")
        and not one.get("disposition", {}).get("timed_thumbnails")
    ]
    if not found:
        return None
    for one in found:
        if one.get("codec_tag_string") in ("encv", "drmi"):
            raise Refused("protected")
    return max(
        found,
        key=lambda one: (
            bool(one.get("disposition", {}).get("default")),
            _int(one.get("width")) * _int(one.get("height")),
        ),
    )


def _without_picture(sounds: list[dict[str, Any]], *, wanted: bool) -> None:
    """Whether it is sound alone, and that may be."""
    if not sounds:
        raise Refused("no_video")
    if not wanted:
        raise Refused("sound_alone")
    if any(one.get("codec_tag_string") in ("enca", "drms") for one in sounds):
        raise Refused("protected")


def _whole(stream: dict[str, Any], first: list[dict[str, Any]]) -> None:
    if not first:
        raise Refused(
            "codec" if stream.get("codec_name") in (None, "unknown", "none") else "damaged",
            str(stream.get("codec_name")),
        )
    for side in stream.get("side_data_list", []):
        if side.get("dv_profile") == 5:
            raise Refused("dolby_vision")


def _picture(stream: dict[str, Any], first: list[dict[str, Any]], ends: dict[int, tuple[float, float]]) -> Picture:
    seen = first[0]
    width, height = _int(seen["width"]), _int(seen["height"])
    rotation = next(
        (round(_number(one["rotation"])) % 360 for one in stream.get("side_data_list", []) if "rotation" in one), 0
    )
    shape = _ratio(str(stream.get("sample_aspect_ratio", "")).replace(":", "/"), Fraction(1))
    shape = shape if Fraction(1, 10) <= shape <= 10 else Fraction(1)
    shown = (max(1, round(width * shape)), height)
    shown = shown[::-1] if rotation in (90, 270) else shown
    if min(width, height, *shown) < SMALLEST_SIDE:
        raise Refused("too_small", f"{width}x{height}")
    if max(width, height) > LARGEST[0] or width * height > LARGEST[0] * LARGEST[1]:
        raise Refused("too_large", f"{width}x{height}")
    rate, variable = _rate(stream)
    pixels = str(seen.get("pix_fmt", ""))
    begin, end = ends.get(int(stream["index"]), (0.0, 0.0))
    transfer = str(seen.get("color_transfer") or stream.get("color_transfer") or "")
    return Picture(
        index=int(stream["index"]), codec=str(stream.get("codec_name", ""))[:20], profile=str(stream.get("profile", ""))[:30], pixels=pixels,
        width=width, height=height, shown=shown, square=shape == 1, rotation=rotation, rate=(rate.numerator, rate.denominator),
        variable=variable, start=begin, end=max(end, begin + float(1 / rate)), bit_rate=_int(stream.get("bit_rate")), depth=_depth(pixels),
        interlaced=stream.get("field_order") in FIELDS or any(one.get("interlaced_frame") for one in first),
        matrix=_known(seen.get("color_space")), primaries=_known(seen.get("color_primaries")), transfer=_known(transfer),
        full_range=seen.get("color_range") == "pc" or pixels.startswith("yuvj"), hdr=HDR.get(transfer, ""), alpha=_alpha(pixels),
    )  # fmt: skip


def _rate(stream: dict[str, Any]) -> tuple[Fraction, bool]:
    """Pictures a second, and whether the file has no even rate of its own."""
    told, average = _ratio(str(stream.get("r_frame_rate"))), _ratio(str(stream.get("avg_frame_rate")))
    if told and average and abs(told - average) <= told / 200 and told <= 1000:
        return told.limit_denominator(1001), False
    if not average:
        return (told if 0 < told <= 60 else Fraction(30)), True
    if average > 61:
        return Fraction(60), True
    return next(
        (rate for rate in USUAL_RATES if rate >= average * Fraction(199, 200) and rate >= 24), Fraction(60)
    ), True


def _sound(stream: dict[str, Any], ends: dict[int, tuple[float, float]]) -> Sound:
    tags = stream.get("tags", {})
    begin, end = ends.get(int(stream["index"]), (0.0, 0.0))
    return Sound(
        index=int(stream["index"]), codec=str(stream.get("codec_name", ""))[:20], channels=_int(stream.get("channels")),
        sample_rate=_int(stream.get("sample_rate")), language=_language(tags), title=_title(tags),
        default=bool(stream.get("disposition", {}).get("default")), start=begin, end=end,
    )  # fmt: skip


def _words(stream: dict[str, Any]) -> Words:
    codec, tags = str(stream.get("codec_name", ""))[:20], stream.get("tags", {})
    default = bool(stream.get("disposition", {}).get("default"))
    return Words(int(stream["index"]), codec, _language(tags), _title(tags), default, codec in TEXT)


def _zero(picture: Picture | None, sounds: list[Sound]) -> float:
    first = min((one.start for one in sounds), default=0.0)
    if picture is None or not sounds:
        return picture.start if picture else first
    if first >= picture.start - NEAR:
        return picture.start
    return max(first, picture.start - EARLIEST)


def _chapters(said: dict[str, Any], zero: float) -> list[tuple[float, str]]:
    found = [
        (max(0.0, _seconds(one.get("start_time")) - zero), _title(one.get("tags", {})))
        for one in said.get("chapters", [])
    ]
    return [one for one in found if one[1]][:500]


def _language(tags: dict[str, Any]) -> str:
    return languages.tag(str(tags.get("language", ""))[:12])


def _title(tags: dict[str, Any]) -> str:
    return " ".join(
        "".join(letter if letter.isprintable() else " " for letter in str(tags.get("title", ""))[:200]).split()
    )[:80]


def _known(said: Any) -> str:
    return str(said) if said and said not in ("unknown", "reserved", "unspecified") else ""


def _depth(pixels: str) -> int:
    return next(
        (
            bits
            for bits in (16, 14, 12, 10, 9)
            if f"{bits}le" in pixels or f"{bits}be" in pixels or f"p0{bits}" in pixels
        ),
        8,
    )


def _alpha(pixels: str) -> bool:
    return pixels.startswith(("yuva", "rgba", "argb", "abgr", "bgra", "gbrap", "ya8", "ya16"))


def _ratio(said: str, otherwise: Fraction = Fraction(0)) -> Fraction:
    try:
        found = Fraction(said)
    except (ValueError, ZeroDivisionError):
        return otherwise
    return found if found > 0 else otherwise


def _number(said: Any) -> float:
    return _seconds(said)


def _int(said: Any) -> int:
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _seconds(said: Any, otherwise: float = 0.0) -> float:
    try:
        found = float(said)
    except (TypeError, ValueError):
        return otherwise
    return found if math.isfinite(found) and abs(found) < 1e9 else otherwise
