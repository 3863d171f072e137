"""Shares and inboxes by program."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from files.models.shares import Inbox, Share
from files.sharing import downloads
from files.sharing.downloads import Who
from meatlizard.accounts.models import User
from tests.files.asking import key_for
from tests.files.sharing.scene import a_file, a_folder

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


class Program:
    def __init__(self, person: User, *scopes: str) -> None:
        self._client = Client(headers={"authorization": f"Bearer {key_for(person, *scopes)}"})

    def __call__(self, method: str, path: str, **sent: Any) -> tuple[int, Any]:
        body = json.dumps(sent) if sent else ""
        answer = self._client.generic(method, f"/api/v1/{path}", body, "application/json")
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def alices(alice: User) -> Program:
    return Program(alice, "files:read", "files:write")


@pytest.fixture
def charlies(charlie: User) -> Program:
    return Program(charlie, "files:read", "files:write")


def test_a_share_is_made_read_changed_withdrawn_and_deleted(alices: Program, charlies: Program, alice: User) -> None:
    file = a_file(alice)
    status, made = alices("POST", "shares", files=[str(file.pk)], title="Notes", max_downloads=3, password="sesame")
    assert status == 201 and (made["state"], made["downloads_left"], made["has_password"]) == ("open", 3, True)
    assert made["url"].endswith(f"/f/{made['slug']}/") and "sesame" not in str(made)
    where = f"shares/{made['id']}"
    assert alices("GET", where)[1] == made
    assert [one["id"] for one in alices("GET", "shares")[1]["items"]] == [made["id"]]
    for method, path in [
        ("GET", where),
        ("PUT", where),
        ("POST", f"{where}/revoke"),
        ("DELETE", where),
        ("GET", f"{where}/downloads"),
    ]:
        assert charlies(method, path, **({"title": "x"} if method == "PUT" else {}))[0] == 404, path
    assert charlies("GET", "shares")[1]["items"] == []
    changed = alices("PUT", where, title="Other", expires="2999-01-01T00:00:00")[1]
    assert (changed["title"], changed["max_downloads"], changed["has_password"]) == ("Other", None, True)
    row = Share.objects.get()
    downloads.note(row, Who(None, "a", "b", bot=False), name="notes.txt", size=3, went=(0, 3), file=file)
    line = alices("GET", f"{where}/downloads")[1]["items"][0]
    assert (line["name"], line["sent"], line["state"], line["user"], line["bot"]) == (
        "notes.txt",
        3,
        "completed",
        None,
        False,
    )
    assert alices("POST", f"{where}/revoke")[1]["state"] == "revoked"
    assert alices("PUT", where, title="again")[0] == 403
    assert alices("DELETE", where)[0] == 204 and not Share.objects.exists()


def test_what_is_somebody_elses_is_not_shared(charlies: Program, alice: User) -> None:
    assert charlies("POST", "shares", files=[str(a_file(alice).pk)])[0] == 404
    assert charlies("POST", "shares", folders=[str(a_folder(alice).pk)])[0] == 404
    assert charlies("POST", "inboxes", folder=str(a_folder(alice, "Other").pk))[0] == 404
    assert charlies("POST", "shares", title="nothing")[0] == 400
    assert not Share.objects.exists() and not Inbox.objects.exists()


def test_a_key_that_may_read_changes_nothing(alice: User) -> None:
    program = Program(alice, "files:read")
    assert program("GET", "shares")[0] == 200
    assert program("POST", "shares", files=[str(a_file(alice).pk)])[0] == 403
    assert program("POST", "inboxes", title="x")[0] == 403
    assert Client().get("/api/v1/shares").status_code == 401


def test_an_inbox_is_made_changed_closed_and_deleted(alices: Program, charlies: Program, alice: User) -> None:
    status, made = alices(
        "POST", "inboxes", title="Photos", folder=str(a_folder(alice).pk), types="image/ .pdf", max_files=3
    )
    assert status == 201 and (made["state"], made["types"], made["files_used"]) == ("open", "image/ .pdf", 0)
    where = f"inboxes/{made['id']}"
    for method, path in [("PUT", where), ("POST", f"{where}/close"), ("DELETE", where)]:
        assert charlies(method, path, **({"title": "x"} if method == "PUT" else {}))[0] == 404
    assert charlies("GET", "inboxes")[1]["items"] == []
    assert alices("PUT", where, title="Pictures", max_files=5)[1]["max_files"] == 5
    assert alices("PUT", where, max_files=0)[0] in (400, 422)
    assert alices("POST", f"{where}/close")[1]["state"] == "revoked"
    assert alices("DELETE", where)[0] == 204 and not Inbox.objects.exists()
