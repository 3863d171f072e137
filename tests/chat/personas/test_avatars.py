"""Pictures of personas: encoded anew, with nothing in them that came with them; and figures made of ids."""

import io
import struct
import zlib
from uuid import UUID

import pytest
from PIL import Image

from chat.personas import avatars
from chat.personas.cards import png
from meatlizard.errors import Invalid
from tests.chat.personas.pictures import chunk, picture, with_chunks

ODD_TEXT = b"<script>alert(1)</script>"


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    "data",
    [
        with_chunks((b"tEXt", b"Comment\0" + ODD_TEXT), (b"eXIf", ODD_TEXT)),
        picture(kind="JPEG", comment=ODD_TEXT), picture(kind="WEBP"), picture(kind="GIF", comment=ODD_TEXT),
        picture(mode="RGBA"), picture(mode="L"), picture() + ODD_TEXT,
    ],
)  # fmt: skip
def test_a_picture_is_encoded_anew_without_what_came_with_it(data: bytes) -> None:
    avatar = avatars.encoded(data)
    for part, size in ((avatar.data, (60, 80)), (avatar.thumbnail, (192, 192))):
        image = opened(part)
        assert (image.format, image.size) == ("WEBP", size)
        assert ODD_TEXT not in part and not image.getexif() and "icc_profile" not in image.info
    assert (avatar.width, avatar.height) == (60, 80)


def test_large_pictures_become_smaller_and_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    avatar = avatars.encoded(picture(2000, 1000, kind="JPEG", exif=exif))
    assert opened(avatar.data).size == (512, 1024)


def bomb(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return png.SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xd8\xff", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"GIF89a", ODD_TEXT,
        bomb(60_000, 60_000), bomb(10_000, 9_000), bomb(100, 100), picture()[:-30], picture(kind="JPEG")[:300],
        picture(kind="BMP"), b"\0" * (avatars.MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_what_is_no_picture_or_too_much_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Invalid) as error:
        avatars.encoded(data)
    assert error.value.message.endswith(".")


def test_a_figure_is_the_same_for_the_same_id() -> None:
    one, other = UUID(int=1), UUID(int=2)
    first = avatars.figure(one, 80)
    assert first.tobytes() == avatars.figure(one, 80).tobytes() != avatars.figure(other, 80).tobytes()
    assert first.tobytes() == first.transpose(Image.Transpose.FLIP_LEFT_RIGHT).tobytes()
    assert len({avatars.figure(UUID(int=n), 10).tobytes() for n in range(300)}) == 300


def test_as_png_both_kinds_are_pictures() -> None:
    assert opened(avatars.as_png(None, UUID(int=1))).format == "PNG"
    saved = opened(avatars.as_png(avatars.encoded(picture(mode="RGBA")), UUID(int=1)))
    assert (saved.format, saved.size, saved.info.get("exif")) == ("PNG", (60, 80), None)
