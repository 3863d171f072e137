"""The pages of the library: Alice's work, Charlie finds nothing, a guest is sent to sign in."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from files.library import arranging, finders, marking, slots
from files.models import File, Folder, Tag
from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from tests.files.library.shelf import chosen, folder, many, names, put

pytestmark = [pytest.mark.django_db]

HOSTILE = "<img src=x onerror=alert(1)>\"'.txt"


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def browser(alice: User) -> Client:
    return signed_in(alice)


def signed_in(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def do(browser: Client, verb: str, *rows: Any, status: int = 200, **fields: str) -> Any:
    """As the page's script asks."""
    items = ",".join(f"{'folder' if isinstance(row, Folder) else 'file'}:{row.pk}" for row in rows)
    answer = browser.post(reverse(f"files:{verb}"), {"items": items, **fields}, headers={"accept": "application/json"})
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.mark.both_databases
def test_lists_say_what_is_there(browser: Client, alice: User) -> None:
    empty = browser.get("/files/").content.decode()
    assert "You have no files yet" in empty
    garden = folder(alice, "Garden <b>")
    put(alice, HOSTILE, garden)
    page = browser.get(f"/files/folder/{garden.pk}/")
    said = page.content.decode()
    assert "<img src=x" not in said and "&lt;img src=x onerror=alert(1)&gt;" in said
    assert "Garden &lt;b&gt;" in said and "/content/%3Cimg" in said
    for name in ("recent", "starred", "trash", "usage", "tags"):
        assert browser.get(reverse(f"files:{name}")).status_code == 200, name


@pytest.mark.both_databases
def test_each_list_costs_the_same_however_much_is_there(browser: Client, alice: User) -> None:
    garden = folder(alice, "Garden")
    inner = folder(alice, "Inner", garden)
    many(alice, garden, 5)
    marking.tag(chosen(alice, *File.objects.all()), ["red"])
    marking.star(chosen(alice, inner, *File.objects.all()), True)

    def cost() -> list[int]:
        found = []
        for path in (
            f"/files/folder/{garden.pk}/",
            "/files/?q=file",
            "/files/recent/",
            "/files/starred/",
            "/files/trash/",
        ):
            browser.get(path)
            with CaptureQueriesContext(connection) as asked:
                assert browser.get(path).status_code == 200
            found.append(len(asked))
        return found

    before = cost()
    arranging.move(chosen(alice, *File.objects.all()), inner)
    arranging.move(chosen(alice, *File.objects.all()), garden)
    for number in range(40):
        folder(alice, f"folder {number}", garden)
        put(alice, f"file more {number}", garden, f"{number}".encode())
    marking.star(chosen(alice, *File.objects.all()[:20], *Folder.objects.all()[:20]), True)
    marking.tag(chosen(alice, *File.objects.all()), ["blue", "green"])
    after = cost()
    # Now and then something else of the site looks whether it is still fresh, one query in either half.
    assert all(now <= then + 1 for then, now in zip(before, after, strict=True)) and max(after) <= 15


def test_pages_follow_each_other(browser: Client, alice: User) -> None:
    garden = folder(alice, "Garden")
    for number in range(3):
        folder(alice, f"box {number}", garden)
    many(alice, garden, 230)
    seen: list[str] = []
    for number in (1, 2, 3):
        entries = browser.get(f"/files/folder/{garden.pk}/?page={number}").context["piece"].entries
        seen += [entry.row.name for entry in entries]
    assert seen[:3] == ["box 0", "box 1", "box 2"] and len(seen) == len(set(seen)) == 233
    assert seen[3:] == sorted(seen[3:])
    last = browser.get(f"/files/folder/{garden.pk}/?page=99&sort=-name").context["piece"]
    assert last.number == 3 and last.entries[-1].row.name == "file 00000.txt"


def test_sorted_by_each(browser: Client, alice: User) -> None:
    put(alice, "b.txt", data=b"333"), put(alice, "A.txt", data=b"22"), put(alice, "c.png", data=b"\x89PNG\r\n\x1a\n1")
    box = folder(alice, "box")

    def listed(sort: str) -> list[str]:
        return [entry.row.name for entry in browser.get(f"/files/?sort={sort}").context["piece"].entries]

    assert listed("name") == ["box", "A.txt", "b.txt", "c.png"]
    assert listed("-name") == ["box", "c.png", "b.txt", "A.txt"]
    assert listed("size") == ["box", "A.txt", "b.txt", "c.png"] and listed("-size")[1] == "c.png"
    assert listed("type")[1] == "c.png" and listed("-changed")[1] == "c.png"
    assert listed("nonsense") == listed("name") and box


@pytest.mark.both_databases
def test_found_by_name_type_tag_and_whatever_joins(
    browser: Client, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    garden = folder(alice, "Gärten am Haus")
    wall, photo = put(alice, "Südwand notes.txt", garden), put(alice, "wall.png", data=b"\x89PNG\r\n\x1a\n1")
    put(bob, "Südwand.txt")
    marking.tag(chosen(alice, photo), ["Summer"])

    def found(query: str) -> list[str]:
        return [entry.row.name for entry in browser.get(f"/files/?{query}").context["piece"].entries]

    assert found("q=südWAND notes") == found("q=SÜDWAND") == ["Südwand notes.txt"]
    assert found("q=gärten") == ["Gärten am Haus"] and found("q=summer") == ["wall.png"]
    assert found("kind=image") == found("tag=Summer") == found("q=wall&kind=image&tag=Summer") == ["wall.png"]
    assert found("q=100%25") == found("q=nothing") == []
    monkeypatch.setattr(finders, "_finders", {})
    finders.add_finder(
        finders.Finder(
            "text",
            lambda owner, query: File.objects.filter(
                owner=owner.pk, pk=wall.pk if query == "basking" else uuid4()
            ).values("pk"),
            lambda owner, query, files: {key: "<b>basking</b> lizards" for key in files if key == wall.pk},
        )
    )
    page = browser.get("/files/?q=basking")
    assert "&lt;b&gt;basking&lt;/b&gt; lizards" in page.content.decode() and found("q=basking") == ["Südwand notes.txt"]
    assert browser.get("/files/?q=a%00b").status_code == 200


@pytest.mark.both_databases
def test_moved_renamed_copied_starred_trashed_restored_deleted(browser: Client, alice: User) -> None:
    garden = folder(alice, "Garden")
    file = put(alice, "wall.txt", data=b"12345")
    moved = do(browser, "move", file, target=str(garden.pk))
    assert names(alice) == ["Garden"] and moved["undo"]
    assert do(browser, "undo", undo=moved["undo"])["message"] == "1 thing is back." and "wall.txt" in names(alice)
    do(browser, "undo", undo=moved["undo"], status=404)
    assert do(browser, "rename", file, name="north.txt")["name"] == "north.txt"
    do(browser, "rename", file, name="Garden", status=400)
    do(browser, "rename", file, garden, name="x", status=400)
    do(browser, "copy", file, target="root")
    assert names(alice) == ["Garden", "north (2).txt", "north.txt"]
    do(browser, "star", file, garden)
    assert [entry.row.name for entry in browser.get("/files/starred/").context["piece"].entries] == [
        "Garden",
        "north.txt",
    ]
    browser.post("/files/do/star/?off", {"items": f"file:{file.pk}"})
    file.refresh_from_db()
    assert file.starred is None
    undo = do(browser, "trash_selected", file, garden)["undo"]
    do(browser, "undo", undo=undo)
    assert names(alice) == ["Garden", "north (2).txt", "north.txt"]
    do(browser, "trash_selected", file, garden)
    do(browser, "trash_selected", file, status=404)
    do(browser, "restore", garden)
    do(browser, "restore", garden, status=404)
    assert (
        "30 days left" in browser.get("/files/trash/").content.decode()
        or "29 days left" in browser.get("/files/trash/").content.decode()
    )
    do(browser, "delete", file)
    assert names(alice) == ["Garden", "north (2).txt"] and used_by(alice) == 5
    do(browser, "trash_selected", *File.objects.all())
    assert "Nobody can bring it back" in browser.post("/files/do/empty/").content.decode() and File.objects.exists()
    do(browser, "empty", sure="1")
    assert not File.objects.exists() and used_by(alice) == 0


def test_without_the_script_forms_do_it(browser: Client, alice: User) -> None:
    garden = folder(alice, "Garden")
    inner = folder(alice, "Inner", garden)
    file = put(alice, "wall.txt")
    place = f"/files/folder/{garden.pk}/"
    assert (
        browser.post("/files/do/folder/", {"name": "Box", "parent": str(garden.pk), "next": place})["location"] == place
    )
    picking = browser.post("/files/do/move/", {"items": [f"file:{file.pk}", f"folder:{inner.pk}"], "next": "/files/"})
    said = picking.content.decode()
    assert "Move 2 things to" in said and str(garden.pk) in said
    deeper = browser.post(
        "/files/do/move/", {"items": picking.context["items"], "at": str(garden.pk), "next": "/files/"}
    )
    assert [row.name for row in deeper.context["folders"]] == ["Box", "Inner"] and "disabled" in deeper.content.decode()
    done = browser.post(
        "/files/do/move/", {"items": picking.context["items"], "target": str(garden.pk), "next": "/files/"}
    )
    assert done["location"].startswith("/files/?undo=") and names(alice, garden.pk) == ["Box", "Inner", "wall.txt"]
    offered = browser.get(done["location"]).content.decode()
    assert "1 thing moved" not in offered and "2 things moved." in offered and "undo-plain" in offered
    assert 'value="wall.txt"' in browser.post("/files/do/rename/", {"only": f"file:{file.pk}"}).content.decode()
    assert "Tags for 1 file" in browser.post("/files/do/tag/", {"items": f"file:{file.pk}"}).content.decode()
    browser.post("/files/do/tag/", {"items": f"file:{file.pk}", "tags": "red, blue"})
    browser.post(reverse("files:set_tags", args=[file.pk]), {"tags": "blue,green"})
    assert marking.tags_of(file) == ["blue", "green"] and not Tag.objects.filter(name="red").exists()
    row = Tag.objects.get(name="green")
    browser.post(reverse("files:rename_tag", args=[row.pk]), {"name": "blue"})
    assert marking.tags_of(file) == ["blue"]
    browser.post(reverse("files:delete_tag", args=[Tag.objects.get().pk]))
    assert marking.tags_of(file) == []


@pytest.mark.parametrize(
    "place", ["https://evil.example/files/", "//evil.example", "/admin/", "/files/../admin/", "\\\\evil", ""]
)
def test_nobody_is_sent_elsewhere(browser: Client, alice: User, place: str) -> None:
    answer = browser.post("/files/do/star/", {"items": f"file:{put(alice, 'a.txt').pk}", "next": place})
    assert answer["location"] == "/files/"


def test_the_view_is_remembered(browser: Client, alice: User) -> None:
    put(alice, "a.txt")
    assert browser.get("/files/").context["view"] == "list"
    assert browser.get("/files/?view=grid").context["view"] == browser.get("/files/").context["view"] == "grid"
    assert browser.get("/files/?view=<b>").context["view"] == "grid"


def test_versions_are_listed_restored_and_deleted(browser: Client, alice: User) -> None:
    from files import actions
    from tests.files.contents import adopted

    file = put(alice, "wall.txt", data=b"south")
    for data in (b"north!", b"east", b"west"):
        actions.store(alice, None, "wall.txt", adopted(data), replacing=file)
    page = browser.get(reverse("files:details", args=[file.pk])).content.decode()
    assert page.count("?download&amp;version=") == 4 and "present" in page
    browser.post(reverse("files:restore_version", args=[file.pk, 1]))
    file.refresh_from_db()
    assert (file.number, file.size) == (5, 5)
    assert browser.post(reverse("files:delete_version", args=[file.pk, 5])).status_code == 400
    browser.post(reverse("files:delete_version", args=[file.pk, 2]))
    assert browser.post(reverse("files:delete_version", args=[file.pk, 2])).status_code == 404
    browser.post(reverse("files:delete_earlier", args=[file.pk]))
    assert file.versions.count() == 1 and used_by(alice) == 5


def test_other_parts_join_in(browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_templates", {})
    monkeypatch.setattr(slots, "_facts", {})
    file, box = put(alice, "a.txt"), folder(alice, "box")
    slots.add_slot("row", "files/_meter.html")
    slots.add_facts("shares", lambda viewer, files, folders: {row.pk: 2 for row in files})
    page = browser.get("/files/")
    assert page.content.decode().count('class="library-meter"') == 3
    facts = {entry.row.pk: entry.facts for entry in page.context["piece"].entries}
    assert facts == {file.pk: {"shares": 2}, box.pk: {}}


@pytest.mark.both_databases
def test_a_stranger_finds_nothing_and_a_guest_is_sent_to_sign_in(alice: User, charlie: User) -> None:
    garden, target = folder(alice, "Garden"), folder(charlie, "Mine")
    file, gone = put(alice, "wall.txt", garden), put(alice, "gone.txt")
    marking.tag(chosen(alice, file), ["red"])
    do(signed_in(alice), "trash_selected", gone)
    tag = Tag.objects.get()
    stranger, guest = signed_in(charlie), Client()
    items = {"items": [f"file:{file.pk}", f"folder:{garden.pk}"]}
    posts: dict[str, dict[str, Any]] = {
        "make_folder": {"parent": str(garden.pk), "name": "x"}, "rename": {"items": items["items"][:1], "name": "x"}, "move": {**items, "target": str(target.pk)},
        "copy": {**items, "target": str(target.pk)}, "star": items, "tag": {**items, "tags": "x"}, "trash_selected": items,
        "restore": {"items": f"file:{gone.pk}"}, "delete": {"items": f"file:{gone.pk}"}, "undo": {"undo": "x"},
    }  # fmt: skip
    paths = [(reverse(f"files:{name}"), fields) for name, fields in posts.items()]
    paths += [
        (reverse("files:set_tags", args=[file.pk]), {"tags": "x"}),
        (reverse("files:delete_earlier", args=[file.pk]), {}),
    ]
    paths += [(reverse(f"files:{name}_version", args=[file.pk, 1]), {}) for name in ("restore", "delete")]
    paths += [(reverse(f"files:{name}_tag", args=[tag.pk]), {"name": "x"}) for name in ("rename", "delete")]
    for path, fields in paths:
        assert stranger.post(path, fields).status_code == 404, path
        assert "/accounts/login/" in guest.post(path, fields)["location"], path
    for path in (f"/files/folder/{garden.pk}/", f"/files/{file.pk}/details/", f"/files/folder/{uuid4()}/"):
        assert stranger.get(path).status_code == 404, path
        assert "/accounts/login/" in guest.get(path)["location"], path
    for path in ("/files/", "/files/?q=wall", "/files/?tag=red", "/files/recent/", "/files/trash/", "/files/tags/"):
        said = stranger.get(path).content.decode()
        assert "wall.txt" not in said and "gone.txt" not in said and "Garden" not in said, path
        assert "/accounts/login/" in guest.get(path)["location"], path
    own = put(charlie, "own.txt")
    assert stranger.post("/files/do/move/", {"items": f"file:{own.pk}", "target": str(garden.pk)}).status_code == 404
    stranger.post("/files/do/empty/", {"sure": "1"})
    assert (
        names(alice, garden.pk) == ["wall.txt"]
        and File.objects.filter(owner=alice).count() == 2
        and Tag.objects.get() == tag
    )


@pytest.mark.parametrize(
    "items",
    ["", "file:", "file:x", "folder:../..", "nothing", "file:\x00", ",".join(f"file:{uuid4()}" for _ in range(10_001))],
)
def test_garbage_is_refused(browser: Client, alice: User, items: str) -> None:
    for verb in ("trash_selected", "move", "copy", "star", "restore", "delete", "rename", "tag"):
        answer = browser.post(reverse(f"files:{verb}"), {"items": items, "target": "root", "name": "x", "tags": "x"})
        assert answer.status_code in (400, 404), verb


def test_one_trashed_folder_is_not_opened(browser: Client, alice: User) -> None:
    garden = folder(alice, "Garden")
    file = put(alice, "wall.txt", garden)
    do(browser, "trash_selected", garden)
    assert browser.get(f"/files/folder/{garden.pk}/").context["which"] == "trash"
    assert browser.get(f"/files/{file.pk}/details/").status_code == 404
    do(browser, "move", file, target="root", status=404)
    do(browser, "make_folder", name="x", parent=str(garden.pk), status=404)
