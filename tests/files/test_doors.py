"""Who comes in at the doors ahead of Django, and what the others are told."""

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from pytest_django import Settings

from files.asgi import doors, who
from files.asgi.asked import Asked
from meatlizard.accounts.models import User
from meatlizard.api import registry
from meatlizard.errors import NotFound
from meatlizard.ops import switches
from meatlizard.threads import close_thread_connections, in_database
from tests.files.asking import BREAKS_OFF, Asking, key_for

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/files/test-door/"


@pytest.fixture(autouse=True)
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A door that says who has come and how much was brought; reading with GET, writing with PUT."""

    async def answering(asked: Asked) -> None:
        if asked.part["what"] == "broken":
            raise RuntimeError("broken inside")
        if asked.part["what"] == "missing":
            raise NotFound(_("This file does not exist, or is not yours."))
        writing = asked.method == "PUT"
        found = await in_database(who.identify, asked, who.WRITE if writing else who.READ, writing=writing)
        if found.user is None and found.grant is None:
            raise who.unknown()
        size = 0
        async for piece in asked.pieces():
            size += len(piece)
        name = found.user.get_username() if found.user else ""
        said = {"user": name, "size": size, "grant": found.grant.mark if found.grant else ""}
        await asked.answer(200, body=json.dumps(said).encode())

    cache.clear()
    monkeypatch.setattr(doors, "_doors", dict(doors._doors))
    monkeypatch.setattr(who, "_recognisers", [])
    monkeypatch.setattr(registry, "_scopes", registry.scopes() | {who.READ: "read", who.WRITE: "write"})
    doors.open_door(r"/files/test-door/(?P<what>\w*)", answering, methods=frozenset({"GET", "HEAD", "PUT"}))
    yield
    close_thread_connections()


def told(answer: Any) -> dict[str, Any]:
    assert answer.status == 200, answer
    found: dict[str, Any] = json.loads(answer.body)
    return found


def code(answer: Any) -> str:
    return str(json.loads(answer.body)["error"]["code"])


def test_who_is_signed_in_reads_and_writes(alice: User) -> None:
    here = Asking(alice)
    assert told(here.ask("GET", PATH))["user"] == "alice"
    assert told(here.ask("PUT", PATH, [b"ab", b"", b"cde"])) == {"user": "alice", "size": 5, "grant": ""}


def test_every_answer_is_kept_by_no_cache_and_runs_nowhere(alice: User) -> None:
    answer = Asking(alice).ask("GET", PATH)
    assert answer["cache-control"] == "private, no-store"
    assert answer["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer["content-security-policy"]
    assert answer["x-request-id"]


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://testserver.evil.example", "https://testserver"]
)
def test_a_page_of_another_site_writes_nothing_in_somebodys_name(alice: User, origin: str | None) -> None:
    here = Asking(alice)
    answer = here.ask("PUT", PATH, b"x", origin=origin)
    assert (answer.status, code(answer)) == (403, "csrf")
    assert here.ask("GET", PATH, origin=origin).status == 200


def test_the_method_told_apart_counts_for_the_origin_too(alice: User) -> None:
    answer = Asking(alice).ask("GET", PATH, origin="https://evil.example", x_http_method_override="PUT")
    assert code(answer) == "csrf"


def test_a_key_acts_without_an_origin_for_what_it_may(alice: User) -> None:
    here = Asking(key=key_for(alice, who.READ, who.WRITE))
    assert told(here.ask("PUT", PATH, b"x"))["user"] == "alice"
    assert told(Asking().ask("GET", PATH, x_api_key=key_for(alice, who.READ)))["user"] == "alice"
    reader = Asking(key=key_for(alice, who.READ)).ask("PUT", PATH, b"x")
    assert (reader.status, code(reader)) == (403, "scope_missing")


def test_a_wrong_key_is_refused_even_beside_a_good_cookie(alice: User) -> None:
    answer = Asking(alice).ask("GET", PATH, authorization="Bearer mlk_wrong")
    assert (answer.status, answer["www-authenticate"], code(answer)) == (401, "Bearer", "key_refused")


def test_who_is_not_known_is_told_what_to_send(alice: User) -> None:
    answer = Asking().ask("GET", PATH)
    assert (answer.status, answer["www-authenticate"]) == (401, "Bearer")
    assert "Authorization" in json.loads(answer.body)["error"]["message"]


def test_a_guest_in_a_browser_is_sent_to_sign_in() -> None:
    answer = Asking().ask("GET", f"{PATH}x", accept="text/html")
    assert (answer.status, answer["location"]) == (302, f"/accounts/login/?next={PATH}x")


@pytest.mark.parametrize(
    "cookie", ["sessionid=", "sessionid=nosuchsessionatallanywhere12345", 'sessionid="\\', "sessionid=\x80"]
)
def test_a_cookie_that_is_none_is_nobodys(cookie: str) -> None:
    assert Asking().ask("GET", PATH, cookie=cookie).status == 401


def test_a_suspended_person_is_shut_out_with_cookie_and_key(alice: User) -> None:
    by_key = Asking(key=key_for(alice, who.READ))
    here = Asking(alice)
    User.objects.filter(pk=alice.pk).update(suspended_until=timezone.now() + datetime.timedelta(days=1))
    for answer in (here.ask("PUT", PATH, b"x"), here.ask("GET", PATH), by_key.ask("GET", PATH)):
        assert (answer.status, code(answer)) == (403, "suspended")


def test_a_deactivated_person_is_nobody(alice: User) -> None:
    here = Asking(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert here.ask("GET", PATH).status == 401


def test_nothing_is_written_during_maintenance_but_by_operators(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switches, "_state", switches.State(maintenance="hard"))
    answer = Asking(alice).ask("PUT", PATH, b"x")
    assert (answer.status, code(answer)) == (503, "maintenance")
    assert answer["retry-after"]
    assert Asking(alice).ask("GET", PATH).status == 200
    assert Asking(olga).ask("PUT", PATH, b"x").status == 200


def test_a_session_that_an_old_secret_signed_stays_as_it_is(alice: User, settings: Settings) -> None:
    here = Asking(alice)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret of the same site"
    for _time in range(2):
        assert here.ask("GET", PATH).status == 200


def test_a_grant_lets_a_guest_write_and_needs_no_origin(alice: User) -> None:
    class Link:
        mark = "upload abc"

    who.recognise(lambda asked, user: Link() if asked.headers.get("x-upload-link") == "abc" else None)
    assert told(Asking().ask("PUT", PATH, b"xy", x_upload_link="abc")) == {"user": "", "size": 2, "grant": "upload abc"}
    assert Asking().ask("PUT", PATH, b"xy", x_upload_link="abd").status == 401


def test_who_breaks_off_gets_no_answer_and_no_trouble(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    assert Asking(alice).ask("PUT", PATH, [b"ab", BREAKS_OFF]).status == 0
    assert not caplog.records


def test_what_breaks_inside_is_said_in_one_neutral_word(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    answer = Asking(alice).ask("PUT", f"{PATH}broken", b"x")
    assert answer.status == 500
    assert b"broken inside" not in answer.body
    assert any(record.getMessage() == "files.door_failed" for record in caplog.records)


def test_other_methods_and_paths_are_djangos(alice: User) -> None:
    assert Asking(alice).ask("DELETE", PATH).status == 404
    assert Asking(alice).ask("GET", "/files/no/such/door").status == 404


def test_under_a_foreign_name_nothing_is_answered(alice: User) -> None:
    assert Asking(alice).ask("GET", PATH, host="evil.example").status == 400
    assert Asking(alice).ask("PUT", PATH, b"body", host="evil.example").status == 400


def test_in_the_clear_nothing_is_answered_where_all_is_encrypted(alice: User, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    here = Asking(alice)
    assert here.ask("GET", PATH).status == 301
    assert here.ask("PUT", PATH, b"body").status == 400


def test_refusals_are_said_in_the_visitors_language(settings: Settings) -> None:
    async def wanted(asked: Asked) -> None:
        from django.utils.translation import get_language

        await asked.answer(200, body=(await sync_to_async(get_language)() or "").encode())

    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    doors.open_door(r"/files/language", wanted)
    assert Asking().ask("GET", "/files/language", accept_language="de").body == b"de"


def test_long_and_odd_methods_are_no_trouble(alice: User) -> None:
    assert Asking(alice).ask("POST", PATH, b"", x_http_method_override="X" * 5_000).status in (403, 404, 405)
    assert Asking(alice).ask("POST", PATH, b"", x_http_method_override="put").status == 200
