"""Whatever a name is, what is made of it may stand in a file system, a page and a header."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import names

HOSTILE = [
    "", ".", "..", "...", "../../etc/passwd", "..\\..\\boot.ini", "a/b\\c", "\x00", "a\x00b", "a\r\nSet-Cookie: x", "\u202egpj.exe",
    "\u2066x\u2069", "a" * 300, "😀" * 200, "é" * 255, "cafe\u0301", "\ud800", " ", "\t", "x" * 300 + ".tar.gz", "." + "x" * 300,
]  # fmt: skip


def holds(name: str) -> bool:
    return (
        1 <= len(name.encode()) <= 255
        and name not in (".", "..")
        and not any(sign in "/\\" or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name)
        and not any("\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069" for sign in name)
        and unicodedata.normalize("NFC", name) == name
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_become_names(name: str) -> None:
    assert holds(names.clean(name)) and holds(names.last_part(name))


@given(st.text() | st.text("./\\ \u202e\u0301e\U0001f600", min_size=200, max_size=400))
def test_every_text_becomes_a_name_and_stays_that(name: str) -> None:
    cleaned = names.clean(name)
    assert holds(cleaned) and names.clean(cleaned) == cleaned
    numbered = names.free(cleaned, {cleaned})
    assert holds(numbered) and numbered != cleaned


@pytest.mark.parametrize(
    ("name", "taken", "free"),
    [
        ("a.jpg", set(), "a.jpg"),
        ("a.jpg", {"a.jpg"}, "a (2).jpg"),
        ("a.jpg", {"a.jpg", "a (2).jpg"}, "a (3).jpg"),
        ("a (2).jpg", {"a (2).jpg"}, "a (3).jpg"),
        ("a.tar.gz", {"a.tar.gz"}, "a (2).tar.gz"),
        (".profile", {".profile"}, ".profile (2)"),
        ("Version 1.0 of it", {"Version 1.0 of it"}, "Version 1.0 of it (2)"),
    ],
)
def test_numbers_stand_before_the_ending(name: str, taken: set[str], free: str) -> None:
    assert names.free(name, taken) == free


def test_the_ending_of_a_long_name_stays() -> None:
    assert names.clean("x" * 300 + ".jpeg").endswith("x.jpeg")
    assert names.last_part("C:\\fakepath\\photo.jpg") == names.last_part("folder/photo.jpg/") == "photo.jpg"


def test_many_of_one_name_are_numbered_without_looking_at_all_before_each_time() -> None:
    class Looked(set[str]):
        times = 0

        def __contains__(self, name: object) -> bool:
            self.times += 1
            return super().__contains__(name)

    taken, numbers = Looked(), {}  # type: ignore[var-annotated]
    for _time in range(300):
        taken.add(names.free("photo.jpg", taken, numbers))
    assert "photo (300).jpg" in taken and len(taken) == 300
    assert taken.times < 1_000
