"""The API of files: Alice's key does with hers what she may; Charlie's finds nothing."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from files import actions
from files.models import File, Folder, Tag
from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from tests.files.contents import adopted
from tests.files.library.shelf import check_counts, folder, many, names, put
from tests.meatlizard.api.keys import Program, program_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

FILES = "/api/v1/files"


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def program(alice: User) -> Program:
    return program_of(alice, "files:read", "files:write")


def send(program: Program, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    more = {} if body is None else {"data": body, "content_type": "application/json"}
    answer = getattr(program, method)(f"{FILES}{path}", **more)
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def test_folders_are_made_once_listed_changed(program: Program, alice: User) -> None:
    wish = {"name": "Garden", "request": str(uuid4())}
    made = send(program, "post", "/folders", wish, 201)
    assert send(program, "post", "/folders", wish, 201) == made and made["parent"] is None
    inner = send(program, "post", "/folders", {"name": "Inner", "parent": made["id"]}, 201)
    assert [one["name"] for one in send(program, "get", f"/folders?parent={made['id']}")["items"]] == ["Inner"]
    assert [one["name"] for one in send(program, "get", "/folders?parent=root")["items"]] == ["Garden"]
    changed = send(program, "patch", f"/folders/{inner['id']}", {"parent": None, "name": "Outer", "starred": True})
    assert changed["parent"] is None and changed["name"] == "Outer" and changed["starred"]
    assert send(program, "patch", f"/folders/{made['id']}", {"parent": inner["id"]})["parent"] == inner["id"]
    refused = send(program, "patch", f"/folders/{inner['id']}", {"name": "x", "parent": made["id"]}, 400)
    assert refused["error"]["code"] == "folder_cycle" and Folder.objects.get(pk=inner["id"]).name == "Outer"
    assert send(program, "get", f"/folders/{inner['id']}")["name"] == "Outer"


def test_files_are_listed_in_pieces_that_nothing_shifts(program: Program, alice: User) -> None:
    garden = folder(alice, "Garden")
    many(alice, garden, 25)
    for sort in ("name", "-name", "size", "-size", "changed", "-changed"):
        seen, after = [], ""
        while True:
            piece = send(program, "get", f"?folder={garden.pk}&limit=10&sort={sort}&after={after}")
            seen += [one["name"] for one in piece["items"]]
            after = piece["next"]
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 25, sort
        if "name" in sort:
            assert seen == sorted(seen, reverse=sort.startswith("-"))
    place = send(program, "get", f"?folder={garden.pk}&limit=10")["next"]
    put(alice, "aaa", garden)
    assert send(program, "get", f"?folder={garden.pk}&limit=10&after={place}")["items"][0]["name"] == "file 00010.txt"
    for odd in ("x", "W10", place + "x", send(program, "get", "?limit=1&sort=size")["next"]):
        send(program, "get", f"?after={odd}", status=400)
    with CaptureQueriesContext(connection) as few:
        send(program, "get", "?limit=2")
    with CaptureQueriesContext(connection) as more:
        send(program, "get", "?limit=26")
    assert len(few) == len(more)
    send(program, "get", "?limit=1001", status=422)


def test_a_file_is_read_changed_trashed_restored_deleted(program: Program, alice: User) -> None:
    garden, file = folder(alice, "Garden"), put(alice, "wall.txt", data=b"south")
    read = send(program, "get", f"/{file.pk}")
    assert read["size"] == 5 and read["version"] == 1 and read["sha256"] == file.blob_id and read["folder"] is None
    assert read["content"].endswith(f"/files/{file.pk}/content/wall.txt?download")
    change = {"name": "north.txt", "folder": str(garden.pk), "starred": True, "tags": ["red", "big"]}
    changed = send(program, "patch", f"/{file.pk}", change)
    assert changed["name"] == "north.txt" and changed["folder"] == str(garden.pk) and changed["tags"] == ["big", "red"]
    for query, count in (
        ("q=north", 1),
        ("q=south", 0),
        ("tag=red", 1),
        ("kind=text", 1),
        ("kind=image", 0),
        ("starred=true", 1),
        ("folder=root", 0),
    ):
        assert len(send(program, "get", f"?{query}")["items"]) == count, query
    assert send(program, "patch", f"/{file.pk}", {"tags": [], "starred": False})["tags"] == []
    send(program, "delete", f"/{file.pk}", status=204)
    send(program, "delete", f"/{file.pk}", status=404)
    assert send(program, "get", f"/{file.pk}")["trashed"] and send(program, "get", "")["items"] == []
    send(program, "patch", f"/{file.pk}", {"name": "x"}, 404)
    assert send(program, "get", "/trash")["files"][0]["until"] > send(program, "get", "/trash")["files"][0]["trashed"]
    assert send(program, "post", "/restore", {"files": [str(file.pk)]}) == {"count": 1}
    assert names(alice, garden.pk) == ["north.txt"]
    assert send(program, "post", "/trash", {"folders": [str(garden.pk)]}) == {"count": 1}
    assert [one["name"] for one in send(program, "get", "/trash")["folders"]] == ["Garden"]
    send(program, "post", "/delete", {"files": [str(file.pk)]}, 404)
    assert send(program, "post", "/delete", {"folders": [str(garden.pk)]}) == {"count": 1}
    assert send(program, "delete", "/trash") == {"count": 0} and used_by(alice) == 0


def test_many_are_moved_and_copied_once(program: Program, alice: User) -> None:
    garden, file = folder(alice, "Garden"), put(alice, "wall.txt", data=b"south")
    wish = {"files": [str(file.pk)], "folders": [], "folder": None, "request": str(uuid4())}
    made = send(program, "post", "/copy", wish, 201)
    assert send(program, "post", "/copy", wish, 201) == made and made["files"][0]["name"] == "wall (2).txt"
    both = [str(file.pk), made["files"][0]["id"]]
    assert send(program, "post", "/move", {"files": both, "folder": str(garden.pk)}) == {"count": 2}
    assert send(program, "post", "/move", {"files": both, "folder": str(garden.pk)}) == {"count": 0}
    send(program, "post", "/move", {"files": [*both, str(uuid4())], "folder": None}, 404)
    assert names(alice) == ["Garden"] and used_by(alice) == 10
    odd: list[dict[str, Any]] = [{}, {"files": []}, {"files": ["x"], "folder": None}, {"files": both}]
    for body in [*odd, {"files": both, "folder": None, "owner": 1}]:
        assert program.post(f"{FILES}/move", body, content_type="application/json").status_code in (400, 422), body
    check_counts([alice])


def test_versions_tags_and_room(program: Program, alice: User) -> None:
    file = put(alice, "wall.txt", data=b"south")
    actions.store(alice, None, "wall.txt", adopted(b"north!"), replacing=file)
    listed = send(program, "get", f"/{file.pk}/versions")
    assert [(one["number"], one["size"]) for one in listed] == [(2, 6), (1, 5)] and "version=1" in listed[1]["content"]
    assert send(program, "post", f"/{file.pk}/versions/1/restore")["version"] == 3
    assert send(program, "post", f"/{file.pk}/versions/1/restore")["version"] == 3, "sent twice, done once"
    send(program, "delete", f"/{file.pk}/versions/3", status=400)
    send(program, "delete", f"/{file.pk}/versions/2", status=204)
    send(program, "post", f"/{file.pk}/versions/2/restore", status=404)
    send(program, "post", f"/{file.pk}/versions/{2**80}/restore", status=404)
    usage = send(program, "get", "/usage")
    assert (usage["used"], usage["files"], usage["versions"], usage["trash"], usage["elsewhere"]) == (10, 5, 5, 0, 0)
    send(program, "patch", f"/{file.pk}", {"tags": ["red", "blue"]})
    red, blue = Tag.objects.get(name="red"), Tag.objects.get(name="blue")
    assert send(program, "patch", f"/tags/{red.pk}", {"name": "blue"}) == {"count": 1}
    assert send(program, "get", "/tags") == [{"id": blue.pk, "name": "blue", "files": 1}]
    send(program, "patch", f"/tags/{blue.pk}", {"name": "a,b"}, 400)
    send(program, "delete", f"/tags/{blue.pk}", status=204)
    send(program, "delete", f"/tags/{blue.pk}", status=404)
    assert File.objects.get().pk == file.pk


def test_a_stranger_finds_nothing_and_a_key_does_what_it_may(program: Program, alice: User, charlie: User) -> None:
    garden = folder(alice, "Garden")
    file = put(alice, "wall.txt", garden)
    send(program, "patch", f"/{file.pk}", {"tags": ["red"]})
    gone = put(alice, "gone.txt")
    send(program, "delete", f"/{gone.pk}", status=204)
    tag, own = Tag.objects.get(), put(charlie, "own.txt")
    items = {"files": [str(file.pk)], "folders": [str(garden.pk)]}
    asked: list[tuple[str, str, Any, str]] = [
        ("get", f"/{file.pk}", None, "read"), ("patch", f"/{file.pk}", {"name": "x"}, "write"), ("delete", f"/{file.pk}", None, "write"),
        ("get", f"/{file.pk}/versions", None, "read"), ("post", f"/{file.pk}/versions/1/restore", {}, "write"),
        ("delete", f"/{file.pk}/versions/1", None, "write"), ("get", f"/folders/{garden.pk}", None, "read"),
        ("get", f"?folder={garden.pk}", None, "read"), ("get", f"/folders?parent={garden.pk}", None, "read"),
        ("patch", f"/folders/{garden.pk}", {"name": "x"}, "write"), ("post", "/folders", {"name": "x", "parent": str(garden.pk)}, "write"),
        ("post", "/move", {**items, "folder": None}, "write"), ("post", "/copy", {**items, "folder": None}, "write"),
        ("post", "/move", {"files": [str(own.pk)], "folder": str(garden.pk)}, "write"), ("post", "/trash", items, "write"),
        ("post", "/restore", {"files": [str(gone.pk)]}, "write"), ("post", "/delete", {"files": [str(gone.pk)]}, "write"),
        ("patch", f"/tags/{tag.pk}", {"name": "x"}, "write"), ("delete", f"/tags/{tag.pk}", None, "write"),
    ]  # fmt: skip
    stranger, reader = program_of(charlie, "files:read", "files:write"), program_of(alice, "files:read")
    for method, path, body, scope in asked:
        send(stranger, method, path, body, 404)
        send(Program(), method, path, body, 401)
        if scope == "write":
            send(reader, method, path, body, 403)
    assert [one["name"] for one in send(stranger, "get", "")["items"]] == ["own.txt"]
    assert send(stranger, "get", "/folders")["items"] == send(stranger, "get", "/tags") == []
    assert send(stranger, "get", "/trash") == {"folders": [], "files": [], "next": None}
    assert send(stranger, "delete", "/trash") == {"count": 0}
    assert names(alice, garden.pk) == ["wall.txt"] and File.objects.filter(owner=alice).count() == 2
    check_counts([alice, charlie])
