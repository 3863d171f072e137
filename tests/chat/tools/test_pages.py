"""The page of a conversation's tools, what a browser tells of its zone, and what operators do."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat import actions
from chat.models import Conversation, Persona, PersonaTools, PersonaVersion, PersonZone, ToolChoice
from chat.tools import choices, permissions, registry
from chat.tools.builtin.calculating import calculator
from chat.tools.naming import ANY, ToolNamesFormField
from meatlizard.accounts.models import User
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(alice: User) -> Conversation:
    return actions.create_conversation(alice)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def names(user: User, talk: Conversation) -> list[str]:
    talk.refresh_from_db()
    return [one.name for one in permissions.allowed(user, talk)]


@pytest.mark.both_databases
def test_alice_sees_and_switches_the_tools_of_her_conversation(alice: User, talk: Conversation) -> None:
    client, address = signed_in(alice), reverse("chat:tools", args=[talk.pk])
    page = client.get(address).content.decode()
    assert "Calculator" in page and "Date and time" in page and page.count("checked") == len(names(alice, talk)) + 1
    client.post(address, {"everything": "on", "on": ["calculator"]})
    assert names(alice, talk) == ["calculator"]
    client.post(address, {"on": ["calculator"]})
    assert names(alice, talk) == [] and talk.tools_off == "*"
    page = client.get(address).content.decode()
    assert "checked" not in page
    client.post(address, {"everything": "on", "on": ["calculator", "current_time"]})
    assert names(alice, talk) == ["calculator", "current_time"]


def test_what_is_not_offered_now_stays_switched_off(alice: User, talk: Conversation, registered: Any) -> None:
    client, address = signed_in(alice), reverse("chat:tools", args=[talk.pk])
    Conversation.objects.update(tools_off="there__later")
    client.post(address, {"everything": "on", "on": ["calculator"]})
    registered(replace(calculator, name="there__later"))
    assert "there__later" not in names(alice, talk)


def test_a_tool_that_is_not_offered_cannot_be_chosen(alice: User, talk: Conversation) -> None:
    answer = signed_in(alice).post(
        reverse("chat:tools", args=[talk.pk]), {"everything": "on", "on": ["rm_rf", "<script>alert(1)</script>"]}
    )
    assert answer.status_code == 400 and "<script>alert" not in answer.content.decode()
    talk.refresh_from_db()
    assert talk.tools_off == ""


def test_without_tools_the_page_says_so(alice: User, talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_tools", {})
    page = signed_in(alice).get(reverse("chat:tools", args=[talk.pk])).content.decode()
    assert "There are no tools for this conversation" in page


def test_hostile_names_are_text(alice: User, talk: Conversation, registered: Any) -> None:
    registered(
        replace(calculator, name="evil", title="<img src=x onerror=alert(1)>", origin="<b>server</b>", approval=True)
    )
    page = signed_in(alice).get(reverse("chat:tools", args=[talk.pk])).content.decode()
    assert "&lt;img src=x" in page and "<img src=x" not in page and "<b>server" not in page
    assert "asks you before each call" in page


def test_strangers_and_guests_do_not_switch(charlie: User, talk: Conversation) -> None:
    address = reverse("chat:tools", args=[talk.pk])
    for answer in (signed_in(charlie).get(address), signed_in(charlie).post(address, {"on": []})):
        assert answer.status_code == 404
    for answer in (Client().get(address), Client().post(address, {}), Client().post(reverse("chat:zone"))):
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]
    talk.refresh_from_db()
    assert talk.tools_off == ""


@pytest.mark.both_databases
def test_a_browser_tells_its_zone(alice: User) -> None:
    client = signed_in(alice)
    for zone in ("Europe/Paris", "Asia/Tokyo"):
        assert client.post(reverse("chat:zone"), {"zone": zone}, "application/json").status_code == 200
    assert PersonZone.objects.get(user=alice).zone == "Asia/Tokyo"
    for said in ("Nowhere/At_All", "../etc/passwd", "\x00", "x" * 500, 5, None, ["UTC"]):
        answer = client.post(reverse("chat:zone"), json.dumps({"zone": said}), "application/json")
        assert answer.status_code == 400, said
    assert PersonZone.objects.get(user=alice).zone == "Asia/Tokyo"


@pytest.mark.both_databases
def test_olga_switches_tools_on_and_off(olga: User, alice: User, talk: Conversation) -> None:
    client, listing = signed_in(olga), reverse("admin:chat_toolchoice_changelist")
    assert "this site" in client.get(listing).content.decode()
    assert set(ToolChoice.objects.values_list("name", flat=True)) == {one.name for one in registry.all()}
    row = ToolChoice.objects.get(name="calculator")
    change = reverse("admin:chat_toolchoice_change", args=[row.pk])
    page = client.get(change).content.decode()
    assert "bracket" in page and "Calculator" in page and "reads only" in page
    client.post(change, {"state": "on", "tiers": [olga.tier_id]})
    choices.chosen.refresh()
    assert "calculator" in names(olga, talk) and "calculator" not in names(alice, talk)
    client.post(change, {"state": "off"})
    choices.chosen.refresh()
    assert "calculator" not in names(olga, talk)
    client.post(reverse("admin:chat_toolchoice_delete", args=[row.pk]), {"post": "yes"})
    choices.chosen.refresh()
    assert "calculator" in names(alice, talk)


def test_olga_gives_a_persona_its_tools(olga: User) -> None:
    persona = Persona.objects.create(owner=olga, updated="2026-01-01T00:00Z")
    PersonaVersion.objects.create(persona=persona, number=1, name="Seeker")
    client = signed_in(olga)
    answer = client.post(reverse("admin:chat_personatools_add"), {"persona": persona.pk, "tools": ["calculator"]})
    assert answer.status_code == 302 and PersonaTools.objects.get().tools == ["calculator"]
    assert choices.chosen.refresh().personas == {persona.pk: frozenset(["calculator"])}
    answer = client.post(reverse("admin:chat_personatools_add"), {"persona": persona.pk, "tools": ["made_up"]})
    assert answer.status_code == 200 and PersonaTools.objects.count() == 1


def test_members_and_small_operators_choose_nothing(alice: User) -> None:
    small = person("sam", is_staff=True)
    for one in (alice, small):
        for name in ("admin:chat_toolchoice_changelist", "admin:chat_personatools_changelist"):
            assert signed_in(one).get(reverse(name)).status_code in (302, 403)
    assert not ToolChoice.objects.exists()


def test_saying_nothing_about_tools_is_not_naming_none() -> None:
    field = ToolNamesFormField(unsaid=True)
    assert (
        field.clean([ANY, "calculator"]) is None
        and field.clean([]) == []
        and field.clean(["calculator"]) == ["calculator"]
    )
    assert field.prepare_value(None) == [ANY]
    assert not field.has_changed(None, [ANY]) and field.has_changed(None, []) and not field.has_changed([], [])
    assert ToolNamesFormField(unsaid=False).clean([]) == []
