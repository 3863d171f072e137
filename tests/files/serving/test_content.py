"""The bytes of one's files: who gets them, and how browsers are kept from running them."""

import datetime
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.core import signing
from django.utils import timezone
from pytest_django import Settings

from files import actions
from files.asgi import who
from files.blobs import states
from files.models import Blob, File
from files.serving import addresses, sending
from files.serving.content_host import ContentHostOnly
from meatlizard.accounts.models import User
from meatlizard.api import registry
from meatlizard.threads import close_thread_connections
from tests.files.asking import Answer, Asking, key_for
from tests.files.contents import adopted
from tests.services.s3 import S3Server

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "files.example.net"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 50
HTML = b"<!doctype html><script>alert(1)</script>"

Storing = Callable[..., File]


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    close_thread_connections()


@pytest.fixture
def store(alice: User) -> Storing:
    def stored(data: bytes, name: str = "a.bin", replacing: File | None = None) -> File:
        return actions.store(alice, None, name, adopted(data), replacing=replacing)

    return stored


def at(file: File, **how: Any) -> str:
    return unquote(addresses.content(file.pk, file.name, **how))


def test_the_owner_gets_it_and_nobody_else(store: Storing, alice: User, charlie: User) -> None:
    file = store(b"hello", "greeting.txt")
    answer = Asking(alice).ask("GET", at(file))
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer["content-type"] == "text/plain; charset=utf-8"
    assert answer["etag"] == f'"{file.blob.sha256}"'
    assert Asking(charlie).ask("GET", at(file)).status == 404
    assert Asking().ask("GET", at(file)).status == 401
    shown = Asking().ask("GET", at(file), accept="text/html")
    assert (shown.status, shown["location"].partition("?")[0]) == (302, "/accounts/login/")


def test_a_stranger_is_told_the_same_as_for_what_does_not_exist(store: Storing, charlie: User) -> None:
    here, there = store(b"x"), "/files/00000000-0000-4000-8000-000000000000/content/a.bin"

    def told(answer: Answer) -> Any:
        return answer.status, {name: value for name, value in answer.headers.items() if name != "x-request-id"}

    assert told(Asking(charlie).ask("GET", at(here))) == told(Asking(charlie).ask("GET", there))


def test_a_program_reads_with_a_key_that_may(store: Storing, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_scopes", registry.scopes() | {who.READ: "read"})
    file = store(b"hello")
    assert Asking(key=key_for(alice, "files:read")).ask("GET", at(file)).body == b"hello"
    assert Asking(key=key_for(alice, "links:read")).ask("GET", at(file)).status == 403


def test_parts_conditions_and_methods(store: Storing, alice: User) -> None:
    file, here = store(bytes(range(100))), Asking(alice)
    part = here.ask("GET", at(file), range="bytes=10-19")
    assert (part.status, part.body, part["content-range"]) == (206, bytes(range(10, 20)), "bytes 10-19/100")
    assert here.ask("GET", at(file), if_none_match=part["etag"]).status == 304
    beyond = here.ask("GET", at(file), range="bytes=100-")
    assert (beyond.status, beyond["content-range"]) == (416, "bytes */100")
    head = here.ask("HEAD", at(file))
    assert (head.status, head["content-length"], head.body) == (200, "100", b"")
    assert here.ask("GET", at(file), range="bytes=0-0,-1")["content-type"].startswith("multipart/byteranges")
    refused = here.ask("DELETE", at(file))
    assert (refused.status, refused["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("data", "told", "inline"),
    [
        (PNG, "image/png", True),
        (b"plain words", "text/plain; charset=utf-8", True),
        (b"GIF89a/*" + HTML, "image/gif", True),
        (HTML, "application/octet-stream", False),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "application/octet-stream", False),
        (b'<?xml version="1.0"?><x/>', "application/octet-stream", False),
        (b"%PDF-1.7 ", "application/pdf", False),
    ],
)
def test_the_bytes_say_what_it_is_and_a_short_list_what_is_shown(
    store: Storing, alice: User, data: bytes, told: str, inline: bool
) -> None:
    answer = Asking(alice).ask("GET", at(store(data, "photo.png")))
    assert answer["content-type"] == told
    assert answer["content-disposition"].startswith("inline" if inline else "attachment")
    assert answer["x-content-type-options"] == "nosniff"
    assert answer["content-security-policy"].startswith("default-src 'none'")
    assert answer["content-security-policy"].endswith("; sandbox")
    saved = Asking(alice).ask("GET", at(store(data, "photo.png"), save=True))
    assert saved["content-disposition"].startswith('attachment; filename="photo')


def test_versions_before_the_newest(store: Storing, alice: User) -> None:
    file = store(b"first")
    file = store(b"second", replacing=file)
    here = Asking(alice)
    assert here.ask("GET", at(file)).body == b"second"
    assert here.ask("GET", at(file, number=1)).body == b"first"
    for number in ("3", "0", "x", "9" * 30):
        assert here.ask("GET", f"{at(file)}?version={number}").status == 404


@pytest.mark.parametrize(
    ("state", "code"), [("checking", "being_checked"), ("quarantined", "quarantined"), ("damaged", "no_content")]
)
def test_what_is_not_to_be_read_is_given_to_nobody_and_the_owner_is_told_why(
    store: Storing, alice: User, charlie: User, state: str, code: str
) -> None:
    file = store(b"hello")
    Blob.objects.update(state=state)
    answer = Asking(alice).ask("GET", at(file))
    assert answer.status in (403, 404)
    assert code.encode() in answer.body
    assert b"hello" not in answer.body
    assert Asking(charlie).ask("GET", at(file)).status == 404


def test_a_content_that_is_gone_from_the_disk_is_said_to_be(store: Storing, alice: User, settings: Settings) -> None:
    file = store(b"hello")
    path = next(settings.MEDIA_ROOT.rglob(file.blob.sha256))
    path.unlink()
    assert Asking(alice).ask("GET", at(file)).status == 404


def test_a_content_that_was_cut_off_on_the_disk_breaks_the_connection(
    store: Storing, alice: User, settings: Settings
) -> None:
    file = store(b"hello" * 1_000)
    next(settings.MEDIA_ROOT.rglob(file.blob.sha256)).write_bytes(b"hello")
    with pytest.raises(sending.Cut):
        Asking(alice).ask("GET", at(file))


# --- the content host -------------------------------------------------------------------------------------------------


@pytest.fixture
def content_host(settings: Settings) -> str:
    settings.CONTENT_HOST, settings.CONTENT_URL = HOST, f"http://{HOST}"
    return HOST


def led_to(answer: Answer) -> str:
    assert answer.status == 302, answer
    assert answer["location"].startswith(f"http://{HOST}/content/")
    return unquote(answer["location"].removeprefix(f"http://{HOST}"))


def test_what_is_shown_is_shown_at_the_content_host(store: Storing, alice: User, content_host: str) -> None:
    file = store(PNG, "a b.png")
    path = led_to(Asking(alice).ask("GET", at(file)))
    answer = Asking().ask("GET", path, host=content_host)
    assert (answer.status, answer.body) == (200, PNG)
    assert answer["access-control-allow-origin"] == "http://127.0.0.1:8000"
    assert answer["cross-origin-resource-policy"] == "cross-origin"
    assert answer["content-security-policy"].endswith("; sandbox")
    assert "set-cookie" not in answer.headers
    assert Asking().ask("GET", path, host=content_host, range="bytes=0-3").body == PNG[:4]


def test_what_is_saved_is_saved_from_the_site(store: Storing, alice: User, content_host: str) -> None:
    for data in (HTML, b"%PDF-1.7 "):
        assert Asking(alice).ask("GET", at(store(data))).status == 200
    assert Asking(alice).ask("GET", at(store(PNG), save=True)).body == PNG


def test_an_address_holds_for_its_time_and_as_long_as_its_owner_has_the_file(
    store: Storing, alice: User, content_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = store(PNG)
    path = led_to(Asking(alice).ask("GET", at(file)))
    tampered = path.replace("/content/", "/content/x", 1)
    assert Asking().ask("GET", tampered, host=content_host).status == 404
    Blob.objects.update(state="quarantined")
    assert Asking().ask("GET", path, host=content_host).status == 403
    Blob.objects.update(state="ready")
    assert Asking().ask("GET", path, host=content_host).status == 200
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert Asking().ask("GET", path, host=content_host).status == 404
    User.objects.filter(pk=alice.pk).update(is_active=True)
    later = timezone.now().timestamp() + addresses.LIFE_SECONDS + 2
    monkeypatch.setattr(signing.time, "time", lambda: later)  # type: ignore[attr-defined]
    gone = Asking().ask("GET", path, host=content_host)
    assert (gone.status, gone["content-type"]) == (404, "text/plain; charset=utf-8")


def test_it_is_good_at_the_content_host_alone(store: Storing, alice: User, content_host: str) -> None:
    path = led_to(Asking(alice).ask("GET", at(store(PNG))))
    assert Asking(alice).ask("GET", path).status == 404
    assert Asking(alice).ask("GET", path, host="elsewhere.example").status == 404


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/api/v1/", "/files/", "/s/x", "/static/ml/site.css", "/contents/x"]
)
def test_the_content_host_has_nothing_else(alice: User, content_host: str, path: str) -> None:
    here = Asking(alice)
    here.app = ContentHostOnly(here.app)
    answer = here.ask("GET", path, host=content_host)
    assert (answer.status, answer.body) == (404, b"Nothing is here.\n")
    assert here.ask("GET", path, host=content_host.upper() + ".").status == 404
    assert here.ask("GET", "/accounts/login/").status == 302


# --- sent by others ---------------------------------------------------------------------------------------------------


def test_the_front_server_is_told_where_it_lies(store: Storing, alice: User, settings: Settings) -> None:
    settings.FILES_SENT_BY = "x-accel-redirect"
    file = store(HTML, "page.html")
    answer = Asking(alice).ask("GET", at(file), range="bytes=1-2")
    assert (answer.status, answer.body) == (200, b"")
    assert answer["x-accel-redirect"] == f"/_blobs/{file.blob.storage_name}"
    assert answer["content-type"] == "application/octet-stream"
    assert answer["content-disposition"] == 'attachment; filename="page.html"'
    settings.FILES_SENT_BY = "x-sendfile"
    assert Asking(alice).ask("GET", at(file))["x-sendfile"].startswith(str(settings.MEDIA_ROOT))


def test_nobody_is_told_of_what_is_not_theirs(store: Storing, charlie: User, settings: Settings) -> None:
    settings.FILES_SENT_BY = "x-accel-redirect"
    answer = Asking(charlie).ask("GET", at(store(b"x")))
    assert answer.status == 404
    assert "x-accel-redirect" not in answer.headers


def test_states_are_kept_where_others_send(store: Storing, alice: User, settings: Settings) -> None:
    settings.FILES_SENT_BY = "x-accel-redirect"
    file = store(b"x")
    states.quarantine(file.blob_id)
    answer = Asking(alice).ask("GET", at(file))
    assert answer.status == 403
    assert "x-accel-redirect" not in answer.headers


def test_last_modified_is_when_the_file_was_changed(store: Storing, alice: User) -> None:
    file = store(b"x")
    File.objects.update(changed=datetime.datetime(2024, 2, 29, 12, 0, 1, 999, datetime.UTC))
    assert Asking(alice).ask("GET", at(file))["last-modified"] == "Thu, 29 Feb 2024 12:00:01 GMT"


# --- in a bucket ------------------------------------------------------------------------------------------------------


def test_what_lies_in_a_bucket_comes_through_the_site(store: Storing, alice: User, bucket: S3Server) -> None:
    file, here = store(bytes(range(256)) * 4_000), Asking(alice)
    assert file.blob.place == "s3"
    assert here.ask("GET", at(file)).body == bytes(range(256)) * 4_000
    assert here.ask("GET", at(file), range="bytes=300-302").body == bytes([44, 45, 46])
    assert here.ask("GET", at(file), range="bytes=0-0,-1").status == 206


def test_or_browsers_are_led_to_it_for_a_minute(
    store: Storing, alice: User, bucket: S3Server, settings: Settings
) -> None:
    settings.S3_DOWNLOADS = "redirect"
    file, here = store(HTML, "pagé.html"), Asking(alice)
    answer = here.ask("GET", at(file))
    assert (answer.status, answer["cache-control"], answer["referrer-policy"]) == (
        302,
        "private, no-store",
        "no-referrer",
    )
    address = answer["location"]
    query = parse_qs(urlsplit(address).query)
    assert query.get("X-Amz-Expires", ["60"]) == ["60"]
    with urllib.request.urlopen(address, timeout=20) as found:
        assert found.read() == HTML
        assert found.headers["Content-Type"] == "application/octet-stream"
        assert found.headers["Content-Disposition"].startswith("attachment; ")
    # A script of a page could not follow there, and what is shown is shown from here.
    assert here.ask("GET", at(file), sec_fetch_dest="empty").body == HTML
    assert here.ask("GET", at(store(PNG, "a.png"))).body == PNG


def test_nobody_is_led_to_what_is_not_theirs_or_is_in_quarantine(
    store: Storing, alice: User, charlie: User, bucket: S3Server, settings: Settings
) -> None:
    settings.S3_DOWNLOADS = "redirect"
    file = store(HTML)
    assert Asking(charlie).ask("GET", at(file)).status == 404
    states.quarantine(file.blob_id)
    assert Asking(alice).ask("GET", at(file)).status == 403


def test_while_the_bucket_is_away_it_is_said_so_before_anything_is_sent(
    store: Storing, alice: User, bucket: S3Server
) -> None:
    file = store(HTML)
    bucket.program.stop()
    answer = Asking(alice).ask("GET", at(file))
    assert answer.status == 503
    assert "retry-after" in answer.headers
