"""What others send in, by the real endpoint of uploads: within limits, for the owner, and seen by who sent it."""

import json
import re
import threading
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.urls import reverse

from files.models import File, Folder, Upload
from files.models.shares import Inbox, Sent
from files.sharing import inboxes
from files.sharing.inboxes import InboxTerms
from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from meatlizard.threads import close_thread_connections
from tests.files.sharing.scene import a_folder, visitor
from tests.files.sharing.test_content import PNG
from tests.files.tus.sending import Tus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _clean() -> Any:
    cache.clear()
    yield
    close_thread_connections()


def an_inbox(owner: User, **terms: Any) -> Inbox:
    return inboxes.create(
        owner, a_folder(owner, "From others"), InboxTerms(**{"max_bytes": 1_000, "max_file_bytes": 500, **terms})
    )


def page_of(row: Inbox, browser: Client) -> str:
    return browser.get(reverse("files-sharing:send", args=[row.slug])).content.decode()


def header(row: Inbox, browser: Client) -> dict[str, str]:
    """As the page's script gets it."""
    found = re.search(r'data-headers="([^"]+)"', page_of(row, browser))
    assert found, "no place to upload on the page"
    said: dict[str, str] = json.loads(unescape(found[1]))
    return {name.replace("-", "_"): value for name, value in said.items()}


def send(row: Inbox, browser: Client, data: bytes = b"hello", name: str = "a.txt", person: User | None = None) -> Any:
    return Tus(person).create(len(data), data, name=name, **header(row, browser))


def test_a_guest_sends_a_file_that_is_alices_and_counts_for_her(alice: User) -> None:
    row, browser = an_inbox(alice), Client()
    before = used_by(alice)
    assert send(row, browser).status == 201
    file = File.objects.get()
    assert (file.owner, file.folder, file.name, file.size) == (alice, row.folder, "a.txt", 5)
    assert used_by(alice) == before + 5
    assert "a.txt" in page_of(row, browser)
    assert "a.txt" not in page_of(row, Client()), "another sender sees nothing of it"
    owners = visitor(alice).browser.get(reverse("files-sharing:inbox", args=[row.pk])).content.decode()
    assert "a.txt" in owners and "a visitor" in owners


def test_a_sender_gets_at_nothing_of_alices(alice: User) -> None:
    row, browser = an_inbox(alice), Client()
    send(row, browser)
    file = File.objects.get()
    for path in (f"/files/{file.pk}/", f"/files/{file.pk}/content/a.txt", f"/files/folder/{row.folder_id}/"):
        assert browser.get(path).status_code in (302, 404)
    told = header(row, browser)
    assert Tus().ask("GET", f"/files/{file.pk}/content/a.txt", **told).status in (302, 401, 403, 404)
    upload = Upload.objects.get()
    other = header(row, Client())
    assert Tus().tus("HEAD", f"/files/uploads/{upload.pk}", **other).status in (403, 404), "another's upload"
    assert Tus().tus("DELETE", f"/files/uploads/{upload.pk}", **other).status in (403, 404)


@pytest.mark.parametrize(
    ("terms", "data", "name", "status"),
    [
        ({"max_file_bytes": 4}, b"hello", "a.txt", 413),
        ({"max_bytes": 4}, b"hello", "a.txt", 429),
        ({"types": "image/ .pdf"}, b"hello", "a.txt", 400),
        ({"types": "image/"}, b"<html><script>x</script></html>", "a.png", 400),
        ({"types": "image/"}, PNG, "a.png", 201),
        ({"types": ".pdf"}, b"hello", "A.PDF", 201),
    ],
)
def test_limits_are_kept(alice: User, terms: dict[str, Any], data: bytes, name: str, status: int) -> None:
    answer = send(an_inbox(alice, **terms), Client(), data, name)
    assert answer.status == status, answer
    assert File.objects.count() == Sent.objects.count() == (status == 201)
    assert used_by(alice) == (len(data) if status == 201 else 0)


def test_what_is_under_way_takes_its_place_and_gives_it_back(alice: User) -> None:
    row, browser = an_inbox(alice, max_files=1), Client()
    told = header(row, browser)
    there = Tus().begin(5, **told)
    assert send(row, Client()).status == 429
    assert Tus().tus("DELETE", there, **told).status == 204
    assert send(row, Client()).status == 201
    assert "no room left" in page_of(row, Client())


def test_of_many_at_once_no_more_come_than_may(alice: User) -> None:
    row = an_inbox(alice, max_files=3)
    told = header(row, Client())
    start, statuses = threading.Barrier(6), []

    def one(number: int) -> None:
        try:
            start.wait()
            statuses.append(Tus().create(5, b"hello", name=f"{number}.txt", **told).status)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] * 3 + [429] * 3
    assert File.objects.count() == Sent.objects.count() == 3


def test_closed_or_with_another_password_an_open_page_sends_nothing(alice: User) -> None:
    row, browser = an_inbox(alice, password="sesame"), Client()
    where = reverse("files-sharing:send", args=[row.slug])
    assert "data-headers" not in page_of(row, browser)
    assert browser.post(where, {"password": "wrong"}).status_code == 403
    assert browser.post(where, {"password": "sesame"}).status_code == 302
    told = header(row, browser)
    assert Tus().create(5, b"hello", name="a.txt", **told).status == 201
    inboxes.change(row, InboxTerms(password="other"))
    assert Tus().create(5, b"hello", name="b.txt", **told).status == 403
    inboxes.change(row, InboxTerms(password=""))
    inboxes.close(row)
    assert Tus().create(5, b"hello", name="b.txt", **told).status == 404
    assert Client().get(where).status_code == 404
    assert File.objects.count() == 1


def test_a_link_that_was_made_up_or_changed_is_none(alice: User) -> None:
    told = header(an_inbox(alice), Client())["x_upload_link"]
    for wrong in ("x", told[:-2] + "xx", told.replace(":", ".", 1), "\x7f", told * 2):
        assert Tus().create(5, b"hello", name="a.txt", x_upload_link=wrong).status in (401, 403, 404)
    assert not File.objects.exists()


def test_for_members_only_guests_sign_in(alice: User, charlie: User) -> None:
    row = an_inbox(alice, members_only=True)
    where = reverse("files-sharing:send", args=[row.slug])
    assert "/accounts/login/" in Client().get(where)["Location"]
    browser = visitor(charlie).browser
    told = header(row, browser)
    assert Tus().create(5, b"hello", name="a.txt", **told).status == 403, "the header alone is not enough"
    assert send(row, browser, person=charlie).status == 201
    assert Sent.objects.get().user == charlie


def test_a_sender_chooses_neither_folder_nor_what_is_replaced(alice: User) -> None:
    from tests.files.tus.sending import metadata

    row = an_inbox(alice)
    elsewhere = a_folder(alice, "Private")
    told = header(row, Client())
    said = metadata(
        filename="../../evil.txt", folder=str(elsewhere.pk), collision="replace", relativePath="Deep/er/evil.txt"
    )
    assert Tus().create(5, b"hello", **told, upload_metadata=said).status == 201
    file = File.objects.get()
    assert file.folder == row.folder and "/" not in file.name
    assert Tus().create(5, b"world", **told, upload_metadata=said).status in (201, 400)
    assert all(one.number == 1 for one in File.objects.all()), "nothing was replaced"
    assert not Folder.objects.filter(name="Deep").exists()


def test_what_the_page_of_an_inbox_sends_arrives(alice: User) -> None:
    from tests.files.tus.sending import metadata

    row, browser = an_inbox(alice), Client()
    told = header(row, browser)
    panel = browser.get(reverse("files-sharing:send", args=[row.slug])).context["upload"]
    said = metadata(filename="a.txt", filetype="text/plain", folder=panel["folder"], collision="keep")
    assert Tus().create(5, b"hello", **told, upload_metadata=said).status == 201
    assert File.objects.get().folder == row.folder


def test_a_full_storage_of_the_owners_takes_no_more(alice: User) -> None:
    from meatlizard.storage import actions as storage

    row = an_inbox(alice)
    storage.take(alice, alice.tier.storage_bytes - 3)
    assert send(row, Client()).status == 413
    assert not File.objects.exists()
