"""The archive of an account: all of one person's, and nothing of another's."""

import io
import json
import zipfile

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat.models import Conversation
from meatlizard.accounts.models import User
from paste import actions as pastes
from paste import contents
from paste.actions import Terms
from paste.contents import Draft
from paste.models import Paste
from shortener import actions as links

pytestmark = [pytest.mark.django_db(transaction=True)]


def unpacked(user: User) -> dict[str, bytes]:
    client = Client()
    client.force_login(user)
    response = client.get(reverse("export"))
    assert isinstance(response, StreamingHttpResponse) and response["Content-Type"] == "application/zip"
    assert "attachment" in response["Content-Disposition"] and "no-store" in response["Cache-Control"]

    async def read() -> bytes:
        return b"".join([part async for part in response])

    with zipfile.ZipFile(io.BytesIO(async_to_sync(read)())) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def test_alice_takes_all_of_hers_with_her(alice: User, bob: User) -> None:
    for user in (alice, bob):
        Conversation.objects.create(owner=user, title=f"{user.username} talks", updated=timezone.now())
        links.create(user, target=f"https://example.org/{user.username}")
    large = b"x" * (contents.INLINE + 1)
    drafts = [Draft("../a.py", b"first"), Draft("", large), Draft("b.bin", b"\x00\x01")]
    paste, _token = pastes.create(alice, drafts, title="Mine", terms=Terms(privacy="private"))
    pastes.revise(paste, alice, [Draft("a.py", b"second"), *drafts[1:]])
    pastes.create(bob, [Draft("his.txt", b"bob's own")])
    gone, _token = pastes.create(alice, [Draft("gone.txt", b"gone")])
    pastes.delete(gone)
    found = unpacked(alice)
    assert any("alice talks" in name for name in found) and not any("bob" in name for name in found)
    assert b"example.org/alice" in found["links/links.csv"] and b"example.org/bob" not in b"".join(found.values())
    (about,) = [name for name in found if name.endswith("paste.json")]
    facts = json.loads(found[about])
    folder = about.removesuffix("paste.json")
    assert facts["title"] == "Mine" and len(facts["revisions"]) == 2
    held = {file["name"]: found[folder + file["path"]] for file in facts["files"] if file["path"].startswith("files/")}
    assert held == {"a.py": b"second", "": large, "b.bin": b"\x00\x01"}
    assert [found[folder + file["path"]] for file in facts["files"] if file["path"].startswith("earlier/")] == [
        b"first"
    ]
    assert b"gone" not in b"".join(found.values()) and b"bob's own" not in b"".join(found.values())


def test_names_in_it_lead_nowhere_else(alice: User) -> None:
    pastes.create(alice, [Draft("..", b"a"), Draft("con\u202e:*?", b"b"), Draft("a" * 200, b"c")])
    for name in unpacked(alice):
        assert ".." not in name and not name.startswith("/") and all(letter.isprintable() for letter in name), name
    assert Paste.objects.get().owner == alice


def test_a_file_that_the_storage_has_lost_takes_nothing_else_along(alice: User) -> None:
    paste, _token = pastes.create(alice, [Draft("a.bin", b"\x00"), Draft("b.txt", b"kept")])
    contents.delete(paste.files.filter(name="a.bin"))
    found = unpacked(alice)
    assert b"kept" in found.values() and not any(name.endswith("a.bin") for name in found)


def test_a_guest_is_sent_to_sign_in() -> None:
    response = Client().get(reverse("export"))
    assert response.status_code == 302 and reverse("account_login") in response["Location"]
