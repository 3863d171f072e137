"""Making the first administrator, and who else may make an account."""

import importlib
import threading
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from pytest_django import Settings

from meatlizard.accounts import actions
from meatlizard.accounts.access import needs_setup
from meatlizard.accounts.models import Invitation, Tier, User
from meatlizard.errors import AppError, Forbidden, Invalid
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
SETUP = {"username": "olga", "email": "", "password1": PASSWORD, "password2": PASSWORD}
SIGN_UP = {"username": "dora", "email": "", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _no_limits_from_before() -> None:
    cache.clear()


@pytest.fixture
def at_home() -> Client:
    """Somebody at the machine that runs the site."""
    return Client(SERVER_NAME="127.0.0.1")


# --- the first administrator ---


def test_the_first_visit_leads_to_the_set_up_and_makes_the_administrator(at_home: Client) -> None:
    assert at_home.get("/").headers["Location"] == "/setup/"
    assert "code" not in at_home.get("/setup/").context["form"].fields
    response = at_home.post("/setup/", SETUP)
    assert response.status_code == 302
    olga = User.objects.get()
    assert olga.is_superuser
    assert olga.tier.name == "admin"
    assert at_home.get("/dashboard/").status_code == 200


def test_the_administrator_just_made_is_listed_as_signed_in(at_home: Client) -> None:
    at_home.post("/setup/", SETUP)
    assert UserSession.objects.get().session_key == at_home.session.session_key


def test_the_set_up_page_with_its_code_stays_out_of_caches(client: Client) -> None:
    assert "no-store" in client.get("/setup/?code=ABCD").headers["Cache-Control"]


def test_there_is_no_second_first_visit(at_home: Client, alice: User) -> None:
    assert at_home.get("/setup/").status_code == 404
    assert at_home.post("/setup/", SETUP).status_code == 404
    assert User.objects.count() == 1
    assert at_home.get("/").status_code == 200


@pytest.mark.parametrize(
    "visitor",
    [
        {"REMOTE_ADDR": "203.0.113.5"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_HOST": "testserver"},
    ],
)
def test_a_visitor_from_elsewhere_needs_the_printed_code(at_home: Client, visitor: dict[str, str]) -> None:
    assert at_home.get("/setup/", **visitor).context["needs_code"]  # type: ignore[arg-type]
    for code in ("", "AAAA-AAAA-AAAA-AAAA"):
        assert at_home.post("/setup/", SETUP | {"code": code}, **visitor).status_code == 200  # type: ignore[arg-type]
    assert needs_setup()
    typed = actions.setup_code().lower().replace("-", " ")
    assert at_home.post("/setup/", SETUP | {"code": typed}, **visitor).status_code == 302  # type: ignore[arg-type]
    assert not needs_setup()


def test_a_public_site_asks_everybody_for_the_code(at_home: Client, settings: Settings) -> None:
    settings.LOOPBACK = False
    assert at_home.get("/setup/").context["needs_code"]


@pytest.mark.usefixtures("one_window")
def test_guessing_the_code_is_slowed_down(at_home: Client) -> None:
    answers = [at_home.post("/setup/", SETUP | {"code": "x"}, REMOTE_ADDR="203.0.113.5").status_code for _ in range(12)]
    assert answers[0] == 200
    assert answers[-1] == 429


@pytest.mark.parametrize(
    ("field", "value"),
    [("password1", "short"), ("password1", "1234567890123"), ("password2", "other"), ("username", "a b")],
)
def test_a_bad_set_up_form_makes_nobody(at_home: Client, field: str, value: str) -> None:
    assert at_home.post("/setup/", SETUP | {field: value}).status_code == 200
    assert needs_setup()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_first_visitors_one_becomes_the_administrator() -> None:
    results: list[object] = []
    start = threading.Barrier(2)

    def visit(name: str) -> None:
        start.wait(10)
        try:
            results.append(actions.create_first_admin(name, PASSWORD))
        except AppError as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=visit, args=(name,)) for name in ("olga", "charlie")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results.count("already_set_up") == 1
    assert User.objects.count() == 1


def test_the_first_administrator_cannot_be_made_twice(alice: User) -> None:
    with pytest.raises(Forbidden):
        actions.create_first_admin("charlie", PASSWORD)


# --- registration ---


def test_nobody_registers_before_the_administrator(client: Client) -> None:
    assert b"password1" not in client.get("/accounts/signup/").content
    client.post("/accounts/signup/", SIGN_UP)
    assert needs_setup()


def test_open_registration(client: Client, olga: User) -> None:
    assert client.post("/accounts/signup/", SIGN_UP).status_code == 302
    dora = User.objects.get(username="dora")
    assert dora.tier.name == "free"
    assert not dora.is_staff
    assert client.get("/dashboard/").status_code == 200


def test_closed_registration(client: Client, olga: User, settings: Settings) -> None:
    settings.REGISTRATION = "closed"
    assert b"password1" not in client.get("/accounts/signup/").content
    client.post("/accounts/signup/", SIGN_UP)
    assert not User.objects.filter(username="dora").exists()


def test_an_invitation_lets_one_person_in(client: Client, olga: User, settings: Settings) -> None:
    settings.REGISTRATION = "invite"
    code = actions.invite(olga)
    for refused in ("", "AAAA-BBBB-CCCC-DDDD"):
        assert client.post("/accounts/signup/", SIGN_UP | {"invitation": refused}).status_code == 200
    assert not User.objects.filter(username="dora").exists()
    assert client.post("/accounts/signup/", SIGN_UP | {"invitation": code.lower()}).status_code == 302
    assert User.objects.filter(username="dora").exists()
    other = SIGN_UP | {"username": "eve", "invitation": code}
    assert Client().post("/accounts/signup/", other).status_code == 200
    assert not User.objects.filter(username="eve").exists()


def test_an_invitation_is_not_used_up_by_a_form_that_fails(client: Client, olga: User, settings: Settings) -> None:
    settings.REGISTRATION = "invite"
    code = actions.invite(olga)
    client.post("/accounts/signup/", SIGN_UP | {"invitation": code, "password2": "other"})
    assert actions.is_usable(code)


def test_invitations_end(olga: User) -> None:
    from django.utils import timezone

    code = actions.invite(olga, uses=2, days=1)
    Invitation.objects.update(expires=timezone.now())
    with pytest.raises(Invalid):
        actions.redeem(code)
    assert Invitation.objects.get().uses_left == 2


@pytest.mark.parametrize("wrong", [{"uses": 0}, {"uses": 10_001}, {"days": 0}, {"days": 4000}])
def test_impossible_invitations_are_refused(olga: User, wrong: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        actions.invite(olga, **wrong)  # type: ignore[arg-type]
    assert not Invitation.objects.exists()


def test_only_the_hash_of_an_invitation_is_kept(olga: User) -> None:
    code = actions.invite(olga, note="for Dora")
    row = Invitation.objects.values().get()
    assert code not in str(row)
    assert code.replace("-", "") not in str(row)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_ten_people_at_once_share_three_uses() -> None:
    olga = get_user_model().objects.create_user("olga", password=PASSWORD)
    code = actions.invite(olga, uses=3)
    won: list[bool] = []
    start = threading.Barrier(10)

    def redeem() -> None:
        start.wait(10)
        try:
            actions.redeem(code)
            won.append(True)
        except Invalid:
            won.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=redeem) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert won.count(True) == 3
    assert len(won) == 10
    row = Invitation.objects.get()
    assert (row.uses_left, row.used) == (0, 3)


# --- names, tiers ---


@pytest.mark.both_databases
def test_names_and_addresses_are_one_whatever_their_case(alice: User) -> None:
    for taken in ({"username": "ALICE"}, {"username": "other", "email": "Alice@Example.ORG"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            get_user_model().objects.create_user(password=PASSWORD, **taken)
        with pytest.raises(ValidationError):
            User(**taken, password="x", tier=alice.tier).full_clean()


@pytest.mark.both_databases
def test_many_may_have_no_address() -> None:
    for name in ("one", "two"):
        get_user_model().objects.create_user(name, password=PASSWORD)
    assert User.objects.filter(email="").count() == 2


def test_signing_up_with_a_taken_name_is_refused(client: Client, alice: User) -> None:
    assert client.post("/accounts/signup/", SIGN_UP | {"username": "Alice"}).status_code == 200
    assert User.objects.count() == 1


@pytest.fixture
def first_tiers(db: None) -> None:
    """As the migration makes them. A test before may have emptied the table."""
    Tier.objects.all().delete()
    importlib.import_module("meatlizard.accounts.migrations.0002_tiers").make_tiers(
        apps, SimpleNamespace(connection=connection)
    )


@pytest.mark.usefixtures("first_tiers")
def test_the_tiers_a_site_begins_with() -> None:
    free, admin = Tier.objects.get(name="free"), Tier.objects.get(name="admin")
    assert (free.weekly_tokens, free.concurrency, free.is_default) == (100_000, 2, True)
    assert admin.weekly_tokens == 500_000


def test_a_deleted_standard_tier_is_made_again(db: None) -> None:
    Tier.objects.all().delete()
    assert get_user_model().objects.create_user("dora", password=PASSWORD).tier.name == "free"


@pytest.mark.usefixtures("first_tiers")
def test_there_is_one_standard_tier() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Tier.objects.filter(name="admin").update(is_default=True)


def test_with_mail_an_address_must_be_confirmed(client: Client, olga: User, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client.post("/accounts/signup/", SIGN_UP | {"email": "dora@example.org"})
    assert client.get("/dashboard/").status_code == 302
    assert [message.to for message in mail.outbox] == [["dora@example.org"]]


@pytest.mark.parametrize(("address", "in_by_itself"), [("", True), ("olga@example.org", False)])
def test_who_has_no_address_is_not_locked_out_when_the_site_gets_mail(
    client: Client, olga: User, settings: Settings, address: str, in_by_itself: bool
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    User.objects.filter(pk=olga.pk).update(email=address)
    client.post("/accounts/login/", {"login": "olga", "password": PASSWORD})
    assert (client.get("/dashboard/").status_code == 200) is in_by_itself
    assert len(mail.outbox) == (0 if in_by_itself else 1)


def test_an_address_taken_from_the_account_but_never_confirmed_still_counts(
    client: Client, olga: User, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    User.objects.filter(pk=olga.pk).update(email="")
    EmailAddress.objects.create(user=olga, email="olga@example.org", verified=False, primary=True)
    client.post("/accounts/login/", {"login": "olga", "password": PASSWORD})
    assert client.get("/dashboard/").status_code == 302


def test_an_optional_field_says_so_once(client: Client, olga: User) -> None:
    assert client.get("/accounts/signup/").content.count(b"(optional)") == 1


def test_without_mail_nobody_is_promised_any(client: Client, alice: User) -> None:
    response = client.get("/accounts/password/reset/")
    assert response.status_code == 404
    assert b"sends no mail" in response.content
