"""Files of the library where models are: in questions, in collections, and what the tool finds."""

import pytest
from django.test import Client
from django.urls import reverse

from chat.attachments import sources as attached
from chat.knowledge import actions, adding
from chat.knowledge import sources as documents
from chat.models import Conversation, Document, Upload
from files import asking, knowing
from files.actions import store
from files.models import Blob, File, Folder, FolderShelf
from files.texts import extracting
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from tests.files.contents import adopted

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def a_file(owner: User, name: str, data: bytes) -> File:
    file = store(owner, None, name, adopted(data))
    extracting.extract(file.blob, name)
    return file


def test_a_file_is_chosen_by_name_or_words_and_goes_with_a_question(alice: User, charlie: User) -> None:
    file = a_file(alice, "trip.txt", b"The lighthouse of Skagen")
    a_file(alice, "program.bin", b"\x00\x01" * 50)
    for query in ("trip", "lighthouse", ""):
        assert [item.title for source, item in attached.find(alice, query) if source == knowing.KIND] == ["trip.txt"]
    assert not [item for source, item in attached.find(charlie, "trip") if source == knowing.KIND]
    upload = attached.take(alice, knowing.KIND, str(file.pk))
    assert (upload.name, upload.text, upload.owner_id) == ("trip.txt", "The lighthouse of Skagen", alice.pk)
    for key in (str(file.pk), "no key", "0" * 32):
        with pytest.raises(NotFound):
            attached.take(charlie, knowing.KIND, key)


def test_a_file_becomes_a_document_and_is_kept_in_step_when_asked(alice: User, charlie: User) -> None:
    file = a_file(alice, "trip.txt", b"The lighthouse of Skagen")
    shelf = actions.make(alice, "Trips")
    row = adding.add_from(shelf, alice, knowing.KIND, str(file.pk))
    assert row.state == Document.State.READ and row.text == "The lighthouse of Skagen"
    store(alice, None, "trip.txt", adopted(b"The harbour of Skagen"), replacing=file)
    row = adding.read_again(row, alice)
    assert (row.text, row.version) == ("The harbour of Skagen", 2)
    with pytest.raises(NotFound):
        documents.read(charlie, knowing.KIND, str(file.pk))


def test_what_cannot_be_read_says_why(alice: User) -> None:
    file = a_file(alice, "a.pdf", b"%PDF-1.7 garbage")
    with pytest.raises(Invalid) as refused:
        documents.read(alice, knowing.KIND, str(file.pk))
    assert "damaged" in refused.value.message
    Blob.objects.update(state=Blob.State.QUARANTINED)
    with pytest.raises(Invalid) as refused:
        attached.take(alice, knowing.KIND, str(file.pk))
    assert refused.value.code == "not_readable"


def test_a_model_finds_the_persons_own_files_alone(alice: User, charlie: User) -> None:
    file = a_file(alice, "trip.txt", b"The lighthouse of Skagen")
    (found,) = knowing.found(alice, "lighthouse", 5)
    assert found.title == "trip.txt" and found.address == knowing.address(str(file.pk)) and "Skagen" in found.text
    assert not knowing.found(charlie, "lighthouse", 5)
    File.objects.update(trashed=file.changed)
    assert not knowing.found(alice, "lighthouse", 5)


def test_a_question_about_a_file_begins_a_conversation(alice: User, charlie: User, client: Client) -> None:
    file = a_file(alice, "trip.txt", b"The lighthouse of Skagen")
    client.force_login(alice)
    answer = client.post(reverse("files:ask", args=[file.pk]), {"what": "summarise"})
    talk = Conversation.objects.get(owner=alice)
    assert answer.headers["Location"] == reverse("chat:conversation", args=[talk.pk])
    question = talk.messages.get(role="user")
    assert (
        question.content == "Summarise this file."
        and question.attachments.get().upload.text == "The lighthouse of Skagen"
    )
    assert client.post(reverse("files:ask", args=[file.pk]), {"words": " "}).status_code == 302
    assert Conversation.objects.count() == 1
    client.force_login(charlie)
    assert client.post(reverse("files:ask", args=[file.pk]), {"what": "summarise"}).status_code == 404


def test_what_cannot_be_asked_leaves_nothing_behind(alice: User, client: Client) -> None:
    file = a_file(alice, "a.pdf", b"%PDF-1.7 garbage")
    client.force_login(alice)
    client.post(reverse("files:ask", args=[file.pk]), {"words": "What is it?"})
    assert not Conversation.objects.exists() and not Upload.objects.exists()


def test_a_folder_is_asked_as_a_whole_and_followed(alice: User, charlie: User, client: Client) -> None:
    folder = Folder.objects.create(owner=alice, name="Trips")
    below = Folder.objects.create(owner=alice, name="Denmark", parent=folder)
    first, gone = store(alice, folder, "a.txt", adopted(b"one")), store(alice, below, "b.txt", adopted(b"two"))
    store(alice, folder, "c.bin", adopted(b"\x00\x01" * 50))
    client.force_login(charlie)
    assert client.post(reverse("files:ask_folder", args=[folder.pk])).status_code == 404
    client.force_login(alice)
    client.post(reverse("files:ask_folder", args=[folder.pk]))
    assert asking.keep_in_step(folder.pk) == 2
    shelf = FolderShelf.objects.get(folder=folder)
    talk = Conversation.objects.get(owner=alice)
    assert talk.collections == shelf.collection_id.hex
    assert set(shelf.collection.documents.values_list("text", flat=True)) == {"one", "two"}
    assert asking.keep_in_step(folder.pk) == 0
    store(alice, folder, "a.txt", adopted(b"one more"), replacing=first)
    File.objects.filter(pk=gone.pk).update(trashed=gone.changed)
    assert asking.keep_in_step(folder.pk) == 2
    assert set(shelf.collection.documents.filter(removed=None).values_list("text", flat=True)) == {"one more"}
    document = shelf.collection.documents.get(removed=None)
    page = client.get(reverse("chat:document", args=[document.pk])).content.decode()
    assert reverse("files:file", args=[first.pk]) in page, "a citation leads back to the file"


def test_a_full_collection_still_lets_go_of_what_is_gone(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder.objects.create(owner=alice, name="Trips")
    gone = store(alice, folder, "a.txt", adopted(b"one"))
    client.force_login(alice)
    client.post(reverse("files:ask_folder", args=[folder.pk]))
    assert asking.keep_in_step(folder.pk) == 1
    store(alice, folder, "b.txt", adopted(b"two"))
    File.objects.filter(pk=gone.pk).update(trashed=gone.changed)
    monkeypatch.setattr("chat.knowledge.adding.MAX_DOCUMENTS", 1)
    assert asking.keep_in_step(folder.pk) == 1
    shelf = FolderShelf.objects.get(folder=folder)
    assert not shelf.collection.documents.filter(removed=None).exists()
