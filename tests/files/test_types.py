"""What a content is, by its bytes: never less dangerous than a browser might take it for."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from files.blobs import types


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, kind)
    return out.getvalue()


def archive(*members: tuple[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in members or [("wall.txt", "south")]:
            packed.writestr(name, text)
    return out.getvalue()


KNOWN = [
    (picture("PNG"), "image/png"), (picture("JPEG"), "image/jpeg"), (picture("GIF"), "image/gif"), (picture("WEBP"), "image/webp"),
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"), (archive(), "application/zip"), (b"\x1f\x8b\x08" + bytes(20), "application/gzip"),
    (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"), (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
    (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"), (b"\0\0\0\x18ftyphevc\0\0\0\0mif1hevc", "image/heic"),
    (b"\0\0\0\x18ftypmsf1\0\0\0\0", "image/heif"), (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "image/x-canon-cr3"), (b"IIRO\x08\0\0\0", "image/x-olympus-orf"),
    (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"), (b"fLaC\0\0\0\x22", "audio/flac"),
    (b"ID3\x04\0\0", "audio/mpeg"), (b"", "application/x-empty"), (b"\x00\x01\x02\x03" * 10, types.UNKNOWN),
    ("Lizards b\u00e4sk.".encode(), "text/plain"), ("Walls".encode("utf-16"), "text/plain"), (b"{\"wall\": 1}", "text/plain"),
    (b"a < b and c <d", "text/plain"), (b"<?xml version='1.0'?><feed/>", "application/xml"),
    ("B\u00e4nke an der Mauer".encode("latin-1"), "text/plain"),
    (archive(("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<w/>")), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (archive(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<x/>")), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (archive(("[Content_Types].xml", "<Types/>")), "application/zip"),
    (archive(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<x/>")), "application/vnd.oasis.opendocument.text"),
    (archive(("mimetype", "application/epub+zip")), "application/epub+zip"),
    (archive(("mimetype", "text/html")), "application/zip"), (archive(("mimetype", "application/xhtml+xml")), "application/zip"),
]  # fmt: skip

SCRIPTABLE = [
    b"<html><script>alert(1)</script>", b"  \n<!DOCTYPE html><p>x", b"<!-- x --><script>alert(1)</script>", b"<iframe src=x>", b"<img src=x onerror=y>",
    b"\xef\xbb\xbf<html>", "<html><script>x</script>".encode("utf-16"), b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>",
    b"<svg onload=alert(1)>", b"<?xml version='1.0'?><!-- " + b"x" * 500 + b" --><svg xmlns='http://www.w3.org/2000/svg'>", b"<SVG/onload=x>",
]  # fmt: skip


@pytest.mark.parametrize(("content", "media"), KNOWN, ids=[media for _content, media in KNOWN])
def test_what_is_met_daily_is_known(content: bytes, media: str) -> None:
    assert types.found(content) == media


@pytest.mark.parametrize("content", SCRIPTABLE)
def test_what_could_run_is_never_taken_for_mere_text(content: bytes) -> None:
    assert types.found(content) in ("text/html", "image/svg+xml", "application/xml")


@given(st.binary(max_size=200))
def test_whatever_comes_is_something(content: bytes) -> None:
    media = types.found(content)
    assert media == media.lower() and media.count("/") == 1 and len(media) <= 100


def test_text_that_ends_in_the_middle_of_a_letter_is_text() -> None:
    content = ("x" * (types.START - 2) + "\U0001f98e").encode()
    assert types.found(content[: types.START]) == "text/plain"
