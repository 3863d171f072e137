"""Keys: Alice makes one, a program shows it, Charlie has nothing to do with it."""

import datetime
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.api import actions, authentication, registry
from meatlizard.api.models import ApiKey
from meatlizard.errors import Invalid, LimitReached
from meatlizard.ops import actions as ops
from tests.meatlizard.api.keys import Program, program_of
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

OWN = "/api/v1/key"
PAGE = "/api/keys/"


@pytest.fixture(autouse=True)
def _scopes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    monkeypatch.setattr(registry, "_scopes", {"things:read": "read things", "things:write": "change things"})
    yield
    cache.clear()


def signed_in(user: User) -> Client:
    """With the password confirmed a moment ago."""
    client = Client()
    client.force_login(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def stamp(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_key_is_shown_once_and_only_its_hash_stays(alice: User) -> None:
    page = signed_in(alice).post(PAGE, {"name": "my laptop", "scopes": ["things:read"], "days": "30"})
    row = ApiKey.objects.get()
    secret = page.context["secret"]
    assert page.status_code == 200 and secret.encode() in page.content
    assert secret.startswith("mlk_") and len(secret) >= 40 and row.prefix == secret[:10]
    assert secret not in str(ApiKey.objects.values().get()) and row.key_hash != secret
    assert row.allowed == ["things:read"] and row.expires is not None
    assert datetime.timedelta(days=29) < row.expires - timezone.now() <= datetime.timedelta(days=30)
    assert secret.encode() not in signed_in(alice).get(PAGE).content
    assert Program(secret).get(OWN).json() == {
        "name": "my laptop", "owner": "alice", "prefix": row.prefix, "scopes": ["things:read"],
        "created": stamp(row.created), "expires": stamp(row.expires),
    }  # fmt: skip


def test_an_old_session_is_asked_for_the_password_first(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get(PAGE).status_code == 200
    asked = client.post(PAGE, {"name": "found browser", "scopes": ["things:read"]})
    assert asked.status_code == 302 and "reauthenticate" in asked["Location"] and not ApiKey.objects.exists()
    wrong = client.post(asked["Location"], {"password": "guess", "next": PAGE})
    assert wrong.status_code == 200 and not ApiKey.objects.exists()
    made = client.post(asked["Location"], {"password": PASSWORD, "next": PAGE})
    assert made.context["secret"] and ApiKey.objects.get().name == "found browser"


def test_a_guest_is_sent_to_sign_in() -> None:
    for answer in (Client().get(PAGE), Client().post(PAGE), Client().post("/api/keys/1/revoke/")):
        assert answer.status_code == 302 and "/login/" in answer["Location"]


def test_both_headers_are_understood(alice: User) -> None:
    _row, secret = actions.create_key(alice, "x", ["things:read"])
    assert Client().get(OWN, HTTP_X_API_KEY=secret).json()["owner"] == "alice"
    assert Client().get(OWN, HTTP_AUTHORIZATION=f"bearer  {secret} ").json()["owner"] == "alice"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "key_missing"),
        ({"HTTP_AUTHORIZATION": "Bearer mlk_wrong"}, "key_refused"),
        ({"HTTP_AUTHORIZATION": "Bearer "}, "key_refused"),
        ({"HTTP_AUTHORIZATION": "Basic YTpi"}, "key_missing"),
        ({"HTTP_X_API_KEY": "\udce9\x00'; DROP"}, "key_refused"),
        ({"HTTP_X_API_KEY": ""}, "key_missing"),
    ],
)
def test_without_a_key_that_works_nobody_is_known(headers: dict[str, str], code: str) -> None:
    answer = Client().get(OWN, **headers)  # type: ignore[arg-type]
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == code


def test_a_session_is_no_key(alice: User) -> None:
    """Else a page of another site could act with the cookie."""
    client = Client()
    client.force_login(alice)
    assert client.get(OWN).status_code == 401


def test_what_ended_a_key_shuts_its_program_out(alice: User, bob: User) -> None:
    revoked, over, kept = (actions.create_key(alice, name, ["things:read"]) for name in ("a", "b", "c"))
    signed_in(alice).post(f"/api/keys/{revoked[0].pk}/revoke/")
    ApiKey.objects.filter(pk=over[0].pk).update(expires=timezone.now() - datetime.timedelta(seconds=1))
    assert Program(revoked[1]).get(OWN).status_code == 401
    assert Program(over[1]).get(OWN).status_code == 401
    assert Program(kept[1]).get(OWN).status_code == 200
    User.objects.filter(pk=alice.pk).update(suspended_until=timezone.now() + datetime.timedelta(days=1))
    refused = Program(kept[1]).get(OWN)
    assert refused.status_code == 403 and refused.json()["error"]["code"] == "suspended"
    User.objects.filter(pk=alice.pk).update(suspended_until=None, is_active=False)
    assert Program(kept[1]).get(OWN).status_code == 401


def test_a_stranger_revokes_nothing(alice: User, charlie: User) -> None:
    row, secret = actions.create_key(alice, "hers", ["things:read"])
    assert signed_in(charlie).post(f"/api/keys/{row.pk}/revoke/").status_code == 404
    assert "hers" not in signed_in(charlie).get(PAGE).content.decode()
    assert Program(secret).get(OWN).status_code == 200
    assert signed_in(alice).post(f"/api/keys/{row.pk}/revoke/").status_code == 302
    assert not ApiKey.objects.exists()


def test_unusable_values_are_refused(alice: User) -> None:
    for name, scopes, days in [
        ("", ["things:read"], 1), (" \n", ["things:read"], 1), ("x" * 101, ["things:read"], 1), ("x", [], 1),
        ("x", ["things:everything"], 1), ("x", ["things:read"], 0), ("x", ["things:read"], 3_651),
    ]:  # fmt: skip
        with pytest.raises(Invalid):
            actions.create_key(alice, name, scopes, days)
    page = signed_in(alice).post(PAGE, {"name": "", "scopes": ["nonsense"], "days": "-1"})
    assert page.status_code == 400 and not ApiKey.objects.exists()


def test_there_is_an_end_to_keys(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_KEYS", 2)
    for _ in range(2):
        actions.create_key(alice, "x", ["things:read"])
    with pytest.raises(LimitReached):
        actions.create_key(alice, "x", ["things:read"])


def test_the_last_use_is_noted_once_a_minute(alice: User) -> None:
    row, secret = actions.create_key(alice, "x", ["things:read"])
    Program(secret).get(OWN)
    row.refresh_from_db()
    first = row.last_used
    assert first is not None
    Program(secret).get(OWN)
    row.refresh_from_db()
    assert row.last_used == first
    ApiKey.objects.update(last_used=first - datetime.timedelta(minutes=2))
    Program(secret).get(OWN)
    row.refresh_from_db()
    assert row.last_used is not None and row.last_used >= first


@pytest.mark.usefixtures("one_window")
def test_rates_are_of_a_key_and_of_wrong_keys_from_an_address(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "RATE", "2/m")
    monkeypatch.setattr(authentication, "REFUSED_RATE", "2/m")
    program, other = program_of(alice, "things:read"), program_of(alice, "things:read")
    assert [program.get(OWN).status_code for _ in range(3)] == [200, 200, 429]
    assert int(program.get(OWN)["Retry-After"]) > 0
    assert other.get(OWN).status_code == 200
    assert [Program("mlk_guess").get(OWN).status_code for _ in range(3)] == [401, 401, 429]


def test_refusals_are_json_whatever_was_asked_for(alice: User) -> None:
    for path in ("/api/v1/nothing", "/api/v1/", "/api/v1/key/"):
        answer = Client().get(path, HTTP_ACCEPT="text/html")
        assert answer.status_code == 404 and answer.json()["error"]["code"], path
    assert Client().get("/api/nothing", HTTP_ACCEPT="text/html")["Content-Type"].startswith("text/html")
    answer = program_of(alice, "things:read").get(OWN)
    assert answer["Cache-Control"] == "private, no-store"


def test_the_description_is_for_programs_and_for_people() -> None:
    described = Client().get("/api/v1/openapi.json").json()
    assert described["paths"]["/api/v1/key"]["get"]["security"] == [{"BearerKey": []}, {"HeaderKey": []}]
    page = Client().get("/api/").content.decode()
    assert "GET /api/v1/key" in page and '<script src="http' not in page


@pytest.mark.django_db(transaction=True)
def test_no_use_is_noted_while_the_site_is_only_read(alice: User, olga: User) -> None:
    row, secret = actions.create_key(alice, "x", ["things:read"])
    ops.maintain(olga, "read")
    assert Program(secret).get(OWN).status_code == 200
    row.refresh_from_db()
    assert row.last_used is None
