"""Requests about files: Alice's own, refused to Charlie and to visitors, and served so that nothing in them runs."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from chat.attachments import links, sources
from chat.models import Upload
from meatlizard.accounts.models import User
from meatlizard.security.fetch import Fetched, Unreachable
from tests.chat.attachments import files
from tests.chat.attachments.conftest import Keep
from tests.chat.makers import Asking

pytestmark = [pytest.mark.django_db(transaction=True)]

ABOUT_ONE = ["attach-file", "attach-image", "attach-thumbnail", "attach-text"]


def signed_in(user: User) -> Client:
    client = Client(headers={"accept": "application/json"})
    client.force_login(user)
    return client


def sent(client: Client, data: bytes, name: str = "photo.png", said: str = "image/png") -> Any:
    return client.post(reverse("chat:attach"), {"file": SimpleUploadedFile(name, data, content_type=said)})


def whole(response: HttpResponseBase) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in response])  # type: ignore[attr-defined]

    return asyncio.run(read())


def test_alice_uploads_looks_downloads_and_removes(alice: User, media: Path) -> None:
    client = signed_in(alice)
    response = sent(client, files.photograph(), "IMG 1.jpg", "application/octet-stream")
    assert response.status_code == 201
    told = response.json()["attachment"]
    assert (told["kind"], told["name"], told["media_type"]) == ("image", "IMG 1.jpg", "image/jpeg")
    for name, kind, how in [
        ("attach-image", "image/jpeg", "inline"),
        ("attach-thumbnail", "image/jpeg", "inline"),
        ("attach-file", "application/octet-stream", 'attachment; filename="IMG 1.jpg"'),
    ]:
        got = client.get(reverse(f"chat:{name}", args=[told["id"]]))
        assert got.status_code == 200
        assert got["Content-Type"] == kind
        assert got["Content-Disposition"] == how
        assert got["X-Content-Type-Options"] == "nosniff"
        assert got["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert got["Cross-Origin-Resource-Policy"] == "same-origin"
        assert got["Cache-Control"] == "private, no-store"
        assert whole(got).startswith(b"\xff\xd8\xff")
    assert client.post(reverse("chat:attach-remove", args=[told["id"]])).json() == {"removed": True}
    assert not list((media / "attachments").iterdir())
    assert client.get(reverse("chat:attach-image", args=[told["id"]])).status_code == 404


def test_documents_show_their_text_and_nothing_runs(alice: User) -> None:
    client = signed_in(alice)
    evil = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/><html><script>alert(1)</script>"
    told = sent(client, evil, "evil.svg", "image/svg+xml").json()["attachment"]
    assert told["kind"] == "document"
    text = client.get(reverse("chat:attach-text", args=[told["id"]]))
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert text.content.decode().strip() == evil.decode()
    assert client.get(reverse("chat:attach-image", args=[told["id"]])).status_code == 404
    kept = client.get(reverse("chat:attach-file", args=[told["id"]]))
    assert kept["Content-Disposition"].startswith("attachment")
    assert whole(kept) == evil


@pytest.mark.parametrize(
    "name", ['a"; filename="b.exe', "x\r\nSet-Cookie: a=b", "\u202egnp.exe", "世界.txt", "../../x", "<img src=x>.txt"]
)
def test_names_stay_within_their_header(alice: User, document: Keep, name: str) -> None:
    client = signed_in(alice)
    row = document(alice, name=name)
    response = client.get(reverse("chat:attach-file", args=[row.pk]))
    assert response.status_code == 200
    assert "\n" not in response["Content-Disposition"]
    assert response["Content-Disposition"].startswith("attachment")
    assert "Set-Cookie" not in response


def test_charlie_and_visitors_get_nothing(alice: User, charlie: User, ask: Asking, image: Keep, document: Keep) -> None:
    photo, text = image(alice), document(alice)
    ask(alice, "What is this?", files=[photo.pk])
    stranger, visitor = signed_in(charlie), Client()
    for name in ABOUT_ONE:
        for row in (photo, text):
            assert stranger.get(reverse(f"chat:{name}", args=[row.pk])).status_code == 404
            assert visitor.get(reverse(f"chat:{name}", args=[row.pk])).status_code == 302
    assert stranger.post(reverse("chat:attach-remove", args=[text.pk])).status_code == 404
    again = json.dumps({"source": "recent", "id": str(photo.pk)})
    assert stranger.post(reverse("chat:attach-take"), again, content_type="application/json").status_code == 404
    assert stranger.get(reverse("chat:attach-menu")).json() == {"items": []}
    for name in ("attach", "attach-take"):
        assert visitor.post(reverse(f"chat:{name}")).status_code == 302
    assert visitor.get(reverse("chat:attach-menu")).status_code == 302
    assert Upload.objects.count() == 2


def test_what_was_sent_is_not_removed(alice: User, ask: Asking, document: Keep) -> None:
    row = document(alice)
    ask(alice, "Why?", files=[row.pk])
    assert signed_in(alice).post(reverse("chat:attach-remove", args=[row.pk])).json() == {"removed": False}
    assert Upload.objects.filter(pk=row.pk, state="ready").exists()


def test_refusals_are_words_with_a_code(alice: User, settings: Settings) -> None:
    client = signed_in(alice)
    assert client.post(reverse("chat:attach")).json()["error"]["code"] == "no_file"
    for data, status, code in [
        (b"\x7fELF" + bytes(200), 400, "binary"), (files.pdf("x", password="y"), 400, "encrypted"), (files.pdf(""), 400, "scanned"),
    ]:  # fmt: skip
        response = sent(client, data)
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    settings.ATTACHMENT_MAX_BYTES = 100
    response = sent(client, b"x" * 101)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")
    settings.ATTACHMENT_MAX_BYTES = 10_000_000
    alice.tier.storage_bytes = 50
    alice.tier.save()
    response = sent(client, b"x" * 101)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "storage_full")


# the menu ---------------------------------------------------------------------------------------------------------------


def test_the_menu_offers_what_was_attached_before(alice: User, ask: Asking, document: Keep, image: Keep) -> None:
    client = signed_in(alice)
    text, photo = document(alice, name="notes.txt"), image(alice)
    ask(alice, "Why?", files=[text.pk])
    items = client.get(reverse("chat:attach-menu")).json()["items"]
    assert [(item["source"], item["title"], item["hint"]) for item in items] == [
        ("recent", "photo.png", "image"), ("recent", "notes.txt", "document"),
    ]  # fmt: skip
    (found,) = client.get(reverse("chat:attach-menu"), {"q": "NOTES"}).json()["items"]
    assert found["attachment"]["id"] == str(text.pk) == found["id"]
    taken = client.post(
        reverse("chat:attach-take"), {"source": found["source"], "id": found["id"]}, content_type="application/json"
    )
    assert taken.json()["attachment"]["id"] == str(text.pk)
    assert photo.pk != text.pk


class Pages:
    def __init__(self, *answers: Fetched | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def get(self, url: str) -> Fetched:
        self.asked.append(url)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_link_becomes_a_document(alice: User, ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<title>All of lizards</title><main><p>" + "They bask on stones. " * 20
    fetched = Fetched("https://lizards.example/all", "text/html", "utf-8", page.encode())
    plain = Fetched("https://lizards.example/list.txt", "text/plain", "", b"one\ntwo")
    pages = Pages(fetched, plain, Unreachable("The site did not answer in time."))
    monkeypatch.setattr(links, "fetcher", pages)
    client = signed_in(alice)
    (item,) = client.get(reverse("chat:attach-menu"), {"q": "https://lizards.example"}).json()["items"]
    assert (item["source"], item["id"]) == ("link", "https://lizards.example")
    assert pages.asked == [], "nothing is fetched until somebody chooses it"
    chosen = json.dumps({"source": item["source"], "id": item["id"]})
    taken = client.post(reverse("chat:attach-take"), chosen, content_type="application/json")
    assert taken.status_code == 201
    told = taken.json()["attachment"]
    assert (told["name"], told["source"]) == ("All of lizards", "https://lizards.example/all")
    ask(alice, "What do they do?", files=[UUID(told["id"])])
    taken = client.post(reverse("chat:attach-take"), chosen, content_type="application/json").json()["attachment"]
    assert taken["name"] == "lizards.example list.txt"
    refused = client.post(reverse("chat:attach-take"), chosen, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_fetched")


def test_no_source_and_no_file_by_that_name(alice: User) -> None:
    client = signed_in(alice)
    for source, key in (("nothing", "x"), ("recent", "x"), ("recent", str(uuid4())), ("link", "file:///etc/passwd")):
        chosen = json.dumps({"source": source, "id": key})
        assert client.post(reverse("chat:attach-take"), chosen, content_type="application/json").status_code in (
            400,
            404,
        )


def test_other_apps_may_have_something_to_attach(alice: User, document: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_sources", dict(sources._sources))
    row = document(alice)
    paste = sources.Source(
        "paste", lambda user, query: [sources.Item("7", f"Paste about {query}")], lambda user, key: row
    )
    sources.register(paste)
    client = signed_in(alice)
    items = client.get(reverse("chat:attach-menu"), {"q": "frogs"}).json()["items"]
    assert [(item["source"], item["title"]) for item in items] == [("paste", "Paste about frogs")]
    chosen = json.dumps({"source": "paste", "id": "7"})
    taken = client.post(reverse("chat:attach-take"), chosen, content_type="application/json")
    assert taken.json()["attachment"]["id"] == str(row.pk)
