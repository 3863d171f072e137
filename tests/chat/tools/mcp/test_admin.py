"""Olga connects servers and looks at their tools; secrets go in and never come out."""

import sys
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat.models import McpServer, McpTool, ToolChoice
from chat.tools import choices, permissions
from chat.tools.mcp import actions, servers
from chat.tools.mcp.listing import listed
from meatlizard.accounts.models import User
from meatlizard.security import sealed
from tests.fakes import mcp_server
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ADD = "admin:chat_mcpserver_add"


@pytest.fixture
def client(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def form(**given: Any) -> dict[str, Any]:
    return {"name": "fake", "kind": "stdio", "command": sys.executable, "arguments": "-m\nserver --with blank", "seconds": 30,
            "enabled": "on", "new_secrets": "", **given}  # fmt: skip


def add(client: Client, **given: Any) -> tuple[int, str]:
    answer = client.post(reverse(ADD), form(**given))
    return answer.status_code, answer.content.decode()


def test_secrets_are_kept_encrypted_and_never_shown(client: Client) -> None:
    assert add(client, new_secrets="TOKEN = hush-hush\nOTHER=a=b")[0] == 302
    row = McpServer.objects.get()
    assert row.arguments == ["-m", "server --with blank"] and row.wanted
    assert servers.opened(row) == {"TOKEN": "hush-hush", "OTHER": "a=b"} and "hush" not in row.secrets
    change = reverse("admin:chat_mcpserver_change", args=[row.pk])
    page = client.get(change).content.decode()
    assert "hush" not in page and row.secrets not in page and "kept, encrypted" in page
    client.post(change, form(seconds=60))
    row.refresh_from_db()
    assert row.seconds == 60 and servers.opened(row)["TOKEN"] == "hush-hush"
    client.post(change, form(forget_secrets="on"))
    row.refresh_from_db()
    assert row.secrets == ""


def test_secrets_survive_a_new_key_and_not_the_loss_of_the_old(client: Client, settings: Any) -> None:
    add(client, new_secrets="TOKEN=hush")
    row, before = McpServer.objects.get(), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key altogether", [before]
    assert servers.opened(row) == {"TOKEN": "hush"}
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealed.Unopened):
        servers.opened(row)
    assert servers.known.refresh().servers[row.pk].secrets == {}, "the site goes on"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"command": "/bin/sh"}, "MCP_COMMANDS"),
        ({"kind": "http", "address": "http://example.org/"}, "has to begin with https://"),
        ({"kind": "http", "address": "https://key:word@example.org/"}, "set a header"),
        ({"new_secrets": "no sign hush"}, "Each line is to be like"),
        ({"new_secrets": "A B=hush"}, "Each line is to be like"),
        ({"kind": "http", "address": "https://example.org/", "new_secrets": "NAME=hush"}, "Each line is to be like"),
        ({"name": "Two Words"}, "Small letters"),
        ({"name": "under_score"}, "Small letters"),
        ({"seconds": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_connected_is_said(given: dict[str, Any], says: str, client: Client) -> None:
    status, page = add(client, **given)
    assert status == 200 and says in page and not McpServer.objects.exists()


def told(row: McpServer, description: str = "Says a word back.") -> None:
    actions.keep(
        row.pk, listed(row.name, [{"name": "echo", "description": description, "inputSchema": {"type": "object"}}])
    )


@pytest.fixture
def row(client: Client) -> McpServer:
    """Connected, and its one tool read."""
    add(client)
    row = McpServer.objects.get()
    told(row)
    servers.known.refresh()
    return row


def names(user: User) -> list[str]:
    servers.known.refresh()
    choices.chosen.refresh()
    return [one.name for one in permissions.allowed(user, None) if one.name.startswith("fake__")]


def choose(client: Client, **given: str) -> str:
    client.get(reverse("admin:chat_toolchoice_changelist"))
    choice = ToolChoice.objects.get(name="fake__echo")
    answer = client.post(reverse("admin:chat_toolchoice_change", args=[choice.pk]), given)
    return answer.content.decode() if answer.status_code == 200 else ""


def test_an_operator_looks_and_switches_a_tool_on(client: Client, row: McpServer, alice: User) -> None:
    assert names(alice) == []
    page = client.get(reverse("admin:chat_mcpserver_change", args=[row.pk])).content.decode()
    assert "fake__echo: new: look at it" in page
    assert choose(client, state="on", seen=actions.seen("fake__echo")) == ""
    assert names(alice) == ["fake__echo"]


def test_what_changed_while_it_was_looked_at_is_not_switched_on(client: Client, row: McpServer, alice: User) -> None:
    shown = actions.seen("fake__echo")
    told(row, "Says a word back, and more.")
    assert "changed meanwhile" in choose(client, state="on", seen=shown)
    assert "changed meanwhile" in choose(client, state="on"), "nor by who never looked"
    assert names(alice) == []


def test_what_changed_stays_off_until_it_is_looked_at_again(client: Client, row: McpServer, alice: User) -> None:
    choose(client, state="on", seen=actions.seen("fake__echo"))
    told(row, "Now obey.")
    assert names(alice) == []
    listing = reverse("admin:chat_toolchoice_changelist")
    assert "has changed. Look at it." in client.get(listing).content.decode()
    choice = ToolChoice.objects.get(name="fake__echo")
    several = {"action": "switch_on", "_selected_action": [choice.pk]}
    assert "Look at these first" in client.post(listing, several, follow=True).content.decode()
    assert names(alice) == []
    choose(client, state="on", seen=actions.seen("fake__echo"))
    assert names(alice) == ["fake__echo"]
    client.post(listing, {"action": "switch_off", "_selected_action": [choice.pk]})
    assert names(alice) == []
    client.post(listing, several)
    assert names(alice) == ["fake__echo"]


def test_what_a_server_does_not_have_any_more_is_gone_and_comes_back(
    client: Client, row: McpServer, alice: User
) -> None:
    choose(client, state="on", seen=actions.seen("fake__echo"))
    actions.keep(row.pk, [])
    assert names(alice) == [] and McpTool.objects.get().gone
    told(row)
    assert names(alice) == ["fake__echo"]


def test_hostile_tools_are_text_in_the_admin(client: Client, row: McpServer) -> None:
    script = "<script>alert(1)</script>"
    tools = [
        *mcp_server.tools("hostile", None),
        {"name": "html", "title": script, "description": script, "inputSchema": {}},
    ]
    actions.keep(row.pk, listed(row.name, tools))
    servers.known.refresh()
    pages = [reverse("admin:chat_mcpserver_change", args=[row.pk]), reverse("admin:chat_toolchoice_changelist")]
    client.get(pages[1])
    pages.append(reverse("admin:chat_toolchoice_change", args=[ToolChoice.objects.get(name="fake__html").pk]))
    for page in pages:
        assert script not in client.get(page).content.decode()
    assert "Its description is longer" in client.get(pages[0]).content.decode()


def test_tools_are_read_again_at_a_press_and_go_with_their_server(client: Client, row: McpServer) -> None:
    assert actions.take(row.pk) and not actions.take(row.pk), "one process reads them"
    listing = reverse("admin:chat_mcpserver_changelist")
    client.post(listing, {"action": "read_again", "_selected_action": [row.pk]})
    assert actions.take(row.pk)
    client.get(reverse("admin:chat_toolchoice_changelist"))
    client.post(listing, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert not McpServer.objects.exists() and not ToolChoice.objects.filter(name="fake__echo").exists()


def test_nobody_else_connects_servers(alice: User) -> None:
    for one in (alice, person("sam", is_staff=True)):
        client = Client()
        client.force_login(one)
        assert add(client)[0] in (302, 403) and not McpServer.objects.exists()
