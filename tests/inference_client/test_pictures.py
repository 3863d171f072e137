"""What is in an image file costs bounded memory and ends in pixels or in words."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp.pictures import LONGEST_SIDE, MOST_PIXELS, SHORTEST_SIDE, pixels

RED, WHITE = (255, 0, 0), (255, 255, 255)


def file(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    output = io.BytesIO()
    image.save(output, form, **options)
    return output.getvalue()


def at(data: bytes, x: int, y: int) -> tuple[int, ...]:
    width, _, rgb = pixels(data)
    return tuple(rgb[3 * (y * width + x) :][:3])


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG that claims any size, with black and white pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def refusal(data: bytes) -> str:
    with pytest.raises(EngineError) as caught:
        pixels(data)
    assert caught.value.code == "bad_image"
    return caught.value.detail


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_every_format_becomes_red_green_and_blue(form: str, mode: str) -> None:
    width, height, rgb = pixels(file(Image.new(mode, (40, 30), "white"), form))
    assert (width, height, rgb) == (40, 30, b"\xff" * 40 * 30 * 3)


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "I;16", "RGBA", "LA"])
def test_unusual_colours_are_read(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert pixels(file(Image.new(mode, (20, 20)), form))[:2] == (20, 20)


def test_what_is_transparent_is_white() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 10, 20))
    assert (at(file(image), 5, 5), at(file(image), 15, 5)) == (RED, WHITE)
    palette = Image.new("P", (20, 20), 0)
    assert at(file(palette, transparency=0), 5, 5) == WHITE


def test_an_image_is_turned_as_its_camera_was_held() -> None:
    image = Image.new("RGB", (40, 20), "white")
    exif = Image.Exif()
    exif[0x0112] = 6
    assert pixels(file(image, "JPEG", exif=exif))[:2] == (20, 40)


def test_of_a_moving_image_the_first_frame_is_read() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    assert at(file(frames[0], "GIF", save_all=True, append_images=frames[1:]), 3, 3) == RED


def test_large_and_small_images_are_brought_to_a_useful_size() -> None:
    assert pixels(file(Image.new("L", (5000, 1000))))[:2] == (LONGEST_SIDE, 410)
    assert pixels(file(Image.new("RGB", (6000, 3000)), "JPEG"))[:2] == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert pixels(file(Image.new("RGB", (1, 3), "red")))[:2] == (SHORTEST_SIDE, 3 * SHORTEST_SIDE)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    side = 8000
    honest = png(side, side, (b"\0" + b"\0" * (side // 8)) * side)
    assert side * side == MOST_PIXELS
    assert pixels(honest)[:2] == (LONGEST_SIDE, LONGEST_SIDE)
    for width, height in ((side, side + 8), (60_000, 60_000), (2**31 - 1, 2**31 - 1)):
        assert "64 million" in refusal(png(width, height, b""))


def test_a_thread_of_an_image_is_refused() -> None:
    assert "long and thin" in refusal(file(Image.new("L", (2020, 20))))
    assert pixels(file(Image.new("L", (2000, 20))))[:2] == (2000, 20)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_cut_file_is_refused(form: str) -> None:
    noise = Image.effect_noise((64, 64), 90).convert("RGB")
    whole = file(noise, form)
    for length in (0, 1, 20, len(whole) // 2):
        assert "whole PNG" in refusal(whole[:length])


def test_other_formats_are_not_even_tried() -> None:
    image = Image.new("RGB", (20, 20))
    for form in ("BMP", "TIFF", "PPM", "ICO", "PDF", "TGA"):
        assert "PNG, JPEG, WebP or GIF" in refusal(file(image, form))
    assert "PNG" in refusal(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')


@given(st.data())
def test_damage_ends_in_pixels_or_words(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
    content = bytearray(file(Image.new("RGB", (16, 16), "red"), form))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        width, height, rgb = pixels(bytes(content))
    except EngineError as problem:
        assert problem.code == "bad_image"
    else:
        assert len(rgb) == width * height * 3 <= LONGEST_SIDE**2 * 3
