"""Signing in, staying signed in, and no longer being so."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from meatlizard.accounts.access import session_valid
from meatlizard.accounts.models import User
from meatlizard.accounts.sessions import session_ended
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_from_before() -> None:
    cache.clear()


def sign_in(client: Client, login: str, password: str = PASSWORD) -> bool:
    client.post("/accounts/login/", {"login": login, "password": password})
    return client.get("/dashboard/").status_code == 200


@pytest.mark.parametrize("login", ["alice", "Alice", "alice@example.org", "ALICE@example.org"])
def test_by_name_or_address(client: Client, alice: User, login: str) -> None:
    assert sign_in(client, login)


@pytest.mark.parametrize(("login", "password"), [("alice", "wrong"), ("charlie", PASSWORD), ("", PASSWORD)])
def test_not_with_anything_else(client: Client, alice: User, login: str, password: str) -> None:
    assert not sign_in(client, login, password)


def test_a_deactivated_account_does_not_get_in(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not sign_in(client, "alice")


def test_trying_passwords_is_slowed_down(client: Client, alice: User) -> None:
    for _ in range(6):
        client.post("/accounts/login/", {"login": "alice", "password": "wrong"})
    assert not sign_in(client, "alice")


def test_signing_in_makes_a_new_session(client: Client, alice: User) -> None:
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    assert sign_in(client, "alice")
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    response = client.get("/dashboard/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/accounts/login/?next=/dashboard/"


def test_the_way_back_leads_to_this_site_only(client: Client, alice: User) -> None:
    for evil in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        response = Client().post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": evil})
        assert "evil" not in response.headers.get("Location", "")
        assert "javascript" not in response.headers.get("Location", "")


# --- sessions ---


@pytest.fixture
def ended() -> Any:
    keys: list[str] = []

    def note(session_key: str, **kwargs: Any) -> None:
        keys.append(session_key)

    session_ended.connect(note)
    yield keys
    session_ended.disconnect(note)


def test_a_session_holds_until_its_owner_signs_out(client: Client, alice: User, ended: list[str]) -> None:
    assert sign_in(client, "alice")
    key = client.session.session_key
    assert session_valid(alice.pk, key)
    client.post("/accounts/logout/")
    assert not session_valid(alice.pk, key)
    assert key in ended


def test_a_session_is_its_owners(client: Client, alice: User, bob: User) -> None:
    assert sign_in(client, "alice")
    key = client.session.session_key
    assert not session_valid(bob.pk, key)
    assert not session_valid(alice.pk, None)
    assert not session_valid(alice.pk, "")
    assert not session_valid(alice.pk, "0" * 32)


def test_a_new_password_ends_the_other_sessions(client: Client, alice: User) -> None:
    assert sign_in(client, "alice")
    key = client.session.session_key
    alice.set_password("another good password")
    alice.save()
    assert not session_valid(alice.pk, key)


def test_deactivation_ends_them_too(client: Client, alice: User) -> None:
    assert sign_in(client, "alice")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not session_valid(alice.pk, client.session.session_key)


def test_alice_lists_her_sessions_and_ends_the_other_one(client: Client, alice: User, ended: list[str]) -> None:
    elsewhere = Client(headers={"User-Agent": "the old telephone"})
    assert sign_in(elsewhere, "alice")
    assert sign_in(client, "alice")
    key = elsewhere.session.session_key
    assert b"the old telephone" in client.get("/accounts/sessions/").content
    client.post("/accounts/sessions/")
    assert key in ended
    assert elsewhere.get("/dashboard/").status_code == 302
    assert client.get("/dashboard/").status_code == 200


# --- second factors ---


def test_a_second_factor_is_asked_for_everywhere(client: Client, olga: User) -> None:
    from allauth.mfa.totp.internal import auth as totp

    totp.TOTP.activate(olga, totp.generate_totp_secret())
    response = client.post("/accounts/login/?next=/admin/", {"login": "olga", "password": PASSWORD})
    assert response.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/admin/").status_code == 302
    assert client.get("/dashboard/").status_code == 302


def test_the_pages_of_the_account_open(client: Client, alice: User) -> None:
    assert sign_in(client, "alice")
    for page in ("email/", "password/change/", "2fa/", "2fa/webauthn/", "2fa/totp/activate/", "sessions/", "3rdparty/"):
        assert client.get(f"/accounts/{page}").status_code in (200, 302), page


# --- the admin ---


def test_the_admin_is_entered_through_the_sites_own_door(client: Client, alice: User, olga: User) -> None:
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/").headers["Location"].startswith("/accounts/login/")
    # Its own form, which knows no second factor and no limit, is not there to be posted to.
    client.post("/admin/login/", {"username": "olga", "password": PASSWORD})
    assert client.get("/admin/").status_code == 302
    assert sign_in(client, "alice")
    assert client.get("/admin/", follow=True).status_code == 403
    staff = Client()
    assert sign_in(staff, "olga")
    assert staff.get("/admin/").status_code == 200
