"""The API of pastes: Alice's key makes, lists, reads, revises and deletes hers; Charlie's finds nothing."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from meatlizard.accounts.models import User
from paste.models import Paste
from tests.meatlizard.api.keys import Program, program_of

pytestmark = [pytest.mark.django_db]

PASTES = "/api/v1/pastes"


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def program(alice: User) -> Program:
    return program_of(alice, "pastes:read", "pastes:write")


def send(program: Program, method: str, path: str, body: Any) -> Any:
    return getattr(program, method)(path, body, content_type="application/json")


def test_a_paste_is_made_read_revised_and_deleted(program: Program, alice: User) -> None:
    picture = bytes(range(256))
    files = [{"name": "a.py", "text": "print(1)\n"}, {"name": "b.bin", "base64": base64.b64encode(picture).decode()}]
    answer = send(program, "post", PASTES, {"files": files, "title": "T", "privacy": "private"})
    made = answer.json()
    assert answer.status_code == 201 and made["url"].endswith(f"/p/{made['slug']}/") and made["privacy"] == "private"
    path = f"{PASTES}/{made['slug']}"
    read = program.get(path).json()
    assert (
        read["files"][0]["text"] == "print(1)\n"
        and read["files"][0]["format"] == "python"
        and read["files"][0]["base64"] is None
    )
    assert base64.b64decode(read["files"][1]["base64"]) == picture and read["files"][1]["text"] is None
    assert [item["slug"] for item in program.get(PASTES).json()["items"]] == [made["slug"]]
    revised = send(
        program, "put", path, {"files": [{"name": "a.py", "text": "print(2)\n"}], "note": "n", "base": 1}
    ).json()
    assert revised["revision"] == 2 and [file["text"] for file in program.get(path).json()["files"]] == ["print(2)\n"]
    assert send(program, "put", path, {"files": [{"text": "x"}], "base": 1}).status_code == 400, "somebody was faster"
    assert program.delete(path).status_code == 204 and program.get(path).status_code == 404
    assert program.get(PASTES).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"files": []}, {"files": [{}]}, {"files": [{"text": "a", "base64": "YQ=="}]}, {"files": [{"base64": "!"}]}, {"files": [{"text": "a"}], "privacy": "secret"},
     {"files": [{"text": "a"}], "views": 0}, {"files": [{"text": "a"}], "expires": "0001-01-01T00:00:00+23:59"}, {"files": [{"text": "a\ud800"}]},
     {"files": [{"text": "a"}], "owner": 1}, {"files": [{"text": "a"}], "expires": "2001-01-01T00:00:00Z"}, {"files": [{"text": "a"}], "privacy": "password"}],
)  # fmt: skip
def test_what_is_no_paste_is_refused(program: Program, body: Any) -> None:
    answer = send(program, "post", PASTES, body)
    assert answer.status_code in (400, 422) and answer.json()["error"]["code"] and not Paste.objects.exists()


def test_a_stranger_finds_nothing_and_a_key_does_what_it_may(program: Program, alice: User, charlie: User) -> None:
    slug = send(program, "post", PASTES, {"files": [{"text": "a"}], "views": 1}).json()["slug"]
    stranger = program_of(charlie, "pastes:read", "pastes:write")
    for method, body in (("get", None), ("put", {"files": [{"text": "b"}]}), ("delete", None)):
        assert send(stranger, method, f"{PASTES}/{slug}", body).status_code == 404, method
        assert send(Program(), method, f"{PASTES}/{slug}", body).status_code == 401, method
    reader = program_of(alice, "pastes:read")
    assert reader.get(f"{PASTES}/{slug}").json()["paste"]["views_left"] == 1, "its owner uses no view up"
    assert reader.delete(f"{PASTES}/{slug}").status_code == 403
    assert send(reader, "post", PASTES, {"files": [{"text": "a"}]}).status_code == 403
    assert stranger.get(PASTES).json()["items"] == [] and Paste.objects.get().state == Paste.State.READY
    for odd in ("%00", "x" * 65, "..", "\u00e9"):
        assert program.get(f"{PASTES}/{odd}").status_code in (404, 422), odd
