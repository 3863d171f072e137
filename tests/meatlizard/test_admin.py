"""The operator's pages open, search and filter, and show nobody's secrets."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from meatlizard.accounts import actions
from meatlizard.accounts.models import Invitation, User
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
ADMINS = sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)
OURS = [model for model in apps.get_models() if model.__module__.startswith(("meatlizard.", "chat."))]
WITHIN_OTHERS = {
    "AnswerSource", "Attachment", "Avatar", "Candidate", "Checkpoint", "Chunk", "Comparison", "Document", "FlowVersion", "Folder", "IncidentUpdate", "LaterThinking",
    "McpTool", "NodeModel", "Passage", "PersonaCollection", "PersonaFlow", "PersonaReview", "PersonaVersion", "RouteExample", "Rule", "SearchEntry",
    "Tag", "Told", "ToolCall", "ToolPolicy", "TranscriptLink",
}  # fmt: skip
"""Rows that are shown with what they belong to, on its page."""

NOBODYS = {
    "Artifact", "ArtifactText", "ArtifactVersion", "Composition", "Fact", "Memory", "NoticeChoice", "NoticeMail", "OwnText", "PersonZone",
    "Prompt", "PromptVersion", "Recalled", "Reply", "TranscriptChoice",
}  # fmt: skip
"""What people write or choose for themselves: no operator's to read. Shared prompts stand in the library, the site's own are edited there."""

DERIVED = {"AuditHead", "Pending", "StoredVector", "Download", "Series", "Rollup"}
"""Made of other rows: `manage.py vectors` tells how they stand; files to keep are put together again; sums of what was measured have pages."""


@pytest.fixture
def operator(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_has_its_place(model: type) -> None:
    assert model in admin.site._registry or model.__name__ in WITHIN_OTHERS | NOBODYS | DERIVED


@pytest.mark.parametrize(
    ("model", "page"), ADMINS, ids=lambda value: getattr(getattr(value, "_meta", None), "label", "")
)
def test_lists_open_and_search(operator: Client, model: type, page: admin.ModelAdmin) -> None:  # type: ignore[type-arg]
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")  # type: ignore[attr-defined]
    # Where there is one row only, its list leads to it.
    assert operator.get(address, follow=True).status_code == 200
    if page.search_fields:
        assert operator.get(address, {"q": "alice"}).status_code == 200
    if page.has_add_permission(operator.get(address).wsgi_request):
        add = address + "add/"
        assert operator.get(add).status_code in (200, 302)


def test_a_person_is_edited(operator: Client, alice: User) -> None:
    page = operator.get(reverse("admin:accounts_user_change", args=[alice.pk]))
    assert page.status_code == 200
    assert b'name="tier"' in page.content


def test_an_account_is_deactivated_and_the_operators_own_stays(operator: Client, alice: User, olga: User) -> None:
    chosen = {"action": "deactivate", "_selected_action": [alice.pk, olga.pk]}
    operator.post(reverse("admin:accounts_user_changelist"), chosen)
    assert not User.objects.get(pk=alice.pk).is_active
    assert User.objects.get(pk=olga.pk).is_active


def test_an_invitations_code_is_shown_once(operator: Client) -> None:
    data = {"note": "for Dora", "uses": "2", "days": "7"}
    shown = operator.post(reverse("admin:accounts_invitation_add"), data, follow=True).content.decode()
    row = Invitation.objects.get()
    assert (row.note, row.uses_left) == ("for Dora", 2)
    words = shown.replace("<", " ").split()
    code = next(word for word in words if actions.code_hash(word) == row.code_hash)
    listing = operator.get(reverse("admin:accounts_invitation_changelist")).content.decode()
    assert code not in listing
    assert row.code_hash not in listing


def test_ending_a_session_signs_its_browser_out(operator: Client, alice: User) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert browser.get("/dashboard/").status_code == 200
    session = UserSession.objects.get(user=alice)
    listing = operator.get(reverse("admin:usersessions_usersession_changelist")).content.decode()
    assert session.session_key not in listing
    address = reverse("admin:usersessions_usersession_delete", args=[session.pk])
    assert operator.post(address, {"post": "yes"}).status_code == 302
    assert browser.get("/dashboard/").status_code == 302


def test_second_factors_are_removed_and_never_shown(operator: Client, alice: User) -> None:
    from allauth.mfa.totp.internal import auth as totp

    secret = totp.generate_totp_secret()
    row = totp.TOTP.activate(alice, secret).instance
    page = operator.get(reverse("admin:mfa_authenticator_change", args=[row.pk])).content.decode()
    assert secret not in page
    operator.post(reverse("admin:mfa_authenticator_delete", args=[row.pk]), {"post": "yes"})
    assert not Authenticator.objects.exists()


def test_staff_without_rights_sees_nothing(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(alice)
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403
