"""What players tell the site, history and figures: for whom they are, and what is refused."""

import datetime
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meatlizard.accounts.models import User
from tests.video.audiences import view
from tests.video.rows import ready
from video import player_settings
from video.models import HourFigures, Video, Viewing, Watched
from video.watching import audience, beats, history, sums

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


@pytest.fixture
def film(alice: User) -> Video:
    return ready(alice, duration=100.0)


def browser(user: User | None = None, agent: str = FIREFOX, address: str = "192.0.2.1") -> Client:
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    if user is not None:
        client.force_login(user)
    return client


def session(video: Video, user: User | None = None, ago: int = 60, referrer: str = "", monkeypatch: Any = None) -> str:
    """As a page has it that was opened a while ago."""
    now = timezone.now().timestamp() - ago
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: now)
        return beats.sign(video.pk.hex, user.pk if user else None, referrer)


def tell(client: Client, video: Video, signed: str, content_type: str = "application/json", **said: Any) -> int:
    body = {"session": signed, "position": 12.0, "watched": [[0, 12]], "height": 720, "rate": 1, "ended": False} | said
    path = reverse("video:watching", args=[video.slug])
    return client.post(path, json.dumps(body), content_type=content_type).status_code


@pytest.mark.both_databases
def test_a_member_is_counted_and_goes_on_where_they_left_off(film: Video, bob: User) -> None:
    assert tell(browser(bob), film, session(film, bob, referrer="example.org")) == 204
    film.refresh_from_db()
    assert film.views == 1 and history.position_of(bob, film) == 12.0
    row = Viewing.objects.get()
    assert (row.browser, row.system, row.device, row.referrer, row.height) == (
        "Firefox",
        "Linux",
        "desktop",
        "example.org",
        720,
    )


def test_a_beacon_is_text_and_comes_without_a_token(film: Video, bob: User) -> None:
    client = Client(enforce_csrf_checks=True, headers={"user-agent": FIREFOX})
    client.force_login(bob)
    assert tell(client, film, session(film, bob), content_type="text/plain;charset=UTF-8") == 204
    assert Watched.objects.get().user == bob


def test_a_guest_is_known_by_a_cookie_and_keeps_no_position_here(film: Video) -> None:
    client = browser()
    for _ in range(3):
        # A page opened anew has another session, and is of the same browser.
        assert tell(client, film, session(film)) == 204
    film.refresh_from_db()
    assert film.views == 1 and not Watched.objects.exists() and Viewing.objects.count() == 1
    assert client.cookies[audience.COOKIE]["httponly"] and "192.0.2.1" not in str(Viewing.objects.values().get())


@pytest.mark.usefixtures("one_window")
def test_a_program_that_drops_its_cookies_counts_ten_at_most(film: Video) -> None:
    for _ in range(14):
        assert tell(browser(), film, session(film)) == 204
    film.refresh_from_db()
    assert film.views == 10
    assert tell(browser(address="192.0.2.77"), film, session(film)) == 204
    film.refresh_from_db()
    assert film.views == 11


def test_owner_and_bot_are_no_views(film: Video, alice: User) -> None:
    assert tell(browser(alice), film, session(film, alice)) == 204
    assert tell(browser(agent="Googlebot/2.1"), film, session(film)) == 204
    film.refresh_from_db()
    found = HourFigures.objects.get()
    assert (film.views, found.views, found.own, found.bots) == (0, 0, 1, 1)


def test_what_jumps_beyond_the_ends_is_cut(film: Video, bob: User) -> None:
    assert (
        tell(browser(bob), film, session(film, bob), position=1e8, watched=[[-50, 5], [90, 1e9], [7, 3]], ended=True)
        == 204
    )
    assert Viewing.objects.get().covered == [[0.0, 5.0], [90.0, 100.0]]
    assert Watched.objects.get().position == 100.0 and history.position_of(bob, film) == 0.0


@pytest.mark.parametrize(
    "said",
    [
        {"watched": "all"}, {"watched": [[0]]}, {"watched": [[0, "x"]]}, {"watched": [[0, 1]] * 65}, {"position": None},
        {"position": float("nan")}, {"position": float("inf")}, {"rate": -1}, {"rate": 0}, {"height": -3}, {"height": 1e12}, {"more": 1},
        {"session": 5}, {"session": "x" * 500}, {"session": "forged"}, {"watched": [[0, 1e300]]},
    ],
)  # fmt: skip
def test_garbage_is_refused(film: Video, bob: User, said: dict[str, Any]) -> None:
    assert tell(browser(bob), film, session(film, bob), **said) == 400
    assert not Viewing.objects.exists() and not Watched.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff\x00", b"[" * 5_000, b'{"session":"' + b"x" * 9_000 + b'"}', b'"' + b"9" * 8_000]
)
def test_what_is_no_json_of_a_player_is_refused(film: Video, body: bytes) -> None:
    path = reverse("video:watching", args=[film.slug])
    assert browser().post(path, body, content_type="text/plain").status_code == 400
    assert browser().get(path).status_code == 405


def test_nobody_writes_into_anothers_session(film: Video, alice: User, bob: User, charlie: User) -> None:
    of_bob = session(film, bob)
    assert tell(browser(charlie), film, of_bob) == 403
    assert tell(browser(), film, of_bob) == 403
    other = ready(alice, "Another")
    assert tell(browser(bob), other, of_bob) == 400
    old = session(film, bob, ago=int((beats.VALID + datetime.timedelta(minutes=1)).total_seconds()))
    assert tell(browser(bob), film, old) == 400
    assert not Viewing.objects.exists()
    # A guest's page that another site has sent from a member's browser is nobody's history.
    assert tell(browser(bob), film, session(film)) == 204 and not Watched.objects.exists()


@pytest.mark.usefixtures("one_window")
def test_too_many_beats_are_refused(film: Video, bob: User) -> None:
    signed = session(film, bob)
    answers = [tell(browser(bob), film, signed) for _ in range(125)]
    assert answers[:120] == [204] * 120 and answers[120:] == [429] * 5


def test_a_private_video_hears_strangers_as_little_as_none(alice: User, charlie: User) -> None:
    film = ready(alice, privacy=Video.Privacy.PRIVATE, duration=100.0)
    for client, user in ((browser(charlie), charlie), (browser(), None)):
        assert tell(client, film, session(film, user)) == 404
    assert tell(browser(alice), film, session(film, alice)) == 204


def test_the_player_is_told_where_to_go_on(film: Video, bob: User, rf: Any) -> None:
    history.stand_at(bob, film, 42.0, ended=False, duration=100.0)
    request = rf.get("/", headers={"referer": "https://www.example.org/page?secret=1"})
    request.user, request.session = bob, {}
    told = player_settings.of(film, request)
    assert told["position"] == 42.0 and told["watching"] == f"/v/{film.slug}/watching"
    assert beats.opened(told["session"], film.pk.hex).referrer == "example.org"


def test_history_is_paused_cleared_and_ones_own(film: Video, alice: User, bob: User) -> None:
    client, change = browser(bob), reverse("video:history-change")
    assert tell(client, film, session(film, bob)) == 204
    page = client.get(reverse("video:history")).content.decode()
    assert page.count(f"/v/{film.slug}/") >= 2 and "Continue watching" in page
    assert film.slug not in browser(alice).get(reverse("video:history")).content.decode()
    client.post(change, {"do": "remove", "video": film.slug})
    assert not Watched.objects.exists()
    client.post(change, {"do": "pause"})
    assert tell(client, film, session(film, bob), watched=[[20, 30]]) == 204 and not Watched.objects.exists()
    client.post(change, {"do": "resume"})
    tell(client, film, session(film, bob))
    client.post(change, {"do": "clear"})
    assert not Watched.objects.exists()
    assert browser().get(reverse("video:history")).status_code == 302


def test_what_became_private_is_not_in_others_history(film: Video, bob: User) -> None:
    history.stand_at(bob, film, 42.0, ended=False, duration=100.0)
    Video.objects.update(privacy=Video.Privacy.PRIVATE, title="Now a secret")
    page = browser(bob).get(reverse("video:history")).content.decode()
    assert "Now a secret" not in page and film.slug not in page


def test_figures_are_the_owners(film: Video, alice: User, charlie: User) -> None:
    view(film, "guest a", browser="=cmd()", referrer="example.org")
    sums.add_traffic({film.pk: 3_000_000})
    for name in ("analytics", "analytics-csv"):
        path = reverse(f"video:{name}", args=[film.slug])
        assert browser(charlie).get(path).status_code == 403
        assert browser().get(path).status_code == 302
        assert browser(alice).get(path).status_code == 200
    page = browser(alice).get(reverse("video:analytics", args=[film.slug]) + "?days=7").content.decode()
    assert "example.org" in page and page.count("<svg") == 3 and "0:10" in page
    table = browser(alice).get(reverse("video:analytics-csv", args=[film.slug])).content.decode()
    assert (
        "referrer,example.org,1" in table and "'=cmd()" in table and "bytes," in table and "retention,0,100.0" in table
    )
    Video.objects.update(privacy=Video.Privacy.PRIVATE)
    assert browser(charlie).get(reverse("video:analytics", args=[film.slug])).status_code == 404


@pytest.mark.parametrize("days", ["x", "-1", "99999999", "13", "0", "1", "365"])
def test_any_span_opens(film: Video, alice: User, days: str) -> None:
    view(film)
    assert browser(alice).get(reverse("video:analytics", args=[film.slug]), {"days": days}).status_code == 200


@pytest.mark.parametrize("after", ["x", "eA", "MjAyNi0xMS0yOSA1", "NSA1"])
def test_a_made_up_place_in_a_list_is_refused(bob: User, after: str) -> None:
    assert browser(bob).get(reverse("video:history"), {"after": after}).status_code == 400
