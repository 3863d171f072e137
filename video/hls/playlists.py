"""Playlists, written from what is known of a video (RFC 8216, and its second edition where that is plainer). Pure.

Addresses are relative to the playlist, so that whatever leads to it leads to all of it: the token lies in the path. A rendition's playlist
grows while it is made (``EVENT``) and is complete with its end (``VOD``); its parts are one file each, and their segments byte ranges of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from meatlizard.languages import own_name

VERSION: Final = 7
"""The first in which EXT-X-MAP may stand in any playlist of media, as fMP4 needs it."""

SEGMENT_SECONDS: Final = 4
"""What is aimed at. A playlist's target must not change while it grows, so none is below this."""

AUDIO: Final = "audio"
SUBTITLES: Final = "subtitles"


class Rendition(Protocol):
    """As :class:`video.models.Rendition`."""

    name: str
    kind: str
    codecs: str
    width: int | None
    height: int | None
    frame_rate: float | None
    channels: int | None
    language: str
    label: str
    default: bool
    bandwidth: int
    average: int


class Part(Protocol):
    """As :class:`video.models.Part`; ``segments``: each ``[offset, size, seconds]``."""

    number: int
    init_size: int
    init_sha: str
    segments: list[list[float]]


@dataclass(frozen=True, slots=True)
class Caption:
    """``key``: what names it in an address. ``default``: shown unless somebody chooses otherwise. ``forced``: only what must be read."""

    key: str
    label: str
    language: str = ""
    default: bool = False
    forced: bool = False


def master(
    video: Iterable[Rendition], audio: Iterable[Rendition], captions: Iterable[Caption] = (), *, alone: bool = True
) -> str:
    """``video`` from the lowest on; ``audio``: the tracks, of which each plays with each of ``video``, and without pictures where there are none
    or that is offered, too (``alone``)."""
    rungs, tracks, texts = list(video), list(audio), list(captions)
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    main = next((one for one in tracks if one.default), tracks[0] if tracks else None)
    # What plays alone needs no group to be chosen from.
    grouped = tracks if rungs or len(tracks) > 1 else []
    lines += _audio_group(grouped, main)
    taken: set[str] = set()
    shown = next((one for one in texts if one.default), None)
    first = {(one.language, one.forced): one for one in [*reversed(texts), *([shown] if shown else [])]}
    lines += [
        _caption(one, chosen=one is shown, found=first[one.language, one.forced] is one, name=_name(one.label or one.language, taken))
        for one in texts
    ]  # fmt: skip
    for rung in rungs:
        lines += [_variant(rung, tracks, texts), f"{rung.name}.m3u8"]
    if main is not None and (alone or not rungs):
        lines += [_audio_only(tracks, _groups(grouped, texts)), f"{main.name}.m3u8"]
    return "\n".join(lines) + "\n"


def media(rendition: str, place: str, parts: Sequence[Part], *, ended: bool) -> str:
    """``parts``: those that are made, from the first on and without a gap. ``place``: the folder of the files; ``ended``: there will be no more."""
    longest = max((seconds for part in parts for _offset, _size, seconds in part.segments), default=0.0)
    lines = [
        "#EXTM3U", f"#EXT-X-VERSION:{VERSION}", f"#EXT-X-TARGETDURATION:{max(SEGMENT_SECONDS, _rounded(longest))}",
        "#EXT-X-MEDIA-SEQUENCE:0", f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}", "#EXT-X-INDEPENDENT-SEGMENTS",
    ]  # fmt: skip
    if not ended:
        # Otherwise players begin near the end of what is there, as with something live.
        lines.append("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")
    lines += _segments(f"{place}/{rendition}", parts)
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def subtitles(caption: Caption, duration: float) -> str:
    """One text of the whole length, as one segment."""
    seconds = max(duration, 0.001)
    return "\n".join([
        "#EXTM3U", f"#EXT-X-VERSION:{VERSION}", f"#EXT-X-TARGETDURATION:{max(1, _rounded(seconds))}", "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD", f"#EXTINF:{seconds:.3f},", f"{caption.key}.vtt", "#EXT-X-ENDLIST", "",
    ])  # fmt: skip


def _segments(folder: str, parts: Sequence[Part]) -> Iterator[str]:
    head = None
    for part in parts:
        file = f"{folder}/{part.number}.mp4"
        if (part.init_size, part.init_sha) != head:
            head = (part.init_size, part.init_sha)
            yield f'#EXT-X-MAP:URI="{file}",BYTERANGE="{part.init_size}@0"'
        for offset, size, seconds in part.segments:
            yield f"#EXTINF:{seconds:.6f},"
            yield f"#EXT-X-BYTERANGE:{int(size)}@{int(offset)}"
            yield file


def _variant(rung: Rendition, tracks: list[Rendition], texts: list[Caption]) -> str:
    told = [
        f"BANDWIDTH={rung.bandwidth + _most(tracks, 'bandwidth')}", f"AVERAGE-BANDWIDTH={rung.average + _most(tracks, 'average')}",
        f'CODECS="{_codecs([rung, *tracks])}"',
    ]  # fmt: skip
    if rung.width and rung.height:
        told.append(f"RESOLUTION={rung.width}x{rung.height}")
    if rung.frame_rate:
        told.append(f"FRAME-RATE={rung.frame_rate:.3f}")
    told += ["VIDEO-RANGE=SDR", *_groups(tracks, texts)]
    return f"#EXT-X-STREAM-INF:{','.join(told)}"


def _audio_only(tracks: list[Rendition], groups: list[str]) -> str:
    told = [
        f"BANDWIDTH={_most(tracks, 'bandwidth')}", f"AVERAGE-BANDWIDTH={_most(tracks, 'average')}", f'CODECS="{_codecs(tracks)}"',
        *groups,
    ]  # fmt: skip
    return f"#EXT-X-STREAM-INF:{','.join(told)}"


def _audio_group(tracks: list[Rendition], main: Rendition | None) -> Iterator[str]:
    taken: set[str] = set()
    # Of several in one language a player chooses by itself that which is chosen anyway, or the first.
    first = {one.language: one for one in [*reversed(tracks), *([main] if main else [])]}
    for number, one in enumerate(tracks, 1):
        name = one.label or own_name(one.language) or str(number)
        name = _name(f"{name} 5.1" if one.channels == 6 else name, taken)
        yield _track(one, chosen=one is main, found=first[one.language] is one, name=name)


def _groups(tracks: list[Rendition], texts: list[Caption]) -> list[str]:
    return [
        *([f'AUDIO="{AUDIO}"'] if tracks else []),
        *([f'SUBTITLES="{SUBTITLES}"'] if texts else []),
        "CLOSED-CAPTIONS=NONE",
    ]


def _track(track: Rendition, *, chosen: bool, found: bool, name: str) -> str:
    told = ["TYPE=AUDIO", f'GROUP-ID="{AUDIO}"', f"NAME={name}"]
    if language := _quoted(track.language):
        told.append(f"LANGUAGE={language}")
    told += [f"DEFAULT={_yes(chosen)}", f"AUTOSELECT={_yes(found)}"]
    if track.channels:
        told.append(f'CHANNELS="{track.channels}"')
    return f'#EXT-X-MEDIA:{",".join(told)},URI="{track.name}.m3u8"'


def _caption(caption: Caption, *, chosen: bool, found: bool, name: str) -> str:
    told = ["TYPE=SUBTITLES", f'GROUP-ID="{SUBTITLES}"', f"NAME={name}"]
    if language := _quoted(caption.language):
        told.append(f"LANGUAGE={language}")
    told += [f"DEFAULT={_yes(chosen)}", f"AUTOSELECT={_yes(found)}", f"FORCED={_yes(caption.forced)}"]
    return f'#EXT-X-MEDIA:{",".join(told)},URI="captions/{caption.key}.m3u8"'


def _most(tracks: list[Rendition], what: str) -> int:
    """The dearest of the tracks: any of them may be the one that plays."""
    return max((int(getattr(one, what)) for one in tracks), default=0)


def _codecs(renditions: list[Rendition]) -> str:
    return ",".join(dict.fromkeys(one.codecs for one in renditions if one.codecs))


def _name(wanted: str, taken: set[str]) -> str:
    """Within a group no two have the same."""
    base = (_quoted(wanted) or '"1"')[1:-1]
    name, number = base, 2
    while name in taken:
        name, number = f"{base} ({number})", number + 1
    taken.add(name)
    return f'"{name}"'


def _quoted(text: str) -> str:
    """As a quoted string, which holds neither quotes nor ends of lines; nothing where nothing is left."""
    kept = "".join("'" if sign == '"' else sign for sign in text if sign.isprintable()).strip()
    return f'"{kept}"' if kept else ""


def _rounded(seconds: float) -> int:
    """To the nearest whole one, halves up, as the target is compared."""
    return int(seconds + 0.5)


def _yes(whether: bool) -> str:
    return "YES" if whether else "NO"
