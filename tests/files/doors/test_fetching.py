"""What the site fetches for people: from public machines alone, bounded, cancelled at once, and taken up again after a crash."""

import datetime
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from files.doors import bringing, fetching
from files.doors.receiving import Intake
from files.models import Fetch, File, Folder, Reservation
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached
from meatlizard.security.fetch import Fetcher, Opened
from meatlizard.storage.actions import used_by
from tests.fakes.web_site import Canary, page, serving

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def site() -> Iterator[Canary]:
    with serving(Canary()) as running:
        yield running


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site on this machine counts as a public one."""

    def fetcher(most: int) -> Fetcher:
        return Fetcher(
            allowed=lambda address: address == "127.0.0.1", ports=lambda scheme, port: True, seconds=20, most=most
        )

    monkeypatch.setattr(bringing, "fetcher", fetcher)


def fetched(owner: User, url: str, folder: Folder | None = None) -> Fetch:
    row = fetching.begin(owner, folder, url)
    claimed = fetching.claim()
    assert claimed is not None and claimed.pk == row.pk
    _run(claimed)
    row.refresh_from_db()
    return row


def _run(fetch: Fetch) -> None:
    """Without closing the connection of the test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("files.doors.bringing.close_old_connections", lambda: None)
        bringing.run(fetch)


def left(settings: Settings, owner: User) -> tuple[int, int, int]:
    """Bytes on their way, rooms set aside, bytes in use."""
    folder = Path(settings.INCOMING_DIR)
    return len(list(folder.iterdir())) if folder.exists() else 0, Reservation.objects.count(), used_by(owner)


@pytest.mark.usefixtures("reachable")
def test_what_lies_at_an_address_becomes_a_file(site: Canary, alice: User, settings: Settings) -> None:
    site.pages["/a"] = page(
        b"lizards", Content_Disposition="attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt", Content_Length="7"
    )
    folder = Folder.objects.create(owner=alice, name="box")
    row = fetched(alice, f"http://127.0.0.1:{site.port}/a", folder)
    file = File.objects.get()
    assert (row.state, row.file, row.got, row.size, row.words) == ("done", file, 7, 7, "")
    assert (file.name, file.folder, file.owner, file.size) == ("Grüße.txt", folder, alice, 7)
    assert left(settings, alice) == (0, 0, 7)
    assert "cookie" not in {name.lower() for name in site.asked[0][1]}


@pytest.mark.parametrize(
    ("disposition", "url", "media_type", "name"),
    [
        ("attachment; filename=a.txt", "http://x/b.png", "", "a.txt"),
        ('attachment; filename="../../etc/passwd"', "http://x/b", "", "passwd"),
        ('attachment; filename="C:\\\\a\\\\b.txt"', "http://x/b", "", "b.txt"),
        ("attachment; filename=Gr\u00c3\u00bc\u00c3\u009fe.txt", "http://x/b", "", "Grüße.txt"),
        ("inline", "http://x/a/b%20c.tar.gz?x=/y/z", "", "b c.tar.gz"),
        ("", "http://x/photo", "image/png", "photo.png"),
        ("", "http://example.org/", "text/html", "example.org.html"),
        ("attachment; filename=", "http://x/%2e%2e%2fb", "", "b"),
        ("garbage;;;=", "http://x/c.txt", "text/plain", "c.txt"),
    ],
)
def test_its_name_is_what_the_server_or_the_address_says(
    disposition: str, url: str, media_type: str, name: str
) -> None:
    assert bringing.name_of(Opened(url, media_type, disposition, None)) == name


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://2130706433:{port}/", "http://0x7f.1/",
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://127.0.0.1/",
        "http://user:secret@127.0.0.1/",
    ],
)  # fmt: skip
def test_into_networks_that_are_not_public_nothing_is_asked(
    url: str, site: Canary, alice: User, settings: Settings
) -> None:
    row = fetched(alice, url.format(port=site.port))
    assert row.state == "failed" and row.words and not File.objects.exists()
    assert site.came == 0 and left(settings, alice) == (0, 0, 0)


def test_nor_where_a_public_site_leads_there(
    site: Canary, alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first address counts as public, the one it leads to does not."""
    first = Canary()
    first.pages["/"] = page(b"", 302, Location=f"http://inside.test:{site.port}/secret")
    names = {"outside.test": "127.0.0.1", "inside.test": "127.0.0.2"}
    monkeypatch.setattr(
        bringing, "fetcher",
        lambda most: Fetcher(resolve=lambda host, port: [names[host]], allowed=lambda address: address == "127.0.0.1", ports=lambda *_: True, most=most),
    )  # fmt: skip
    with serving(first):
        row = fetched(alice, f"http://outside.test:{first.port}/")
    assert row.state == "failed" and "not public" in row.words and site.came == 0
    assert left(settings, alice) == (0, 0, 0)


@pytest.mark.parametrize(
    "url", ["", "ftp://x/", "file:///etc/passwd", "javascript:x", "//x", "http://" + "x" * 2_100, "http://x/\x00"]
)
def test_what_is_no_address_of_the_web_is_refused_at_once(url: str, alice: User) -> None:
    with pytest.raises(Invalid):
        fetching.begin(alice, None, url)


def test_an_operator_can_switch_it_off(alice: User, settings: Settings) -> None:
    settings.FETCH_LINKS = False
    with pytest.raises(Forbidden):
        fetching.begin(alice, None, "http://example.org/")


@pytest.mark.usefixtures("reachable")
@pytest.mark.parametrize("headers", [{"Content_Length": "3000"}, {}])
def test_there_must_be_room(headers: dict[str, str], site: Canary, alice: User, settings: Settings) -> None:
    type(alice.tier).objects.filter(pk=alice.tier_id).update(storage_bytes=1_000)
    site.pages["/a"] = page(b"x" * 3_000, **headers)
    row = fetched(alice, f"http://127.0.0.1:{site.port}/a")
    assert row.state == "failed" and row.words and left(settings, alice) == (0, 0, 0)


@pytest.mark.usefixtures("reachable")
def test_what_unpacks_itself_unpacks_no_further_than_there_is_room(
    site: Canary, alice: User, settings: Settings
) -> None:
    type(alice.tier).objects.filter(pk=alice.tier_id).update(storage_bytes=5_000_000)
    site.pages["/a"] = page(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
    row = fetched(alice, f"http://127.0.0.1:{site.port}/a")
    assert row.state == "failed" and left(settings, alice) == (0, 0, 0)


@pytest.mark.usefixtures("reachable")
def test_what_breaks_off_is_no_file(site: Canary, alice: User, settings: Settings) -> None:
    site.pages["/a"] = page(b"half", Content_Length="8")
    row = fetched(alice, f"http://127.0.0.1:{site.port}/a")
    assert row.state == "failed" and not File.objects.exists() and left(settings, alice) == (0, 0, 0)


@pytest.mark.usefixtures("reachable")
def test_a_status_is_said_in_words(site: Canary, alice: User) -> None:
    site.pages["/a"] = page(b"no", 404)
    assert "404" in fetched(alice, f"http://127.0.0.1:{site.port}/a").words


def test_one_that_is_cancelled_stops_with_the_next_bytes(alice: User, settings: Settings) -> None:
    now = [0.0]
    claimed = _claimed(alice)
    one = bringing.Bringing(claimed, clock=lambda: now[0])
    one.opened(Opened("http://x/a", "", "", None))
    one.take(b"some")
    assert fetching.cancel(claimed)
    now[0] = 1.0
    with pytest.raises(bringing.Stopped):
        one.take(b"more")
    assert one.intake is not None
    one.intake.drop()
    assert left(settings, alice) == (0, 0, 0)
    assert not fetching.cancel(claimed)


@pytest.mark.usefixtures("reachable")
def test_one_that_is_cancelled_at_the_very_end_is_no_file(site: Canary, alice: User, settings: Settings) -> None:
    def cancelled(visit: Any) -> None:
        page(b"lizards", Content_Length="7")(visit)

    site.pages["/a"] = cancelled
    row = fetching.begin(alice, None, f"http://127.0.0.1:{site.port}/a")
    claimed = fetching.claim()
    assert claimed is not None
    storing = Intake.store

    def late(intake: Intake, also: Callable[[File], None]) -> File:
        fetching.cancel(row)
        return storing(intake, also)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Intake, "store", late)
        _run(claimed)
    row.refresh_from_db()
    assert row.state == "cancelled" and not File.objects.exists() and left(settings, alice) == (0, 0, 0)


def test_one_that_drips_is_given_up(alice: User) -> None:
    now = [0.0]
    one = bringing.Bringing(_claimed(alice), clock=lambda: now[0])
    one.opened(Opened("http://x/a", "", "", None))
    now[0] = 50.0
    one.take(b"x")
    now[0] = 70.0
    with pytest.raises(Invalid, match="slowly"):
        one.take(b"x")


def _claimed(owner: User) -> Fetch:
    fetching.begin(owner, None, "http://example.org/a")
    claimed = fetching.claim()
    assert claimed is not None
    return claimed


def test_nobody_takes_all_the_places(alice: User, bob: User) -> None:
    for number in range(3):
        fetching.begin(alice, None, f"http://example.org/{number}")
    fetching.begin(bob, None, "http://example.org/bob")
    owners = [claimed.owner for claimed in iter(fetching.claim, None)]
    assert owners == [alice, alice, bob]


def test_what_a_killed_process_held_comes_again_three_times(alice: User) -> None:
    claimed = _claimed(alice)
    assert fetching.claim() is None
    for _try in range(2):
        Fetch.objects.update(beat=timezone.now() - fetching.LOST - datetime.timedelta(seconds=1))
        again = fetching.claim()
        assert again is not None and again.pk == claimed.pk
        # Whoever held it before finds out.
        assert not fetching.came(claimed, 1)
        claimed = again
    Fetch.objects.update(beat=timezone.now() - fetching.LOST - datetime.timedelta(seconds=1))
    assert fetching.claim() is None
    assert Fetch.objects.get().state == "failed"


def test_a_process_that_ends_gives_back_what_it_brings(alice: User) -> None:
    claimed = _claimed(alice)
    fetching.put_back(claimed.pk, claimed.tries)
    assert not fetching.came(claimed, 1)
    again = fetching.claim()
    assert again is not None and again.tries == 1


def test_only_so_many_at_once(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST", 2)
    for number in range(2):
        fetching.begin(alice, None, f"http://example.org/{number}")
    with pytest.raises(LimitReached):
        fetching.begin(alice, None, "http://example.org/3")


# --- pages ---


@pytest.fixture
def browser(alice: User) -> Client:
    found = Client()
    found.force_login(alice)
    return found


def test_the_page_begins_follows_and_cancels(browser: Client, alice: User) -> None:
    begun = browser.post("/files/fetches/", {"url": "http://example.org/a"})
    assert begun.status_code == 201
    key = begun.json()["fetch"]["id"]
    assert [(one["id"], one["state"]) for one in browser.get("/files/fetches/").json()["fetches"]] == [(key, "waiting")]
    assert browser.post(f"/files/fetches/{key}/cancel/").json()["fetch"]["state"] == "cancelled"
    assert (
        browser.post("/files/fetches/", {"url": "nonsense"}, headers={"accept": "application/json"}).json()["error"][
            "code"
        ]
        == "not_fetched"
    )


def test_a_stranger_sees_none_of_it_and_a_guest_signs_in(browser: Client, charlie: User, alice: User) -> None:
    key = browser.post("/files/fetches/", {"url": "http://example.org/a"}).json()["fetch"]["id"]
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get("/files/fetches/").json() == {"fetches": []}
    assert stranger.post(f"/files/fetches/{key}/cancel/").status_code == 404
    own = Folder.objects.create(owner=alice, name="own")
    assert stranger.post("/files/fetches/", {"url": "http://example.org/", "folder": str(own.pk)}).status_code == 404
    assert Fetch.objects.get().state == "waiting"
    guest = Client()
    for answer in (
        guest.get("/files/fetches/"),
        guest.post(f"/files/fetches/{key}/cancel/"),
        guest.get("/files/programs/"),
    ):
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]
