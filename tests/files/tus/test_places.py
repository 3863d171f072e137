"""Where an upload ends up, under which name, and for how much room."""

import json
from typing import Any

import pytest

from files.library import limits, tree
from files.models import Blob, File, Folder, Reservation, Upload, Version
from files.tus import actions, placing
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from tests.files.asking import BREAKS_OFF
from tests.files.tus.sending import ENDPOINT, Tus, metadata
from tests.files.tus.test_requests import Room, code, content_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def put(tus: Tus, content: bytes = b"x", **said: str) -> Any:
    return tus.create(len(content), content, upload_metadata=metadata(**said))


@pytest.fixture
def letters(alice: User) -> Folder:
    return Folder.objects.create(owner=alice, name="letters")


def test_a_file_lands_in_the_folder_that_is_named(tus: Tus, letters: Folder) -> None:
    assert put(tus, filename="a.txt", folder=str(letters.pk)).status == 201
    assert (File.objects.get().folder, File.objects.get().name) == (letters, "a.txt")


def test_folders_that_come_along_are_made_once(tus: Tus, letters: Folder) -> None:
    for name in ("one.txt", "two.txt"):
        assert put(tus, filename=name, folder=str(letters.pk), relativePath=f"trip/day 1/{name}").status == 201
    day = Folder.objects.get(name="day 1")
    assert (day.parent.name, day.parent.parent) == ("trip", letters)  # type: ignore[union-attr]
    assert set(File.objects.values_list("folder", flat=True)) == {day.pk}


def test_a_file_in_the_way_of_a_folder_stays(tus: Tus) -> None:
    put(tus, filename="trip")
    for name in ("a", "b"):
        put(tus, filename=name, relativePath=f"trip/{name}")
    assert Folder.objects.get().name == "trip (2)"
    assert File.objects.filter(folder=None).get().name == "trip"


@pytest.mark.parametrize("path", ["../a", "a/../../b/c", "..\\..\\x", "x/" * 60 + "a"])
def test_a_path_that_leads_elsewhere_is_refused(tus: Tus, path: str) -> None:
    answer = put(tus, filename="a", relativePath=path)
    assert (answer.status, code(answer)) == (400, "path_refused")
    assert not File.objects.exists()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\x\\a.txt", "a.txt"), ("gpj\u202e.exe", "gpj.exe"), ("", "Nameless")],
)
def test_names_are_made_harmless(tus: Tus, sent: str, kept: str) -> None:
    assert put(tus, filename=sent).status == 201
    assert File.objects.get().name == kept


def test_a_name_that_is_no_text_is_none(tus: Tus) -> None:
    assert tus.create(1, b"x", upload_metadata="filename /////w==").status == 201
    assert File.objects.get().name == "Nameless"


def test_a_taken_name_gets_a_number_or_a_new_version_as_is_wished(tus: Tus) -> None:
    put(tus, b"1", filename="a.txt")
    put(tus, b"2", filename="a.txt", collision="keep")
    again = put(tus, b"3", filename="a.txt", collision="replace")
    assert sorted(File.objects.values_list("name", flat=True)) == ["a (2).txt", "a.txt"]
    assert content_of(again) == b"3"
    assert Version.objects.filter(file__name="a.txt").count() == 2


def test_a_folder_of_somebody_else_is_not_there(tus: Tus, charlie: User) -> None:
    theirs = Folder.objects.create(owner=charlie, name="theirs")
    for answer in (
        put(tus, filename="a", folder=str(theirs.pk)),
        tus.create(5, upload_metadata=metadata(folder=str(theirs.pk))),
    ):
        assert (answer.status, code(answer)) == (404, "no_such_folder")
    assert not File.objects.exists()


def test_when_the_folder_went_meanwhile_the_file_is_not_lost(tus: Tus, letters: Folder) -> None:
    from django.utils import timezone

    path = tus.create(2, upload_metadata=metadata(filename="a", folder=str(letters.pk)))["location"]
    Folder.objects.update(trashed=timezone.now())
    assert tus.patch(path, 0, b"ab").status == 204
    assert File.objects.get().folder is None


def test_paths_are_read_as_browsers_write_them() -> None:
    wish = placing.read(metadata(filename="c.txt", relativePath="/a//b/./c.txt"))
    assert (wish.below, wish.name, wish.folder, wish.replace) == (("a", "b"), "c.txt", None, False)
    with pytest.raises(Invalid):
        placing.read(metadata(relativePath="a/../b"))


# --- room -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def little(alice: User) -> User:
    """Alice, who may store 1,000 bytes."""
    type(alice.tier).objects.update(storage_bytes=1_000)
    return alice


def test_room_is_taken_before_the_first_byte_and_is_the_files_then(tus: Tus, little: User, room: Room) -> None:
    path = tus.begin(600)
    assert room(little) == 600
    refused = tus.create(600)
    assert (refused.status, code(refused)) == (413, "storage_full")
    tus.patch(path, 0, b"x" * 600)
    assert (room(little), Reservation.objects.count()) == (600, 0)
    assert tus.create(401, b"x" * 401).status == 413
    assert tus.create(400, b"x" * 400).status == 201
    assert room(little) == 1_000


def test_what_there_is_no_room_for_is_not_written_either(tus: Tus, little: User) -> None:
    """It would lie there for a day, and whoever sends on would fill the disk in spite of a quota."""
    assert tus.create(1_001, b"x" * 1_001).status == 413
    assert not Blob.objects.exists()


def test_an_upload_that_says_nothing_of_its_length_takes_room_as_it_grows(
    tus: Tus, little: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "STEP", 100)
    path = tus.begin(None)
    assert room(little) == 0
    assert tus.patch(path, 0, b"x" * 500).status == 204
    assert 500 <= room(little) <= 600
    answer = tus.patch(path, 500, b"x" * 600)
    assert (answer.status, code(answer)) == (413, "storage_full")
    assert room(little) <= 1_000
    assert tus.offset(path) == 500
    assert tus.patch(path, 500, b"x" * 100, upload_length="600").status == 204
    assert room(little) == 600


def test_a_length_that_becomes_known_and_is_too_much_is_refused(tus: Tus, little: User, room: Room) -> None:
    path = tus.begin(None)
    tus.patch(path, 0, b"xx")
    before = room(little)
    assert tus.patch(path, 2, b"x", upload_length="2000").status == 413
    assert tus.head(path)["upload-defer-length"] == "1"
    assert room(little) == before


def test_what_breaks_off_keeps_its_room_until_it_ends(tus: Tus, alice: User, room: Room) -> None:
    path = tus.begin(500)
    tus.patch(path, 0, [b"x" * 100, BREAKS_OFF])
    assert room(alice) == 500
    tus.tus("DELETE", path)
    assert room(alice) == 0


def test_nobody_has_more_than_so_many_under_way(tus: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST", 2)
    for _each in range(2):
        tus.begin(5)
    answer = tus.create(5)
    assert (answer.status, code(answer)) == (429, "too_many_uploads")


def test_who_begins_too_many_waits(tus: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "RATE", "2/m")
    for _each in range(2):
        assert tus.create(1, b"x").status == 201
    answer = tus.create(1, b"x")
    assert answer.status == 429
    assert int(answer["retry-after"]) >= 1


# --- by a link ------------------------------------------------------------------------------------------------------


class Link:
    """Lets whoever says ``open`` upload to Alice."""

    mark = "upload open"

    def __init__(self, owner: User, folder: Folder) -> None:
        self.owner, self.folder = owner, folder.pk
        self.files: list[str] = []

    def admit(self, size: int | None, name: str) -> None:
        if size is None or size > 10:
            raise Invalid("Too large for this link.", code="link_limit")

    def stored(self, file: File) -> None:
        self.files.append(file.name)


@pytest.fixture
def link(alice: User, letters: Folder, monkeypatch: pytest.MonkeyPatch) -> Link:
    from files.asgi import who

    made = Link(alice, letters)
    monkeypatch.setattr(
        who, "_recognisers", [lambda asked, user: made if asked.headers.get("x-upload-link") == "open" else None]
    )
    return made


def test_a_guest_with_a_link_uploads_to_its_owner(link: Link, letters: Folder, alice: User, room: Room) -> None:
    guest = Tus()
    guest.headers["x-upload-link"] = "open"
    assert guest.create(2, b"ab", upload_metadata=metadata(filename="small")).status == 201
    path = guest.begin(3, name="pieces")
    assert guest.patch(path, 0, b"a").status == 204
    assert guest.patch(path, 1, b"bc").status == 204
    assert link.files == ["small", "pieces"]
    assert set(File.objects.values_list("owner", "folder")) == {(alice.pk, letters.pk)}
    assert room(alice) == 5


def test_a_link_keeps_to_its_limits_and_replaces_nothing(link: Link, letters: Folder, tus: Tus) -> None:
    put(tus, b"mine", filename="a.txt", folder=str(letters.pk))
    guest = Tus()
    guest.headers["x-upload-link"] = "open"
    assert put(guest, b"theirs", filename="a.txt", collision="replace").status == 201
    assert sorted(File.objects.values_list("name", "size")) == [("a (2).txt", 6), ("a.txt", 4)]
    for answer in (put(guest, b"x" * 11, filename="b"), guest.create(11), guest.create(None, upload_defer_length="1")):
        assert json.loads(answer.body)["error"]["code"] == "link_limit"


def test_only_who_has_the_link_goes_on_with_its_uploads(link: Link, tus: Tus) -> None:
    guest = Tus()
    guest.headers["x-upload-link"] = "open"
    path = guest.begin(3)
    assert tus.head(path).status == 404
    assert Tus().head(path).status == 401
    assert guest.head(path).status == 200
    assert Upload.objects.get().grant == "upload open"
    assert path.startswith(ENDPOINT)


def test_folders_that_come_along_lie_no_deeper_and_are_no_more_than_others(
    tus: Tus, alice: User, letters: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = put(tus, filename="a", folder=str(letters.pk), relativePath="x/" * limits.MAX_DEPTH + "a")
    assert (answer.status, code(answer)) == (400, "folder_depth")
    assert not File.objects.exists() and Folder.objects.count() == 1
    assert (
        put(tus, filename="a", folder=str(letters.pk), relativePath="x/" * (limits.MAX_DEPTH - 1) + "a").status == 201
    )
    deepest = File.objects.get().folder
    assert deepest is not None and len(tree.path(deepest.pk)) == limits.MAX_DEPTH
    wish = placing.Wish(deepest.pk, ("y", "z"), "b", replace=False)
    assert placing.folder_of(alice, wish, deepest.pk) == deepest, "moved meanwhile: it goes as deep as it may"
    monkeypatch.setattr(placing, "MAX_FOLDERS", Folder.objects.count())
    assert placing.folder_of(alice, wish, letters.pk) == letters
