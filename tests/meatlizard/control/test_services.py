"""Services that are switched off, or not there for some: pages, navigation, programs, websockets, questions."""

import asyncio
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client
from django.urls import reverse

from chat.models import Conversation
from meatlizard.accounts.models import Tier, User
from meatlizard.api import actions as api
from meatlizard.control import service_actions, services
from meatlizard.control.gate import Gate, SocketGate
from meatlizard.control.models import ServiceSwitch
from meatlizard.errors import Forbidden, Invalid, NotFound, Unavailable
from meatlizard.moderation.models import AuditEntry
from tests.chat.makers import ask_as
from tests.meatlizard.control.test_maintenance import answer, door, session_of
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)
HTML = {"Accept": "text/html"}
HOMES = {
    "chat": "/chat/", "paste": "/p/", "shortener": "/links/", "files": "/files/", "video": "/videos/", "discord": "/discord/link/",
}  # fmt: skip


@pytest.mark.parametrize("name", HOMES)
def test_a_service_that_is_off_says_so_and_comes_back(client: Client, alice: User, olga: User, name: str) -> None:
    client.force_login(alice)
    before = client.get(HOMES[name], headers=HTML).status_code
    assert before != 503
    service_actions.switch(olga, name, False, "Until <Monday>.")
    shown = client.get(HOMES[name], headers=HTML)
    assert (shown.status_code, shown["Retry-After"]) == (503, "300")
    assert "Until &lt;Monday&gt;." in shown.content.decode()
    told = client.get(HOMES[name], headers={"Accept": "application/json"})
    assert told.json()["error"]["code"] == "service_off"
    assert client.get(reverse("dashboard")).status_code == 200, "the rest of the site is there"
    service_actions.switch(olga, name, True)
    assert client.get(HOMES[name], headers=HTML).status_code == before


def test_the_navigation_hides_it(client: Client, alice: User, olga: User) -> None:
    client.force_login(alice)
    page = client.get(reverse("dashboard")).content.decode()
    assert 'href="/files/"' in page and 'href="/p/"' in page
    service_actions.switch(olga, "files", False)
    service_actions.switch(olga, "paste", True, closed_to=[alice.tier_id])
    page = client.get(reverse("dashboard")).content.decode()
    assert 'href="/files/"' not in page and 'href="/p/"' not in page and 'href="/videos/"' in page
    client.force_login(olga)
    assert 'href="/p/"' in client.get(reverse("dashboard")).content.decode()


def test_closed_to_a_tier_it_is_there_for_others(client: Client, alice: User, olga: User) -> None:
    service_actions.switch(olga, "files", True, closed_to=[alice.tier_id])
    client.force_login(alice)
    refused = client.get("/files/", headers=HTML)
    assert refused.status_code == 403 and "not open to your tier" in refused.content.decode()
    client.force_login(olga)
    assert client.get("/files/", headers=HTML).status_code == 200
    Tier.objects.create(name="gold", title="Gold", weekly_tokens=1, storage_bytes=1)
    User.objects.filter(pk=alice.pk).update(tier=Tier.objects.get(name="gold"))
    client.force_login(alice)
    assert client.get("/files/", headers=HTML).status_code == 200


def test_closed_to_guests_they_are_asked_to_sign_in(client: Client, alice: User, olga: User) -> None:
    assert client.get("/videos/", headers=HTML).status_code == 200
    service_actions.switch(olga, "video", True, closed_to=[services.GUESTS])
    refused = client.get("/videos/", headers=HTML)
    assert refused.status_code == 403 and "Sign in to go on" in refused.content.decode()
    client.force_login(alice)
    assert client.get("/videos/", headers=HTML).status_code == 200


def test_what_the_world_has_the_address_of_stays_open_to_it(client: Client, olga: User) -> None:
    service_actions.switch(olga, "shortener", True, closed_to=[services.GUESTS])
    assert client.get("/s/nothing", headers=HTML).status_code == 404
    service_actions.switch(olga, "shortener", False)
    assert client.get("/s/nothing", headers=HTML).status_code == 503


def test_programs_are_told_by_the_services_and_by_the_api_itself(client: Client, alice: User, olga: User) -> None:
    key = api.create_key(alice, "Script", ["links:read"])[1]
    bearer = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/links", headers=bearer).status_code == 200
    service_actions.switch(olga, "shortener", True, closed_to=[alice.tier_id])
    told = client.get("/api/v1/links", headers=bearer)
    assert (told.status_code, told.json()["error"]["code"]) == (403, "service_closed")
    service_actions.switch(olga, "shortener", False)
    assert client.get("/api/v1/links", headers=bearer).json()["error"]["code"] == "service_off"
    service_actions.switch(olga, "shortener", True)
    service_actions.switch(olga, "api", False)
    assert client.get("/api/v1/links", headers=bearer).status_code == 503
    assert client.get("/links/", headers=HTML).status_code != 503


def test_a_header_that_looks_like_a_key_opens_nothing(client: Client, alice: User, olga: User) -> None:
    """Only a key that is one counts, and then as its owner."""
    key, hers = (api.create_key(who, "Script", ["files:read"])[1] for who in (alice, olga))
    service_actions.switch(olga, "files", True, closed_to=[alice.tier_id])
    User.objects.filter(pk=olga.pk).update(
        tier=Tier.objects.create(name="gold", title="Gold", weekly_tokens=1, storage_bytes=1)
    )
    client.force_login(alice)
    quick, cookie = Gate(door("quick"), door("django")), session_of(alice)
    said = ("Basic eDp5", "Bearer nothing", f"Bearer {key}")
    for headers in ({"X-Api-Key": "x"}, *({"Authorization": one} for one in said)):
        assert client.get("/files/", headers={**HTML, **headers}).status_code == 403, headers
        assert asyncio.run(answer(quick, "/files/put/a", "localhost", cookie, headers))[2] == b"django", headers
    for headers in ({"X-Api-Key": hers}, {"Authorization": f"bearer {hers}"}):
        assert asyncio.run(answer(quick, "/files/put/a", "localhost", "", headers))[2] == b"quick", headers
    service_actions.switch(olga, "video", True, closed_to=[services.GUESTS])
    assert Client().get("/videos/", headers={**HTML, "X-Api-Key": "x"}).status_code == 403


def test_questions_are_refused_from_wherever_they_come(alice: User, olga: User) -> None:
    service_actions.switch(olga, "chat", False, "Moving.")
    with pytest.raises(Unavailable, match=r"The chat is switched off for now\. Moving\."):
        ask_as(alice)
    service_actions.switch(olga, "chat", True, closed_to=[alice.tier_id])
    with pytest.raises(Forbidden):
        ask_as(alice)
    assert not Conversation.objects.filter(messages__isnull=False).exists()
    service_actions.switch(olga, "chat", True)
    assert ask_as(alice).pk


def test_quick_doors_and_websockets_know_it_too(alice: User, olga: User) -> None:
    gate = Gate(door("quick"), door("django"))
    mine, hers = session_of(alice), session_of(olga)

    def through(path: str, cookie: str = "", host: str = "localhost") -> bytes:
        return asyncio.run(answer(gate, path, host, cookie))[2]

    assert through("/s/x") == through("/p/abcdefghjkmn/") == b"quick"
    service_actions.switch(olga, "shortener", False)
    assert (through("/s/x", hers), through("/p/abcdefghjkmn/"), through("/px")) == (b"django", b"quick", b"quick")
    service_actions.switch(olga, "files", True, closed_to=[alice.tier_id, services.GUESTS])
    assert (through("/files/put/a"), through("/files/put/a", mine), through("/files/put/a", hers)) == (
        b"django",
        b"django",
        b"quick",
    )
    assert through("/f/abc/") == b"quick"

    async def page(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.accept"})

    async def code(user_cookie: str) -> Any:
        headers = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={user_cookie}".encode())]
        socket = WebsocketCommunicator(SocketGate(page), "/ws/chat/", headers=headers)
        await socket.send_input({"type": "websocket.connect"})
        await socket.receive_output(10)
        let_in = await socket.receive_nothing(0.2)
        last: Any = {"reason": ""} if let_in else await socket.receive_output(10)
        await socket.send_input({"type": "websocket.disconnect"})
        return last["reason"]

    service_actions.switch(olga, "chat", True, closed_to=[alice.tier_id])
    assert asyncio.run(code(mine)) == "service_closed"
    assert asyncio.run(code(hers)) == ""
    service_actions.switch(olga, "chat", False)
    assert asyncio.run(code(hers)) == "service_off"


def test_only_operators_switch_and_only_what_there_is(client: Client, alice: User, olga: User) -> None:
    page = reverse("admin:control_serviceswitch_changelist")
    for who in (alice, person("sam", is_staff=True)):
        client.force_login(who)
        assert client.get(page).status_code in (302, 403)
        assert client.post(page, {"name": "chat"}).status_code in (302, 403)
        with pytest.raises(Forbidden):
            service_actions.switch(who, "chat", False)
    with pytest.raises(NotFound):
        service_actions.switch(olga, "fax", False)
    with pytest.raises(Invalid):
        service_actions.switch(olga, "chat", True, closed_to=[987_654])
    with pytest.raises(Invalid, match="so already"):
        service_actions.switch(olga, "chat", True)
    assert not ServiceSwitch.objects.exists() and not AuditEntry.objects.exists()


def test_the_page_switches(client: Client, alice: User, olga: User) -> None:
    client.force_login(olga)
    page = reverse("admin:control_serviceswitch_changelist")
    form = {"name": "video", "reason": "Disk <b>full</b>", "closed_to": [str(alice.tier_id), "0", "x"]}
    shown = client.post(page, form, follow=True).content.decode()
    row = ServiceSwitch.objects.get()
    assert (row.name, row.on, row.closed_to) == ("video", False, sorted([0, alice.tier_id]))
    assert "Disk &lt;b&gt;full&lt;/b&gt;" in shown
    entry: Any = AuditEntry.objects.get()
    assert (entry.action, entry.target, entry.before["on"], entry.after["on"]) == ("service off", "video", True, False)
