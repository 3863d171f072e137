"""Olga signs in as Alice: it is said, recorded and told, ends by itself, and what is Alice's alone stays hers."""

import asyncio
import datetime
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions as chat
from chat.models import Conversation
from meatlizard.accounts import acting
from meatlizard.accounts.models import User
from meatlizard.moderation.actions import sanctions
from meatlizard.moderation.models import AuditEntry
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in_as(client: Client, who: User, reason: str = "Her chat is empty") -> Any:
    return client.post(reverse("admin:accounts_user_deed", args=[who.pk, "sign-in"]), {"reason": reason})


@pytest.fixture
def acted(client: Client, alice: User, olga: User) -> Client:
    client.force_login(olga)
    answer = sign_in_as(client, alice)
    assert (answer.status_code, answer.url) == (302, reverse("dashboard"))
    return client


def test_every_page_says_so_and_the_member_is_told(acted: Client, alice: User, olga: User) -> None:
    for page in (reverse("dashboard"), reverse("chat:home"), "/p/", "/nothing/here/"):
        shown = acted.get(page, follow=True).content.decode()
        assert "olga, you are signed in as alice" in shown, page
    entry = AuditEntry.objects.get(action="sign in as")
    assert (entry.actor, entry.person, entry.reason) == (olga.pk, alice.pk, "Her chat is empty")
    hers = Client()
    hers.force_login(alice)
    told = hers.get(reverse("dashboard")).content.decode()
    assert (
        "Operators who signed in as you" in told and "Her chat is empty" in told and 'data-testid="acting"' not in told
    )


def test_what_is_the_members_alone_stays_so(acted: Client, alice: User) -> None:
    kept = [
        "account_change_password", "account_set_password", "account_email", "mfa_index", "usersessions_list", "account_reauthenticate",
        "socialaccount_connections", "api:keys", "admin:index", "export", "sealed:sealed", "moderation:standing", "discord:link",
        "chat:transcripts",
    ]  # fmt: skip
    for name in kept:
        for answer in (
            acted.get(reverse(name)),
            acted.post(reverse(name), {"email": "eve@example.org", "action_add": ""}),
        ):
            assert answer.status_code == 403, name
    before = (alice.password, alice.email)
    acted.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": "x" * 20, "password2": "x" * 20}
    )
    alice.refresh_from_db()
    assert (alice.password, alice.email) == before


def test_what_is_changed_is_on_record_under_the_operators_name(acted: Client, alice: User, olga: User) -> None:
    talk = chat.create_conversation(alice)
    path = reverse("chat:rename", args=[talk.pk])
    assert acted.post(path, {"title": "New"}, content_type="application/json").status_code == 200
    assert Conversation.objects.get(pk=talk.pk).title == "New"
    entry = AuditEntry.objects.get(action="as member: POST")
    assert (entry.actor, entry.person, entry.target) == (olga.pk, alice.pk, path)
    assert entry.door == f"as member, by {olga.pk}"


def test_it_ends_by_itself_and_by_a_press(acted: Client, client: Client, alice: User, olga: User) -> None:
    session = Session.objects.get(session_key=acted.session.session_key)
    assert session.expire_date - timezone.now() <= datetime.timedelta(minutes=acting.MINUTES)
    acted.get(reverse("dashboard"))
    later = Session.objects.get(session_key=acted.session.session_key).expire_date
    assert later == session.expire_date, "using it does not make it longer"
    Session.objects.update(expire_date=timezone.now() - datetime.timedelta(seconds=1))
    assert acted.get(reverse("dashboard")).status_code == 302
    client.force_login(olga)
    sign_in_as(client, alice)
    assert client.post(reverse("acting_end")).status_code == 302
    assert client.get(reverse("dashboard")).status_code == 302, "signed out, as oneself too"
    assert AuditEntry.objects.filter(action="sign in as ended", actor=olga.pk, person=alice.pk).count() == 1
    client.force_login(olga)
    sign_in_as(client, alice)
    assert client.post(reverse("account_logout")).status_code == 302
    assert AuditEntry.objects.filter(action="sign in as ended").count() == 2


def test_it_ends_with_the_operators_rights_and_with_a_new_password(
    acted: Client, client: Client, alice: User, olga: User
) -> None:
    User.objects.filter(pk=olga.pk).update(is_superuser=False)
    assert acted.get(reverse("dashboard")).status_code == 302
    User.objects.filter(pk=olga.pk).update(is_superuser=True)
    client.force_login(olga)
    sign_in_as(client, alice)
    alice.set_password("another long password")
    alice.save()
    assert client.get(reverse("dashboard")).status_code == 302


def test_it_ends_when_the_member_comes_to_run_the_site(acted: Client, alice: User) -> None:
    """Rights that they are given meanwhile are theirs, and no operator's who borrowed their name."""
    assert acted.get(reverse("dashboard")).status_code == 200
    alice.is_staff = True
    alice.save()
    assert acted.get(reverse("dashboard")).status_code == 302
    assert acted.get(reverse("dashboard")).wsgi_request.user.is_anonymous


def test_never_into_operators_nor_into_who_is_shut_out(client: Client, alice: User, olga: User) -> None:
    client.force_login(olga)
    others = [person("otto", is_staff=True), person("super", is_superuser=True), olga]
    sanctions.suspend(olga, alice, "Spam", None)
    gone = person("gone", is_active=False)
    for who in (*others, alice, gone):
        answer = sign_in_as(client, who)
        assert answer.status_code == 400, who
    bob = person("bob")
    assert sign_in_as(client, bob, " ").status_code == 400, "without a reason"
    assert not AuditEntry.objects.filter(action="sign in as").exists()
    assert client.get(reverse("admin:index")).status_code == 200, "still oneself"


def test_not_from_one_into_another(acted: Client, bob: User) -> None:
    assert sign_in_as(acted, bob).status_code == 403
    assert acted.get(reverse("admin:accounts_user_changelist")).status_code == 403


def test_only_operators_do_it(client: Client, alice: User, charlie: User) -> None:
    for who in (charlie, person("sam", is_staff=True)):
        client.force_login(who)
        assert sign_in_as(client, alice).status_code in (302, 403)
        assert client.get(reverse("dashboard")).wsgi_request.user == who
    assert sign_in_as(Client(), alice).status_code == 302
    assert client.post(reverse("acting_end")).status_code == 400
    assert client.get(reverse("acting_end")).status_code == 405
    assert not AuditEntry.objects.filter(action__startswith="sign in").exists()


def test_nothing_is_asked_in_the_members_name_and_no_file_given(acted: Client, alice: User) -> None:
    from files.asgi.asked import Asked
    from files.asgi.who import identify
    from meatlizard.errors import Forbidden
    from meatlizard.routing import Websockets

    cookie = f"{settings.SESSION_COOKIE_NAME}={acted.session.session_key}".encode()
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"cookie", cookie)]

    async def run() -> Any:
        socket = WebsocketCommunicator(Websockets(), "/ws/chat/", headers=headers)
        await socket.send_input({"type": "websocket.connect"})
        assert (await socket.receive_output(10))["type"] == "websocket.accept"
        return await socket.receive_output(10)

    assert asyncio.run(run())["reason"] == "acting"
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/files/",
        "headers": headers,
        "query_string": b"",
        "client": ("1.2.3.4", 1),
    }
    with pytest.raises(Forbidden, match="signed in as somebody else"):
        identify(Asked(scope, None, None, {}), "files:read", writing=False)  # type: ignore[arg-type]
