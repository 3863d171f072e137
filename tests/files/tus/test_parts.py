"""Concatenation: parts that come side by side, and the upload that is put together of them."""

import pytest

from files.blobs import incoming
from files.models import File, Reservation, Upload
from meatlizard.accounts.models import User
from tests.files.tus.sending import ENDPOINT, Tus, metadata
from tests.files.tus.test_requests import Room, content_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def part(tus: Tus, content: bytes) -> str:
    path = tus.begin(len(content), upload_concat="partial")
    assert tus.patch(path, 0, content).status == 204
    return path


def whole(tus: Tus, *parts: str, **headers: str) -> "object":
    said = {"upload_concat": f"final;{' '.join(parts)}", "upload_metadata": metadata(filename="ab.txt")}
    return tus.tus("POST", ENDPOINT, **{**said, **headers})


def test_parts_become_one_file_in_the_order_of_the_list(tus: Tus, alice: User, room: Room) -> None:
    first, second = part(tus, b"hello"), part(tus, b" world")
    assert not File.objects.exists(), "parts alone are no files"
    assert room(alice) == 11
    made = tus.tus(
        "POST",
        ENDPOINT,
        upload_concat=f"final;{first} http://testserver{second}",
        upload_metadata=metadata(filename="ab.txt"),
    )
    assert made.status == 201
    assert content_of(made) == b"hello world"
    assert File.objects.get().name == "ab.txt"
    assert (room(alice), Reservation.objects.count()) == (11, 0)
    head = tus.head(made["location"])
    assert (head["upload-offset"], head["upload-length"]) == ("11", "11")
    assert head["upload-concat"] == f"final;{first} http://testserver{second}"


def test_nothing_is_left_of_the_parts(tus: Tus) -> None:
    first, second = part(tus, b"a"), part(tus, b"b")
    whole(tus, second, first)
    for path in (first, second):
        assert tus.head(path).status == 410
    assert not list(incoming.folder().iterdir())


def test_a_part_says_that_it_is_one_and_where_it_is(tus: Tus) -> None:
    path = tus.begin(5, upload_concat="partial")
    tus.patch(path, 0, b"ab")
    head = tus.head(path)
    assert (head["upload-concat"], head["upload-offset"], head["upload-length"]) == ("partial", "2", "5")
    done = tus.patch(path, 2, b"cde")
    assert "content-location" not in done.headers
    assert tus.offset(path) == 5


def test_bytes_are_not_sent_to_what_is_put_together(tus: Tus) -> None:
    made = whole(tus, part(tus, b"a"), part(tus, b"b"))
    answer = tus.patch(made["location"], 2, b"c")  # type: ignore[index]
    assert answer.status == 403
    assert File.objects.get().size == 2


def test_metadata_of_parts_are_not_taken_over(tus: Tus) -> None:
    path = tus.begin(1, name="part.txt", upload_concat="partial")
    tus.patch(path, 0, b"a")
    made = whole(tus, path, upload_metadata=metadata(filename="whole.txt"))
    assert tus.head(made["location"])["upload-metadata"] == metadata(filename="whole.txt")  # type: ignore[index]
    assert File.objects.get().name == "whole.txt"


def test_the_length_of_the_whole_is_that_of_its_parts(tus: Tus) -> None:
    first = part(tus, b"a")
    assert whole(tus, first, upload_length="1").status == 400  # type: ignore[attr-defined]
    assert tus.offset(first) == 1


def test_a_part_that_has_not_come_whole_is_waited_for(tus: Tus) -> None:
    first, second = part(tus, b"a"), tus.begin(2, upload_concat="partial")
    tus.patch(second, 0, b"b")
    answer = whole(tus, first, second)
    assert answer.status == 400  # type: ignore[attr-defined]
    tus.patch(second, 1, b"c")
    assert content_of(whole(tus, first, second)) == b"abc"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said",
    [
        "final",
        "final;",
        "final;   ",
        "partial;x",
        "whole;/a",
        "final;/files/uploads/nonsense/",
        "final;https://evil.example/x",
    ],
)
def test_what_is_no_list_of_parts_is_refused(tus: Tus, said: str) -> None:
    answer = tus.tus(
        "POST", ENDPOINT, upload_concat=said, **({"upload_length": "1"} if said.startswith("partial") else {})
    )
    assert answer.status in (400, 404)
    assert not Upload.objects.exists()


def test_an_upload_of_its_own_is_no_part(tus: Tus) -> None:
    alone = tus.begin(1)
    assert whole(tus, alone).status == 400  # type: ignore[attr-defined]


def test_parts_of_somebody_else_are_not_found(tus: Tus, charlie: User) -> None:
    path = part(tus, b"secret")
    assert whole(Tus(charlie), path).status == 404  # type: ignore[attr-defined]
    assert tus.offset(path) == 6
    assert not File.objects.exists()


def test_the_same_part_may_come_twice(tus: Tus, alice: User, room: Room) -> None:
    path = part(tus, b"ab")
    assert content_of(whole(tus, path, path)) == b"abab"  # type: ignore[arg-type]
    assert room(alice) == 4
