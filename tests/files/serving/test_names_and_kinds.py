"""What an answer says of a content: its name in one header, whatever the name is, and a type in which nothing runs."""

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import names
from files.serving import kinds, zipping
from files.serving.dispositions import disposition


def read_back(header: str) -> str:
    """As RFC 6266 has it: the encoded name before the plain one."""
    found = re.fullmatch(r"(?:inline|attachment); filename=\"([^\"\\]*)\"(?:; filename\*=UTF-8''([^ ;\"']+))?", header)
    assert found is not None, header
    return unquote(found[2], errors="strict") if found[2] else found[1]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plain.txt", 'attachment; filename="plain.txt"'),
        ("two words.txt", 'attachment; filename="two words.txt"'),
        ("grüße.txt", "attachment; filename=\"gr__e.txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt"),
        ("50%.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
        (
            'a"; filename="b.exe',
            "attachment; filename=\"a__ filename=_b.exe\"; filename*=UTF-8''a_%3B%20filename%3D_b.exe",
        ),
        ("a\r\nSet-Cookie: x=y", 'attachment; filename="a__Set-Cookie_ x=y"'),
        ("../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'),
        ("exe.\u202egpj", 'attachment; filename="exe._gpj"'),
        ("", 'attachment; filename="_"'),
    ],
)
def test_a_name_is_one_parameter(name: str, header: str) -> None:
    assert disposition(name) == header


@given(st.text(max_size=300))
def test_whatever_a_file_is_called_the_header_is_one_line_of_ascii_and_gives_the_name_back(name: str) -> None:
    header = disposition(name, inline=True)
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('inline; filename="')
    assert read_back(header) == (zipping.part(name.replace("/", "_")) or "_")


def test_naughty_strings_as_names_come_back_as_they_are_stored() -> None:
    folder = os.environ.get("VECTORS_DIR", "")
    if not folder:
        pytest.skip("VECTORS_DIR names no folder with the Big List of Naughty Strings")
    strings = json.loads(Path(folder, "blns.json").read_text())
    assert len(strings) > 500
    for text in strings:
        header = disposition(names.clean(text))
        assert header.isascii() and header.isprintable()
        assert disposition(read_back(header)) == header


@pytest.mark.parametrize(
    "media_type",
    [
        "text/html", "text/HTML; charset=utf-8", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/css",
        "text/javascript", "application/javascript", "application/x-javascript", "application/wasm", "application/x-shockwave-flash",
        "multipart/x-mixed-replace", "message/rfc822", "text/vtt", "application/vnd.mozilla.xul+xml", "application/json", "x", "", "a/b\r\nX: y",
        "image/x+xml", "text/cache-manifest", "application/x-dosexec", "application/vnd.x+xml",
    ],
)  # fmt: skip
def test_what_could_run_is_said_to_be_nothing_in_particular(media_type: str) -> None:
    assert kinds.told(media_type) == kinds.ANYTHING
    assert not kinds.shown(media_type)


@pytest.mark.parametrize(
    "media_type", ["application/pdf", "application/zip", "application/vnd.oasis.opendocument.text", "image/tiff"]
)
def test_what_cannot_run_is_called_by_its_name_and_saved(media_type: str) -> None:
    assert kinds.told(media_type) == media_type
    assert not kinds.shown(media_type)


@pytest.mark.parametrize("media_type", sorted(kinds.SHOWN - {"text/plain"}))
def test_what_is_shown_is_told_by_its_name(media_type: str) -> None:
    assert kinds.told(media_type) == media_type
