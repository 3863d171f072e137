"""Archives and images that would unpack to more than anybody wants: refused by what they say, and by what comes out."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from files.safety import bombs
from files.safety.bombs import Bomb, Broken, Limits

SMALL = Limits(
    entries=50, size=10_000_000, ratio=100, free=10_000, directory=20_000, depth=4, pixels=1_000_000, frames=10
)


def zipped(members: dict[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def names(file: io.BytesIO, limits: Limits = SMALL) -> list[str]:
    with bombs.zip_file(file, limits) as archive:
        return archive.namelist()


def test_an_ordinary_archive_is_read() -> None:
    assert names(zipped({"a/b.txt": b"hello" * 100, "c": b""})) == ["a/b.txt", "c"]


def test_a_hundred_megabytes_of_zeros_are_refused() -> None:
    with pytest.raises(Bomb, match="ratio"):
        names(zipped({"zeros": bytes(5_000_000)}))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({f"{number}": b"" for number in range(51)}, "entries"),
        ({"a/" * 5 + "x": b"x"}, "depth"),
        ({f"{number}" + "n" * 5_000: b"" for number in range(5)}, "directory"),
    ],
)
def test_an_archive_beyond_a_limit_is_refused_with_the_reason(members: dict[str, bytes], reason: str) -> None:
    with pytest.raises(Bomb, match=reason):
        names(zipped(members))


def test_members_that_share_their_bytes_are_refused() -> None:
    file = zipped({"a": b"first content", "b": b"other content"})
    raw = bytearray(file.getvalue())
    second = raw.rindex(b"PK\x01\x02")
    # The second member claims to begin where the first does.
    raw[second + 42 : second + 46] = struct.pack("<L", 0)
    with pytest.raises(Bomb, match="overlap"):
        names(io.BytesIO(bytes(raw)))


def test_an_archive_that_says_less_than_it_holds_is_stopped_while_it_is_read() -> None:
    file = zipped({"zeros": bytes(3_000_000)})
    packed = len(file.getvalue())
    with zipfile.ZipFile(file) as archive, archive.open("zeros") as member, pytest.raises(Bomb, match="ratio"):
        for _piece in bombs.Unpacked(packed, SMALL).reading(member):
            pass


@given(st.binary(max_size=300))
def test_garbage_is_damaged_and_nothing_else(garbage: bytes) -> None:
    for raw in (garbage, b"PK\x05\x06" + garbage, zipped({"a": b"b"}).getvalue()[:-30] + garbage):
        try:
            names(io.BytesIO(raw))
        except (Bomb, Broken):
            pass
        try:
            with bombs.tar_file(io.BytesIO(raw), len(raw), SMALL) as members:
                list(members)
        except (Bomb, Broken):
            pass
        try:
            bombs.picture(io.BytesIO(raw), limits=SMALL)
        except (Bomb, Broken):
            pass


def tarred(members: dict[str, int]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, size in members.items():
            info = tarfile.TarInfo(name)
            info.size = size
            archive.addfile(info, io.BytesIO(bytes(size)))
    return file.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize("kind", PACKERS)
def test_members_of_a_tar_archive_are_listed(kind: str) -> None:
    raw = PACKERS[kind](tarred({"a": 10, "b/c": 5_000}))
    with bombs.tar_file(io.BytesIO(raw), len(raw), Limits()) as members:
        assert [(one.name, one.size) for one in members] == [("a", 10), ("b/c", 5_000)]


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_packed_tar_bomb_is_stopped_long_before_its_end(kind: str) -> None:
    raw = PACKERS[kind](tarred({"zeros": 6_000_000, "after": 1}))
    with pytest.raises(Bomb, match="ratio"), bombs.tar_file(io.BytesIO(raw), len(raw), SMALL) as members:
        list(members)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_packed_archive_that_is_cut_off_is_damaged(kind: str) -> None:
    raw = PACKERS[kind](tarred({"a": 200_000}))
    with pytest.raises(Broken), bombs.tar_file(io.BytesIO(raw[: len(raw) // 2]), len(raw), Limits()) as members:
        list(members)


def test_a_tar_archive_beyond_a_limit_is_refused() -> None:
    for raw, reason in (
        (tarred(dict.fromkeys(map(str, range(51)), 0)), "entries"),
        (tarred({"a/" * 5 + "x": 0}), "depth"),
    ):
        with pytest.raises(Bomb, match=reason), bombs.tar_file(io.BytesIO(raw), len(raw), SMALL) as members:
            list(members)


def png(width: int, height: int) -> io.BytesIO:
    """The beginning of an image that says it is so large, and next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"x")) + chunk(b"IEND", b""))


def test_an_image_is_known_by_its_header() -> None:
    assert bombs.picture(png(640, 480)) == bombs.Picture("PNG", 640, 480, 1)


@pytest.mark.parametrize("side", [13_000, 60_000, 2**31 - 1])
def test_an_image_of_too_many_pixels_is_refused_without_decoding_one(side: int) -> None:
    with pytest.raises(Bomb, match="pixels"):
        bombs.picture(png(side, side))


def test_an_animation_of_too_many_frames_is_refused() -> None:
    file = io.BytesIO()
    frames = [Image.new("L", (4, 4), color * 8) for color in range(30)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert bombs.picture(file, limits=Limits()).frames == 30
    with pytest.raises(Bomb, match="frames"):
        bombs.picture(file, limits=SMALL)


def test_only_the_formats_that_were_named_are_tried() -> None:
    with pytest.raises(Broken):
        bombs.picture(png(4, 4), formats=("JPEG",))
