"""Maintenance at every door: pages, programs, websockets, workers, the command line. Alice is kept out, Olga gets in."""

import asyncio
import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from chat import actions as chat
from chat.inference.dispatch import held_back
from chat.inference.placement import Want
from chat.models import Generation
from meatlizard.accounts.models import User
from meatlizard.control.gate import Gate, SocketGate
from meatlizard.jobs import actions as jobs
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops import actions, switches
from meatlizard.ops.models import Switches
from tests.chat.makers import ask_as

pytestmark = pytest.mark.django_db(transaction=True)

MAKE_BACKUP = "meatlizard.ops.backups.jobs.make_backup"


async def answer(
    app: Any, path: str, host: str = "localhost", cookie: str = "", more: dict[str, str] | None = None
) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", host.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in (more or {}).items()]
    if cookie:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": headers,
        "query_string": b"",
        "client": ("1.2.3.4", 5),
    }
    await app(scope, receive, send)
    start = sent[0]
    return start["status"], dict(start["headers"]), b"".join(one.get("body", b"") for one in sent[1:])


def door(name: str) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": name.encode()})

    return app


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


# --- who is kept from what ----------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_soft_maintenance_takes_questions_and_keeps_them(alice: User, olga: User) -> None:
    actions.maintain(olga, "soft", "Back at noon.")
    asked = ask_as(alice)
    assert Generation.objects.get(pk=asked.pk).state == "queued"
    assert "answered when it is over" in switches.current().warning and "Back at noon." in switches.current().warning
    assert switches.current().trying == {olga.pk}, "operators try whether all is well"


def test_during_soft_maintenance_machines_get_questions_of_operators_alone(alice: User, olga: User) -> None:
    hers, mine = (Want(generation=uuid4(), user=who.pk) for who in (olga, alice))

    def never(want: Want) -> bool:
        return False

    assert [held_back(never)(want) for want in (hers, mine)] == [False, False]
    actions.maintain(olga, "soft")
    assert [held_back(never)(want) for want in (hers, mine)] == [False, True]
    assert held_back(lambda want: True)(hers), "what waits for another reason goes on waiting"


def test_when_closed_members_get_a_page_with_the_reason_and_programs_json(
    client: Client, alice: User, olga: User
) -> None:
    client.force_login(alice)
    talk = chat.create_conversation(alice)
    page = reverse("chat:conversation", args=[talk.pk])
    assert client.get(page).status_code == 200
    actions.maintain(olga, "hard", "A <b>disk</b>")
    shown = client.get(page, headers={"Accept": "text/html"})
    assert (shown.status_code, shown["Retry-After"]) == (503, "300")
    assert "A &lt;b&gt;disk&lt;/b&gt;" in shown.content.decode()
    told = client.get("/api/v1/links", headers={"Authorization": "Bearer x"})
    assert (told.status_code, told.json()["error"]["code"]) == (503, "maintenance")
    guest = Client().get("/", headers={"Accept": "text/html"})
    assert guest.status_code == 503
    actions.maintain(olga, "off")
    assert client.get(page).status_code == 200


def test_when_closed_operators_come_in_and_work(client: Client, alice: User, olga: User) -> None:
    from tests.people import PASSWORD

    actions.maintain(olga, "hard")
    assert client.get(reverse("account_login")).status_code == 200
    assert client.post(reverse("account_login"), {"login": "olga", "password": PASSWORD}).status_code == 302
    assert client.get(reverse("dashboard")).status_code == 200
    assert client.get(reverse("admin:index")).status_code == 200


def test_read_only_lets_everybody_read_and_nobody_write(client: Client, alice: User, olga: User) -> None:
    client.force_login(alice)
    actions.maintain(olga, "read")
    assert client.get(reverse("dashboard")).status_code == 200
    talk = chat.create_conversation(alice)
    assert client.post(reverse("chat:delete", args=[talk.pk])).status_code == 503


# --- doors ahead of Django ----------------------------------------------------------------------------------------------


def test_a_closed_site_sends_strangers_past_the_quick_doors(alice: User, olga: User) -> None:
    gate = Gate(door("quick"), door("django"))
    hers, mine = session_of(olga), session_of(alice)

    def through(cookie: str = "", host: str = "localhost") -> tuple[int, dict[bytes, bytes], bytes]:
        return asyncio.run(answer(gate, "/s/abc", host, cookie))

    assert through()[2] == b"quick"
    actions.maintain(olga, "hard", "Noon.")
    assert through()[2] == b"django"
    assert through(mine)[2] == b"django"
    assert through("0" * 32)[2] == b"django"
    assert through(hers)[2] == b"quick"
    status, headers, body = through(host="links.example")
    assert (status, headers[b"retry-after"]) == (503, b"300")
    assert b"Noon." in body
    actions.maintain(olga, "read")
    assert through()[2] == b"quick"


def test_websockets_are_refused_and_open_ones_closed(alice: User, olga: User) -> None:
    heard: list[str] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            heard.append(message.get("text", message["type"]))
            if message["type"] == "websocket.connect":
                await send({"type": "websocket.accept"})

    def socket(user: User) -> WebsocketCommunicator:
        cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(user)}".encode()
        return WebsocketCommunicator(SocketGate(page), "/ws/chat/", headers=[(b"cookie", cookie)])

    async def run(alices: WebsocketCommunicator, late: WebsocketCommunicator, olgas: WebsocketCommunicator) -> None:
        await alices.connect()
        await alices.send_to(text_data="before")
        await asyncio.to_thread(actions.maintain, olga, "hard")
        await alices.send_to(text_data="after")
        assert (await alices.receive_output(10))["code"] == 4503
        await late.send_input({"type": "websocket.connect"})
        assert (await late.receive_output(10))["type"] == "websocket.accept"
        assert (await late.receive_output(10))["code"] == 4503
        assert (await olgas.connect(10))[0]
        await olgas.send_to(text_data="operator")
        await olgas.disconnect()

    asyncio.run(run(socket(alice), socket(alice), socket(olga)))
    assert "before" in heard and "operator" in heard and "after" not in heard


def test_the_page_itself_is_closed_before_it_was_opened(alice: User, olga: User) -> None:
    """The consumer hears of the end of a socket of whose beginning it was not told."""
    from meatlizard.routing import Websockets

    actions.maintain(olga, "hard")
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session_of(alice)}".encode()))

    async def run() -> None:
        socket = WebsocketCommunicator(Websockets(), "/ws/chat/", headers=headers)
        await socket.send_input({"type": "websocket.connect"})
        assert (await socket.receive_output(10))["type"] == "websocket.accept"
        assert (await socket.receive_output(10))["code"] == 4503
        await socket.wait(10)

    asyncio.run(run())


# --- workers, environment, command --------------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize("level", ["read", "hard"])
def test_jobs_wait_but_for_those_of_operators(olga: User, level: str) -> None:
    jobs.enqueue("chat.jobs.something", [], {})
    actions.maintain(olga, level)
    assert jobs.claim("worker") is None
    backup = jobs.enqueue(MAKE_BACKUP, [], {})
    claimed = jobs.claim("worker")
    assert claimed is not None and claimed.pk == backup.pk
    actions.maintain(olga, "soft")
    claimed = jobs.claim("worker")
    assert claimed is not None and claimed.task == "chat.jobs.something"


@pytest.mark.parametrize(
    ("environment", "switched", "holds"),
    [("off", "soft", "soft"), ("hard", "soft", "hard"), ("soft", "read", "read"), ("read", "off", "read"), ("soft", "soft", "soft")],
)  # fmt: skip
def test_of_environment_and_switch_the_stricter_holds(
    settings: Settings, environment: str, switched: str, holds: str
) -> None:
    settings.MAINTENANCE, settings.MAINTENANCE_REASON = environment, "By the environment."
    Switches.objects.create(pk=1, version=3, maintenance=switched, maintenance_reason="Switched.")
    state = switches.refresh()
    assert state.maintenance == holds
    assert state.maintenance_reason == ("By the environment." if holds != switched else "Switched.")


def test_the_command_line_tells_and_changes(olga: User) -> None:
    def told(*arguments: str) -> str:
        out = StringIO()
        call_command("maintenance", *arguments, stdout=out)
        return out.getvalue()

    assert told() == "Maintenance: off. The site is open.\n"
    assert "read-only" in told("read-only", "--reason", "Moving house.")
    assert switches.current().maintenance == "read"
    with pytest.raises(CommandError, match="so already"):
        told("read-only", "--reason", "Moving house.")
    with pytest.raises(CommandError):
        told("medium")
    assert "off" in told("off")
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor", "door", "reason")
    assert list(entries) == [
        ("maintenance read", None, "command line", "Moving house."), ("maintenance off", None, "command line", ""),
    ]  # fmt: skip


def test_health_says_so_and_stays_reachable(olga: User) -> None:
    from meatlizard.health.path import Health

    actions.maintain(olga, "hard")
    status, _headers, body = asyncio.run(answer(Health(Gate(door("quick"), door("django"))), "/health/live"))
    assert status == 200
    status, _headers, body = asyncio.run(answer(Health(Gate(door("quick"), door("django"))), "/health"))
    assert json.loads(body)["maintenance"] == "hard"
