"""Reading what anybody may send: it is understood or refused, and nothing else."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from files.tus import placing, protocol
from files.tus.protocol import Refused
from meatlizard.errors import AppError, Invalid

TEXT = st.text(st.characters(max_codepoint=0xFF), max_size=200)
NAMES = [
    "upload-length",
    "upload-offset",
    "upload-defer-length",
    "upload-concat",
    "upload-metadata",
    "upload-checksum",
    "content-type",
]
SEEMLY = st.sampled_from(
    [
        "",
        "0",
        "1",
        "5",
        "partial",
        "final;/files/uploads/a /b",
        protocol.CONTENT_TYPE,
        "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
        "a YQ==,b",
    ]
)
HEADERS = st.dictionaries(st.sampled_from(NAMES), st.one_of(SEEMLY, TEXT))
SIZES = st.one_of(st.none(), st.integers(0, 2**60))


@given(headers=HEADERS, size=SIZES)
def test_creations_are_understood_or_refused(headers: dict[str, str], size: int | None) -> None:
    try:
        creation = protocol.read_creation(headers, size)
    except (Invalid, Refused):
        return
    assert creation.parts or (creation.length is None) == (headers.get("upload-defer-length") == "1")
    assert creation.length is None or size is None or size <= creation.length or not creation.body


@given(headers=HEADERS, size=SIZES)
def test_pieces_are_understood_or_refused(headers: dict[str, str], size: int | None) -> None:
    try:
        assert protocol.read_piece(headers, size).offset >= 0
    except (Invalid, Refused):
        pass


@given(said=st.dictionaries(st.text("abcXYZ-_.!", min_size=1, max_size=8), st.binary(max_size=50), max_size=6))
def test_metadata_come_out_as_they_went_in(said: dict[str, bytes]) -> None:
    header = ",".join(f"{key} {base64.b64encode(value).decode()}" for key, value in said.items())
    assert protocol.read_metadata(header) == said


@given(path=st.text(max_size=300), name=st.text(max_size=300))
def test_wishes_never_lead_out_of_the_library(path: str, name: str) -> None:
    said = {"relativePath": path, "filename": name}
    header = ",".join(
        f"{key} {base64.b64encode(value.encode('utf-8', 'replace')).decode()}" for key, value in said.items()
    )
    try:
        wish = placing.read(header)
    except AppError:
        return
    for part in (*wish.below, wish.name):
        assert part not in ("", ".", "..")
        assert not set(part) & set("/\\\x00\n")
        assert 1 <= len(part.encode()) <= 255
