"""The page of a file: what its owner sees of each kind, and what a stranger gets."""

from collections.abc import AsyncIterator, Callable

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from files.actions import store
from files.afterwards import work_on_stored
from files.models import Blob, File, Folder, Preview
from files.previews import others
from meatlizard.accounts.models import User
from tests.chat.attachments.files import pdf
from tests.files.previews import contents
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db

BlobOf = Callable[[bytes], Blob]


def signed_in(user: User) -> Client:
    client = Client()
    assert client.login(username=user.username, password=PASSWORD)
    return client


def kept(owner: User, data: bytes, name: str, blob_of: BlobOf, folder: Folder | None = None) -> File:
    file = store(owner, folder, name, blob_of(data))
    work_on_stored.func(str(file.pk), file.blob_id, ["preview", "text"])
    return file


def shown(client: Client, file: File) -> str:
    answer = client.get(reverse("files:file", args=[file.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (contents.jpeg(), "a.jpg", ["large.webp", "Maker Model 1", "noted where it was taken"]),
        (contents.saved(contents.halves(), "PNG"), "a.png", ["large.webp"]),
        (b"def f():\n    return 'x'\n", "a.py", ['<span class="k">def</span>', 'id="L1"']),
        (b"# Title\n\n<script>alert(1)</script> **bold**", "a.md", ["<strong>bold</strong>", "&lt;script&gt;"]),
        (b"<script>alert(1)</script>", "a.html", ["&lt;", "script"]),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", ["onload"]),
        (contents.packed({"../../x": b"", "ok.txt": b"abc"}), "a.zip", ["../../x", "leads elsewhere", "ok.txt"]),
        (pdf("Words of a page"), "a.pdf", ["Words of a page"]),
        (b"\x00\x01\x02" * 100, "a.bin", ["cannot be shown here"]),
        (b"", "empty.txt", ["cannot be shown here"]),
        (contents.jpeg()[:300], "a.jpg", ["damaged or incomplete", "Try again"]),
    ],
    ids=["photograph", "picture", "code", "markdown", "html", "svg", "archive", "pdf", "binary", "empty", "broken"],
)
def test_each_kind_is_shown(alice: User, data: bytes, name: str, said: list[str], blob_of: BlobOf) -> None:
    page = shown(signed_in(alice), kept(alice, data, name, blob_of))
    assert not [words for words in said if words not in page]
    assert "<script>alert" not in page and "<svg xmlns=" not in page.partition('id="viewer"')[2]


def test_a_stranger_finds_nothing_and_a_guest_signs_in(alice: User, charlie: User, blob_of: BlobOf) -> None:
    file = kept(alice, contents.jpeg(), "a.jpg", blob_of)
    asked = [
        ("get", reverse("files:file", args=[file.pk])),
        ("get", reverse("files:preview", args=[file.pk, "small.webp"])),
        ("get", reverse("files:text", args=[file.pk, 1])),
        ("post", reverse("files:retry", args=[file.pk])),
        ("post", reverse("files:others", args=[file.pk])),
    ]
    stranger, guest = signed_in(charlie), Client()
    for method, address in asked:
        assert getattr(stranger, method)(address).status_code == 404, address
        answer = getattr(guest, method)(address)
        assert answer.status_code == 302 and "/accounts/login/" in answer.headers["Location"], address
    assert others.bared(file), "nothing was changed by them"


async def _whole(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in stream])


def test_a_small_picture_cannot_be_taken_for_anything_else(alice: User, blob_of: BlobOf) -> None:
    file = kept(alice, contents.jpeg(), "a.jpg", blob_of)
    client = signed_in(alice)
    answer = client.get(reverse("files:preview", args=[file.pk, "small.webp"]))
    data = async_to_sync(_whole)(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "image/webp" and data[8:12] == b"WEBP"
    assert len(data) == int(answer.headers["Content-Length"])
    assert (
        answer.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer.headers["Content-Security-Policy"]
    )
    for name in ("bare", "result.json", "..%2Fx", "small.png"):
        assert client.get(f"/files/{file.pk}/preview/{name}").status_code == 404


def test_what_is_being_made_is_asked_for_once(alice: User, blob_of: BlobOf, monkeypatch: pytest.MonkeyPatch) -> None:
    from files.previews import jobs

    cache.clear()
    asked: list[tuple[str, ...]] = []
    file = store(alice, None, "a.jpg", blob_of(contents.jpeg()))
    monkeypatch.setattr(type(jobs.make_preview), "enqueue", lambda self, *args: asked.append(args))
    client = signed_in(alice)
    assert "data-coming" in shown(client, file) and "data-coming" in shown(client, file)
    assert asked == [(file.blob_id, "a.jpg")]
    jobs.make_preview.func(*asked[0])
    assert "data-coming" not in shown(client, file)


@pytest.mark.parametrize("state", [one for one in Blob.State if one != Blob.State.READY])
def test_what_nobody_gets_is_said_in_words_and_not_shown(alice: User, state: str, blob_of: BlobOf) -> None:
    file = kept(alice, contents.jpeg(), "a.jpg", blob_of)
    Blob.objects.filter(pk=file.blob_id).update(state=state)
    client = signed_in(alice)
    page = shown(client, file)
    assert 'data-testid="trouble"' in page and "large.webp" not in page and 'data-testid="download"' not in page
    assert client.get(reverse("files:preview", args=[file.pk, "small.webp"])).status_code == 404
    text = kept(alice, b"secret words", "a.txt", blob_of)
    Blob.objects.filter(pk=text.blob_id).update(state=state)
    assert "secret words" not in shown(client, text)
    assert client.get(reverse("files:text", args=[text.pk, 0])).status_code == 404


def test_a_long_text_comes_in_pieces(alice: User, blob_of: BlobOf) -> None:
    lines = "".join(f"line {number} <b>\n" for number in range(1, 2_501))
    file = kept(alice, lines.encode(), "long.txt", blob_of)
    client = signed_in(alice)
    page = shown(client, file)
    assert 'data-pieces="3"' in page and "line 1000 &lt;b&gt;" in page and "line 1001" not in page
    more = client.get(reverse("files:text", args=[file.pk, 2])).content.decode()
    assert 'id="L2001"' in more and "line 2500 &lt;b&gt;" in more
    assert client.get(reverse("files:text", args=[file.pk, 3])).status_code == 404


def test_arrows_lead_through_the_folder_and_nowhere_else(alice: User, bob: User, blob_of: BlobOf) -> None:
    folder = Folder.objects.create(owner=alice, name="trip")
    a, b, c = (kept(alice, name.encode(), f"{name}.txt", blob_of, folder) for name in "abc")
    elsewhere = kept(alice, b"x", "b2.txt", blob_of)
    theirs = kept(bob, b"y", "b1.txt", blob_of)
    File.objects.filter(pk=c.pk).update(trashed=c.changed)
    page = shown(signed_in(alice), b)
    assert f'href="{reverse("files:file", args=[a.pk])}"' in page
    for other in (c, elsewhere, theirs):
        assert str(other.pk) not in page


def test_the_owner_decides_what_others_get(alice: User, blob_of: BlobOf) -> None:
    file = kept(alice, contents.jpeg(), "a.jpg", blob_of)
    client = signed_in(alice)
    assert "Others get a copy" in shown(client, file)
    client.post(reverse("files:others", args=[file.pk]), {"whole": "on"})
    assert not others.bared(file) and "You let others have the picture as it is" in shown(client, file)
    client.post(reverse("files:others", args=[file.pk]))
    assert others.bared(file)


def test_a_failed_preview_is_tried_again(alice: User, blob_of: BlobOf) -> None:
    file = kept(alice, contents.jpeg()[:300], "a.jpg", blob_of)
    assert signed_in(alice).post(reverse("files:retry", args=[file.pk])).status_code == 302
    assert Preview.objects.get(pk=file.blob_id).state == Preview.State.MAKING


def test_the_frame_for_pdf_files_has_no_origin_and_no_network(client: Client) -> None:
    answer = client.get(reverse("files:pdf_frame"))
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy and "allow-same-origin" not in policy and "connect-src" not in policy
    assert "default-src 'none'" in policy and "'unsafe-eval'" not in policy and "frame-ancestors 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_picture_that_is_not_in_its_place_any_more_is_made_anew(alice: User, blob_of: BlobOf) -> None:
    file = kept(alice, contents.jpeg(), "beach.jpg", blob_of)
    row, browser = Preview.objects.get(pk=file.blob_id), signed_in(alice)
    address = reverse("files:preview", args=[file.pk, "small.webp"])
    default_storage.delete(row.storage_name("small.webp"))
    assert browser.get(address).status_code == 404
    assert "A preview is being made." in shown(browser, file)
    work_on_stored.func(str(file.pk), file.blob_id, ["preview"])
    assert browser.get(address).status_code == 200


def test_what_was_opened_last_is_the_first_of_the_recent(alice: User, charlie: User, blob_of: BlobOf) -> None:
    first, second = store(alice, None, "first.txt", blob_of(b"one")), store(alice, None, "second.txt", blob_of(b"two"))
    browser = signed_in(alice)

    def recent() -> list[str]:
        return [entry.row.name for entry in browser.get(reverse("files:recent")).context["piece"].entries]

    assert recent() == ["second.txt", "first.txt"]
    assert signed_in(charlie).get(reverse("files:file", args=[first.pk])).status_code == 404
    assert recent() == ["second.txt", "first.txt"]
    shown(browser, first)
    assert recent() == ["first.txt", "second.txt"]
    File.objects.filter(pk=second.pk).update(trashed=second.changed)
    shown(browser, second)
    second.refresh_from_db()
    assert second.opened is None
