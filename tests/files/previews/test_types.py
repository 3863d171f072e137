"""Documents are told from archives, by their bytes alone."""

import io
import zipfile

import pytest

from files.blobs import types
from tests.chat.attachments import files
from tests.files.previews import contents

OFFICE = "application/vnd.openxmlformats-officedocument."


def opened(said: bytes) -> bytes:
    """As OpenDocument and EPUB begin."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("mimetype", said)
        file.writestr("content.xml", b"<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (contents.packed({"a.docx": b"x"}), "application/zip"),
        (contents.packed({"mimetype": b"application/evil", "x": b""}), "application/zip"),
        (contents.packed({}), "application/zip"),
        (files.docx("x"), OFFICE + "wordprocessingml.document"),
        (files.xlsx(), OFFICE + "spreadsheetml.sheet"),
        (files.pptx(), OFFICE + "presentationml.presentation"),
        (opened(b"application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"),
        (opened(b"application/epub+zip"), "application/epub+zip"),
        (b"{\\rtf1 words}", "application/rtf"),
        (b"PK\x03\x04", "application/zip"),
    ],
)
def test_which_kind_of_packed_file_it_is(data: bytes, media_type: str) -> None:
    assert types.found(data) == media_type
