"""Archives that are written while they are sent: whole and as long as announced, or broken where anybody notices."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import IO

import pytest
import zipstream  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from files.serving import zipping
from files.serving.zipping import Archive, Broken, Member


def member(path: str, content: bytes) -> Member:
    return Member(path, len(content), lambda: io.BytesIO(content))


def written(archive: Archive) -> bytes:
    return b"".join(archive.pieces())


def broken_off(archive: Archive) -> bytes:
    """What came before the stream broke."""
    received = b""
    try:
        for piece in archive.pieces():
            received += piece
    except Broken:
        return received
    raise AssertionError("the stream came to its end")


def test_it_holds_what_was_put_in_and_is_as_long_as_announced() -> None:
    contents = {
        "a.txt": b"first",
        "Folder/b.bin": bytes(range(256)) * 3_000,
        "empty": b"",
        "Ordner/ü ä.txt": "ß".encode(),
    }
    archive = Archive([*(member(path, content) for path, content in contents.items()), Member("Nothing in it/")])
    whole = written(archive)
    assert len(whole) == archive.length
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist() if not name.endswith("/")} == contents
        assert "Nothing in it/" in read.namelist()


def test_unzip_of_info_zip_takes_it(tmp_path: Path) -> None:
    program = shutil.which("unzip")
    if program is None:
        pytest.skip("No unzip is installed")
    (tmp_path / "a.zip").write_bytes(written(Archive([member("x/grüße.txt", b"hello"), member("x/b", b"")])))
    assert subprocess.run([program, "-tq", tmp_path / "a.zip"], check=False, capture_output=True).returncode == 0


def test_it_opens_one_file_at_a_time_and_closes_each() -> None:
    opened: list[IO[bytes]] = []

    def open_one() -> IO[bytes]:
        assert all(file.closed for file in opened)
        opened.append(io.BytesIO(b"x" * 600_000))
        return opened[-1]

    archive = Archive([Member(f"{number}.bin", 600_000, open_one) for number in range(5)])
    assert opened == []
    assert len(written(archive)) == archive.length
    assert len(opened) == 5
    assert all(file.closed for file in opened)


def test_a_reader_that_goes_away_leaves_no_file_open() -> None:
    file = io.BytesIO(b"x" * 1_000_000)
    pieces = Archive([Member("a", 1_000_000, lambda: file)]).pieces()
    for _piece in range(3):
        next(pieces)
    assert not file.closed
    pieces.close()  # type: ignore[attr-defined]
    del pieces
    assert file.closed


@pytest.mark.parametrize("content", [b"", b"short", b"much longer than it said"])
def test_a_file_that_is_not_as_long_as_it_said_breaks_the_stream(content: bytes) -> None:
    archive = Archive([member("a", b"whole"), Member("b", 10, lambda: io.BytesIO(content)), member("c", b"more")])
    received = broken_off(archive)
    assert len(received) < archive.length
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(received))


def test_a_file_that_cannot_be_opened_or_read_breaks_the_stream() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("disk")

    def gone() -> IO[bytes]:
        raise FileNotFoundError("gone")

    for opener in (gone, lambda: Failing(b"x")):
        with pytest.raises(Broken):
            written(Archive([Member("a", 1, opener)]))


class Zeros(io.RawIOBase):
    """As many zeros as a file past 4 GiB has, without holding them."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        piece = bytes(min(size, self.left))
        self.left -= len(piece)
        return piece


def test_past_four_gibibytes_it_is_a_zip64_of_the_announced_length() -> None:
    size = 2**32 + 17
    small = Archive([member("a", b"")]).length
    large = Archive([Member("big", size, lambda: Zeros(size)), member("after", b"x")])  # type: ignore[arg-type,return-value]
    assert large.length > size + small
    # The whole stream would be read for minutes here: what stands before and after the content tells.
    first = next(iter(large.pieces()))
    assert first[4:6] == (45).to_bytes(2, "little")  # version needed: ZIP64


def test_more_members_than_a_plain_zip_can_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipstream.ng, "ZIP_FILECOUNT_LIMIT", 50)
    archive = Archive([member(f"{number}", b"x") for number in range(60)])
    whole = written(archive)
    assert len(whole) == archive.length
    assert b"PK\x06\x06" in whole  # the end record of ZIP64
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert len(read.infolist()) == 60


def test_a_thousand_of_one_name_are_numbered_without_asking_for_each_number_again() -> None:
    names = [path for _member, path in zipping.named([member("a.txt", b"")] * 3_000)]
    assert (names[0], names[-1]) == ("a.txt", "a (3000).txt")


HOSTILE = {
    "../../etc/passwd": "etc/passwd",
    "/etc/passwd": "etc/passwd",
    "..\\..\\windows\\win.ini": ".._.._windows_win.ini",
    "C:\\autoexec.bat": "C__autoexec.bat",
    "a/.. /b": "a/b",
    "con.txt": "_con.txt",
    "nul": "_nul",
    "aux .c": "_aux .c",
    "a\0b": "a_b",
    "line\nbreak": "line_break",
    "invoice\u202egpj.exe": "invoice_gpj.exe",
    "trailing. . .": "trailing",
    "...": "_",
    "": "_",
    "e\u0301": "é",
    "family \U0001f468\u200d\U0001f469": "family \U0001f468\u200d\U0001f469",
}


@pytest.mark.parametrize(("given_path", "expected"), HOSTILE.items())
def test_hostile_names_stay_inside_and_say_what_they_are(given_path: str, expected: str) -> None:
    assert zipping.clean(given_path) == expected


@given(st.text(max_size=400))
def test_no_name_leaves_the_folder_it_is_unpacked_in(path: str) -> None:
    parts = zipping.clean(path).split("/")
    assert all(parts)
    assert not {".", ".."}.intersection(parts)
    assert all(len(part.encode()) <= zipping.MOST_NAME + 1 and not part.endswith((".", " ")) for part in parts)
    assert zipping.clean("/".join(parts)) == "/".join(parts)


@given(
    st.lists(
        st.sampled_from(["a.txt", "A.TXT", "a (2).txt", ".hidden", "x/a.txt", "x/../a.txt", "ß", "SS"]), max_size=12
    )
)
def test_no_two_members_meet_under_one_name(paths: list[str]) -> None:
    names = [path.casefold() for _member, path in zipping.named([member(path, b"") for path in paths])]
    assert len(set(names)) == len(paths)


def test_names_that_meet_are_numbered() -> None:
    members = [member(path, b"") for path in ("a.txt", "A.txt", "a.txt", "b", "b")]
    assert [path for _member, path in zipping.named(members)] == ["a.txt", "A (2).txt", "a (3).txt", "b", "b (2)"]
