"""Files made to mislead, by hand and by ffmpeg."""

import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.video.clips import Clips

SECRET: Final = b"G@" + b"canary-of-somebody-else" * 50


def playlist(canary: Path, server: str) -> bytes:
    lines = [
        "#EXTM3U",
        "#EXT-X-TARGETDURATION:10",
        "#EXTINF:5,",
        f"file://{canary}",
        "#EXTINF:5,",
        str(canary),
        "#EXTINF:5,",
        f"{server}/a.ts",
    ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()


def pieces(canary: Path, server: str) -> bytes:
    return f"ffconcat version 1.0\nfile '{canary}'\nfile '{server}/a.mp4'\n".encode()


def session(_canary: Path, server: str) -> bytes:
    host, _, port = server.removeprefix("http://").partition(":")
    return f"v=0\r\no=- 0 0 IN IP4 {host}\r\ns=x\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=video {port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n".encode()


def manifest(canary: Path, server: str) -> bytes:
    return (
        f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation><BaseURL>{server}/'
        f'</BaseURL><SegmentList><SegmentURL media="{canary}"/></SegmentList></Representation></AdaptationSet></Period></MPD>'
    ).encode()


def drawing(canary: Path, server: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{server}/x.png"/><image href="file://{canary}"/></svg>'.encode()


LEADING_AWAY: Final[dict[str, Callable[[Path, str], bytes]]] = {
    "hls": playlist, "ffconcat": pieces, "sdp": session, "dash": manifest, "svg": drawing,
}  # fmt: skip
"""Each leads to a file of somebody else and to a server."""


def with_reference(plain: bytes, other: Path) -> bytes:
    """An MP4 that holds nothing but zeroes, and says that its pictures lie in another file (``dref`` with an ``alis`` and a path)."""
    name = str(other).encode()
    body = struct.pack(">HH", 2, len(name)) + name + b"\0" * (len(name) % 2) + struct.pack(">h", -1)
    alias = struct.pack(">I4sI", 12 + 150 + len(body), b"alis", 0) + b"\0" * 150 + body
    content = plain.index(b"mdat") + 4
    (held,) = struct.unpack_from(">I", plain, content - 8)
    empty = plain[:content] + bytes(held - 8) + plain[content - 8 + held :]
    at = empty.index(b"dref") - 4
    (size,) = struct.unpack_from(">I", empty, at)
    data = bytearray(empty[: at + 16] + alias + empty[at + size :])
    for box in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        place = data.rindex(box, 0, at + 16) - 4
        struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + len(alias) - (size - 16))
    return bytes(data)


def truncated(clips: Clips, _: Path) -> bytes:
    """The head at the end is missing."""
    return clips("plain").read_bytes()[:20_000]


def half(clips: Clips, folder: Path) -> bytes:
    """The head is there, and half of what it tells of."""
    out = folder / "front.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(clips("plain")), "-c", "copy", "-movflags", "+faststart", "-y", str(out)],
        check=True,
        timeout=60,
    )
    data = out.read_bytes()
    return data[: len(data) * 6 // 10]


def broken_middle(clips: Clips, _: Path) -> bytes:
    data = bytearray(clips("plain").read_bytes())
    middle = len(data) // 2
    data[middle - 8_000 : middle + 8_000] = b"\x5a" * 16_000
    return bytes(data)


def claiming(path: bytes, at: int, value: int) -> Callable[[Clips, Path], bytes]:
    """Another value in the head: 32 bits, ``at`` bytes behind the name of the first box ``path``."""

    def craft(clips: Clips, _: Path) -> bytes:
        data = bytearray(clips("plain").read_bytes())
        struct.pack_into(">I", data, data.index(path) + 4 + at, value)
        return bytes(data)

    return craft


def huge(clips: Clips, _: Path) -> bytes:
    """Pictures of 16,384 by 16,384 pixels in a file that says 160 by 90."""
    data = clips("jpegs").read_bytes()
    # ITU-T T.81, SOF0: length, precision, lines, samples a line.
    return re.sub(rb"(\xff\xc0\x00\x11\x08)....", rb"\1" + struct.pack(">HH", 16_384, 16_384), data, flags=re.DOTALL)


def many_streams(clips: Clips, _: Path) -> bytes:
    """One track told of a thousand times."""
    data = clips("silent").read_bytes()
    moov = data.index(b"moov") - 4
    (size,) = struct.unpack_from(">I", data, moov)
    trak = data.index(b"trak", moov) - 4
    (length,) = struct.unpack_from(">I", data, trak)
    more = data[trak : trak + length] * 999
    head = bytearray(data[moov : trak + length] + more + data[trak + length : moov + size])
    struct.pack_into(">I", head, 0, len(head))
    return data[:moov] + bytes(head) + data[moov + size :]


CRAFTED: Final[dict[str, tuple[Callable[[Clips, Path], bytes], str]]] = {
    "empty": (lambda _clips, _folder: b"", "empty"),
    "truncated": (truncated, "damaged"),
    "text": (lambda _clips, _folder: b"This is no video.\n" * 300, "not_a_video"),
    "noise": (lambda _clips, _folder: bytes(range(7, 255)) * 50, "not_a_video"),
    "magic alone": (lambda _clips, _folder: b"\x00\x00\x00\x18ftypisom" + b"\xff" * 5_000, "damaged"),
    "ebml alone": (lambda _clips, _folder: b"\x1a\x45\xdf\xa3" + b"\xff" * 5_000, "damaged"),
    "huge": (huge, "too_large"),
    "a thousand tracks": (many_streams, "too_many_streams"),
    "waves": (lambda _clips, _folder: b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\0" * 64, "damaged"),
}
"""How it is made, and the code of its refusal."""

LYING: Final[dict[str, Callable[[Clips, Path], bytes]]] = {
    "half": half,
    "broken middle": broken_middle,
    "ten hours": claiming(b"mvhd", 16, 36_000_000),
    "a track of ten hours": claiming(b"mdhd", 16, 0x7FFFFFFF),
    "of another size": claiming(b"tkhd", 76, 16_384 << 16),
}
"""What still can be seen is made, and ends where it ends."""
