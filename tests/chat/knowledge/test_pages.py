"""The pages of collections: their owner works with them, a stranger gets 404, a reader 403, a guest is sent to sign in."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat.knowledge import attaching
from chat.models import Collection, Document, Passage, Persona
from meatlizard.accounts.models import User
from tests.chat.knowledge.conftest import Noting
from tests.chat.makers import ask_as

pytestmark = [pytest.mark.django_db]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined,no-any-return]


def all_routes(shelf: Collection, document: Document, talk: UUID, persona: Persona) -> Iterator[tuple[str, str, bool]]:
    """(method, address, whether a reader of the collection may use it)."""
    one = [shelf.pk]
    yield "get", reverse("chat:collection", args=one), True
    for name in ("edit", "delete", "files", "note", "page", "take"):
        yield "post", reverse(f"chat:collection-{name}", args=one), False
    yield "get", reverse("chat:document", args=[document.pk]), True
    for name in ("again", "delete"):
        yield "post", reverse(f"chat:document-{name}", args=[document.pk]), False
    yield "get", reverse("chat:passage", args=[Passage.objects.filter(document=document.pk).first().pk]), True  # type: ignore[union-attr]


def test_a_stranger_finds_nothing_and_a_guest_is_sent_to_sign_in(
    alice: User, charlie: User, shelf: Collection, note: Noting
) -> None:
    talk, persona = ask_as(alice).conversation_id, Persona.objects.create(owner=alice, updated=timezone.now())
    document = note(shelf, "They bask.")
    addresses = [(method, url) for method, url, _ in all_routes(shelf, document, talk, persona)]
    addresses += [
        ("post", reverse("chat:collection-bring-back", args=[shelf.pk])),
        ("post", reverse("chat:document-bring-back", args=[document.pk])),
        ("get", reverse("chat:talk-knowledge", args=[talk])),
        ("post", reverse("chat:talk-knowledge-add", args=[talk])),
        ("get", reverse("chat:persona-knowledge", args=[persona.pk])),
    ]
    stranger, guest = signed_in(charlie), Client()
    for method, url in addresses:
        body = (
            {"content_type": "application/json", "data": {"collection": str(shelf.pk)}} if url.endswith("/add/") else {}
        )
        assert getattr(stranger, method)(url, **body).status_code == 404, url
        assert getattr(guest, method)(url, **body).status_code in (302, 401), url
    for url in (reverse("chat:collections"), reverse("chat:collection-menu")):
        assert guest.get(url).status_code in (302, 401)
        assert "Lizards" not in text_of(stranger.get(url))


def test_a_reader_of_the_sites_collection_may_not_write(
    charlie: User, olga: User, sites: Collection, note: Noting
) -> None:
    document = note(sites, "No running.")
    talk, persona = ask_as(charlie).conversation_id, Persona.objects.create(owner=charlie, updated=timezone.now())
    reader = signed_in(charlie)
    for method, url, reads in all_routes(sites, document, talk, persona):
        status = getattr(reader, method)(url).status_code
        assert status in ((200, 302) if reads else (403,)), url
    page = text_of(reader.get(reverse("chat:collection", args=[sites.pk])))
    assert "add-files" not in page
    assert "No running" not in text_of(reader.get(reverse("chat:collections")))
    assert "add-files" in text_of(signed_in(olga).get(reverse("chat:collection", args=[sites.pk])))


def test_made_filled_searched_deleted_and_brought_back(alice: User) -> None:
    client = signed_in(alice)
    made = client.post(reverse("chat:collections"), {"name": "Lizards", "description": "All"})
    row = Collection.objects.get()
    assert made["Location"] == reverse("chat:collection", args=[row.pk])
    files = [SimpleUploadedFile("a.md", b"# Food\n\nThey eat crickets."), SimpleUploadedFile("b.bin", b"\x00" * 900)]
    page = text_of(client.post(reverse("chat:collection-files", args=[row.pk]), {"files": files}, follow=True))
    assert "“a.md” was added." in page
    assert "could not be read" in page, "of the other it says why"
    client.post(reverse("chat:collection-note", args=[row.pk]), {"name": "Walls", "text": "They are warm in July."})
    found = text_of(client.get(reverse("chat:collection", args=[row.pk]), {"q": "crickets"}))
    assert "<mark>crickets</mark>" in found
    document = Document.objects.get(name="Walls")
    shown = text_of(client.get(reverse("chat:document", args=[document.pk]), {"passage": "1"}))
    assert 'aria-current="true"' in shown
    gone = client.post(reverse("chat:document-delete", args=[document.pk]), follow=True)
    assert "bring-back" in text_of(gone)
    assert client.get(reverse("chat:document", args=[document.pk])).status_code == 404
    client.post(reverse("chat:document-bring-back", args=[document.pk]))
    assert client.get(reverse("chat:document", args=[document.pk])).status_code == 200
    gone = client.post(reverse("chat:collection-delete", args=[row.pk]), follow=True)
    assert "The collection was deleted." in text_of(gone)
    client.post(reverse("chat:collection-bring-back", args=[row.pk]))
    client.post(reverse("chat:collection-edit", args=[row.pk]), {"name": "Geckos", "lent": "on"})
    row.refresh_from_db()
    assert (row.name, row.lent, row.removed) == ("Geckos", True, None)


def test_a_script_sends_a_file_and_hears_what_came_of_it(alice: User, shelf: Collection) -> None:
    client, url = signed_in(alice), reverse("chat:collection-files", args=[shelf.pk])
    good = client.post(
        url, {"files": SimpleUploadedFile("a.txt", b"They bask.")}, headers={"Accept": "application/json"}
    )
    assert (good.status_code, good.json()["document"]["state"], good.json()["document"]["error"]) == (201, "read", "")
    bad = client.post(url, {"files": SimpleUploadedFile("a.txt", b"")}, headers={"Accept": "application/json"})
    assert bad.json()["document"]["state"] == "failed"
    none = client.post(url, {}, headers={"Accept": "application/json"})
    assert (none.status_code, none.json()["error"]["code"]) == (400, "no_file")


def test_hostile_texts_are_shown_as_written(alice: User, shelf: Collection, note: Noting) -> None:
    document = note(shelf, "<script>alert(1)</script> crickets <img src=x onerror=alert(1)>", "<b>bold</b>")
    client = signed_in(alice)
    for page in (
        client.get(reverse("chat:document", args=[document.pk])),
        client.get(reverse("chat:collection", args=[shelf.pk]), {"q": "crickets <script>"}),
    ):
        text = text_of(page)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>bold" not in text


def test_collections_are_chosen_in_the_menu_and_on_the_page_of_a_conversation(
    alice: User, shelf: Collection, sites: Collection
) -> None:
    client, talk = signed_in(alice), ask_as(alice).conversation
    items = client.get(reverse("chat:collection-menu"), {"q": "liz"}).json()["items"]
    assert [(item["id"], item["title"], item["hint"]) for item in items] == [
        (str(shelf.pk), "Lizards", "collection, 0 documents")
    ]
    url = reverse("chat:talk-knowledge-add", args=[talk.pk])
    answer = client.post(url, {"collection": str(shelf.pk)}, content_type="application/json")
    assert answer.json() == {"collections": [{"id": str(shelf.pk), "title": "Lizards"}]}
    assert client.post(url, {"collection": "x"}, content_type="application/json").status_code == 400
    page = reverse("chat:talk-knowledge", args=[talk.pk])
    assert f'value="{shelf.pk}"' in text_of(client.get(page))
    client.post(page, {"collections": [str(sites.pk)]})
    talk.refresh_from_db()
    assert attaching.of_conversation(talk) == [sites.pk]
    assert client.post(page, {"collections": ["x"]}).status_code == 400


def test_collections_of_a_persona_are_its_owners_to_choose(alice: User, shelf: Collection) -> None:
    from chat.personas import actions as personas
    from chat.personas.character import Character

    persona = personas.create(alice, Character(name="Ada"))
    client, url = signed_in(alice), reverse("chat:persona-knowledge", args=[persona.pk])
    assert "answers from" in text_of(client.get(url))
    assert client.post(url, {"collections": [str(shelf.pk)]}).status_code == 302
    assert attaching.of_persona(persona) == [shelf.pk]
