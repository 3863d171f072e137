"""What Olga does about Alice's account from her page in the admin: tokens, tier, suspension, export, anonymising, deleting."""

import io
import zipfile
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse

from chat import actions as chat
from chat.models import Conversation
from meatlizard.accounts.models import Tier, User
from meatlizard.accounts.person_page import DEEDS
from meatlizard.api import actions as api
from meatlizard.api.models import ApiKey
from meatlizard.budgets.actions import standing
from meatlizard.moderation import chain
from meatlizard.moderation.models import AuditEntry
from tests.chat.makers import ask_as
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db(transaction=True)


def done(client: Client, who: User, deed: str, **form: Any) -> Any:
    return client.post(reverse("admin:accounts_user_deed", args=[who.pk, deed]), form)


@pytest.fixture
def operator(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


def test_tokens_tier_and_suspension(operator: Client, alice: User, olga: User) -> None:
    before = standing(alice)
    assert done(operator, alice, "grant", tokens="500", reason="Exam week").status_code == 302
    after = standing(alice)
    assert before is not None and after is not None and after.limit == before.limit + 500
    gold = Tier.objects.create(name="gold", title="Gold", weekly_tokens=1, storage_bytes=1)
    assert done(operator, alice, "tier", tier=str(gold.pk)).status_code == 302
    assert done(operator, alice, "tier", tier=str(gold.pk)).status_code == 400, "it is so already"
    assert done(operator, alice, "suspend", reason="Spam", days="3").status_code == 302
    alice.refresh_from_db()
    assert alice.tier == gold and alice.is_suspended
    page = operator.get(reverse("admin:accounts_user_change", args=[alice.pk])).content.decode()
    assert "Lift suspensions" in page and ">Suspend<" not in page and "Sign in as" in page
    assert done(operator, alice, "let-in", reason="A mistake").status_code == 302
    assert done(operator, alice, "let-in", reason="A mistake").status_code == 400
    alice.refresh_from_db()
    assert not alice.is_suspended
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor", "person")
    assert list(entries) == [(action, olga.pk, alice.pk) for action in ("grant", "tier", "suspend", "lift")]


def test_an_export_is_the_archive_the_member_would_get(operator: Client, alice: User) -> None:
    chat.create_conversation(alice)
    ask_as(alice, "What is a newt?")
    answer = done(operator, alice, "export", reason="She asked by letter")

    async def read() -> bytes:
        return b"".join([part async for part in answer])

    packed = zipfile.ZipFile(io.BytesIO(async_to_sync(read)()))
    assert any(b"What is a newt?" in packed.read(name) for name in packed.namelist())
    assert AuditEntry.objects.get(action="export account").reason == "She asked by letter"


@pytest.mark.both_databases
def test_anonymised_nobody_signs_in_and_nothing_tells_who_it_was(operator: Client, alice: User, olga: User) -> None:
    ask_as(alice, "My diary")
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True)
    api.create_key(alice, "Script", ["links:read"])
    browser = Client()
    browser.force_login(alice)
    assert done(operator, alice, "anonymise", reason="She asked", name="alicia").status_code == 400
    assert User.objects.get(pk=alice.pk).username == "alice"
    assert done(operator, alice, "anonymise", reason="She asked", name="alice").status_code == 302
    row = User.objects.get(pk=alice.pk)
    assert row.username.startswith("member-") and (row.email, row.first_name, row.last_login) == ("", "", None)
    assert not row.has_usable_password()
    assert not EmailAddress.objects.filter(user=row).exists() and not ApiKey.objects.filter(owner=row).exists()
    assert not Conversation.objects.filter(owner=row).exists()
    assert browser.get(reverse("dashboard")).status_code == 302
    assert browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD}).status_code == 200
    assert person("alice").pk != alice.pk, "the name is free"
    assert "alice" not in str(list(AuditEntry.objects.values_list("target", "before", "after")))


@pytest.mark.both_databases
def test_deleted_the_account_is_gone_and_the_record_holds(operator: Client, alice: User, olga: User) -> None:
    ask_as(alice)
    assert done(operator, alice, "delete", reason="She asked", name="Alice").status_code == 400
    answer = done(operator, alice, "delete", reason="She asked", name="alice")
    assert (answer.status_code, answer.url) == (302, reverse("admin:accounts_user_changelist"))
    assert not User.objects.filter(pk=alice.pk).exists() and not Conversation.objects.exists()
    entry = AuditEntry.objects.get(action="delete account")
    assert (entry.actor, entry.person) == (olga.pk, alice.pk)
    assert chain.verify().broken is None


@pytest.mark.parametrize("deed", ["export", "anonymise", "delete"])
def test_who_runs_the_site_is_left_alone(operator: Client, olga: User, deed: str) -> None:
    otto = person("otto", is_staff=True)
    for who in (otto, olga):
        assert done(operator, who, deed, reason="Why not", name=who.username).status_code == 400
    assert User.objects.filter(username__in=["otto", "olga"]).count() == 2


@pytest.mark.parametrize("deed", DEEDS)
def test_only_operators_do_any_of_it(client: Client, alice: User, charlie: User, deed: str) -> None:
    form = {"reason": "Because", "name": "alice", "tokens": "5", "tier": str(alice.tier_id)}
    page = reverse("admin:accounts_user_deed", args=[alice.pk, deed])
    for who in (charlie, person("sam", is_staff=True)):
        client.force_login(who)
        assert client.get(page).status_code in (302, 403)
        assert client.post(page, form).status_code in (302, 403)
    assert Client().post(page, form).status_code == 302
    assert User.objects.filter(username="alice").exists() and not AuditEntry.objects.exists()


def test_there_is_nothing_for_who_is_not_there(operator: Client, alice: User) -> None:
    for number, deed in ((99_999, "grant"), (alice.pk, "promote")):
        assert operator.get(f"/admin/accounts/user/{number}/deed/{deed}/").status_code == 404
    assert operator.get("/admin/accounts/user/abc/deed/grant/").status_code == 404
    for deed in DEEDS:
        assert operator.get(reverse("admin:accounts_user_deed", args=[alice.pk, deed])).status_code == 200


def test_what_the_admins_own_forms_do_is_on_record_too(operator: Client, alice: User, bob: User, olga: User) -> None:
    listing = reverse("admin:accounts_user_changelist")
    for action in ("deactivate", "deactivate", "activate"):
        operator.post(listing, {"action": action, "_selected_action": [alice.pk, olga.pk]})
    operator.post(reverse("admin:accounts_user_delete", args=[alice.pk]), {"post": "yes"})
    operator.post(listing, {"action": "delete_selected", "_selected_action": [bob.pk], "post": "yes"})
    grant = {"user": str(olga.pk), "tokens": "5", "note": "Test"}
    assert operator.post(reverse("admin:budgets_grant_add"), grant).status_code == 302
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor", "person")
    assert list(entries) == [
        ("deactivate", olga.pk, alice.pk), ("activate", olga.pk, alice.pk), ("delete account", olga.pk, alice.pk),
        ("delete account", olga.pk, bob.pk), ("grant", olga.pk, olga.pk),
    ]  # fmt: skip
