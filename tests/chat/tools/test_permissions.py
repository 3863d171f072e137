"""Who has which tool: sites, tiers, personas, routes and the switch of each conversation; and what it costs to ask."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import actions
from chat.models import Conversation, Persona, PersonaTools, PersonaVersion, ToolChoice
from chat.tools import choices, permissions, registry
from chat.tools.choices import Choice, Choices, chosen
from chat.tools.permissions import allowed
from chat.tools.registry import Call, Result, tool

pytestmark = pytest.mark.both_databases


@tool()
async def ours(call: Call) -> Result:
    """On from the beginning."""
    return Result("")


@tool(state="off", approval=True)
async def theirs(call: Call) -> Result:
    """Off until operators want it."""
    return Result("")


@pytest.fixture(autouse=True)
def two_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_tools", {"ours": ours, "theirs": theirs})
    monkeypatch.setattr(registry, "_shelves", [])


@dataclass
class Route:
    tools: list[str] | None = None


def choose(**tools: Choice) -> None:
    chosen.hold(Choices(tools, chosen.current().personas))


def names(user: Any, talk: Any = None, route: Route | None = None) -> list[str]:
    return [one.name for one in allowed(user, talk, route)]


def test_operators_say_which_tools_there_are(alice: Any) -> None:
    assert names(alice) == ["ours"]
    choose(ours=Choice("off"), theirs=Choice("on"))
    assert names(alice) == ["theirs"]
    assert names(alice, route=Route(["ours", "theirs"])) == ["theirs"], "a route brings nothing back that is off"


def test_a_tier_may_have_what_others_have_not(alice: Any, olga: Any) -> None:
    choose(theirs=Choice("on", tiers=frozenset([olga.tier_id])))
    assert names(olga) == ["ours", "theirs"]
    assert names(alice) == ["ours"]


def test_a_route_names_the_tools_of_its_answers(alice: Any) -> None:
    choose(theirs=Choice("named"))
    assert names(alice) == names(alice, route=Route()) == ["ours"]
    assert names(alice, route=Route(["theirs", "gone"])) == ["theirs"]
    assert names(alice, route=Route([])) == []


def test_a_persona_has_the_tools_it_was_given(alice: Any, django_assert_num_queries: Any) -> None:
    persona = Persona.objects.create(owner=alice, updated="2026-01-01T00:00Z")
    version = PersonaVersion.objects.create(persona=persona, number=1, name="Seeker")
    talk = actions.create_conversation(alice)
    talk.persona_version = version
    choose(theirs=Choice("named"))
    with django_assert_num_queries(0):
        assert names(alice, talk) == ["ours"], "no persona of the site has tools of its own"
    PersonaTools.objects.create(persona=persona, tools=["theirs"])
    ToolChoice.objects.create(name="theirs", state="named")
    choices.changed()
    chosen.refresh()
    assert names(alice, talk) == ["theirs"]
    with django_assert_num_queries(0):
        assert names(alice, talk, Route(["ours"])) == [], "what both name"
        assert names(alice, talk, Route(["ours", "theirs"])) == ["theirs"]
        assert names(alice, Conversation(owner=alice)) == ["ours"], "others are as they were"


def test_its_owner_switches_tools_off_in_a_conversation(alice: Any) -> None:
    choose(theirs=Choice("on"))
    talk = actions.create_conversation(alice)
    assert names(alice, talk) == ["ours", "theirs"]
    talk.tools_off = "gone ours"
    assert names(alice, talk) == ["theirs"]
    talk.tools_off = permissions.ALL_OFF
    assert names(alice, talk) == []


def test_what_is_not_ready_is_not_offered(alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_tools", {"ours": replace(ours, ready=lambda: False)})
    assert names(alice) == []


def test_operators_say_where_people_are_asked_first(alice: Any) -> None:
    choose(ours=Choice(approval=True), theirs=Choice("on"))
    assert [one.approval for one in allowed(alice, None)] == [True, True]
    choose(ours=Choice(), theirs=Choice("on", approval=False))
    assert [one.approval for one in allowed(alice, None)] == [False, False]


def test_no_more_than_the_wire_carries(alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"tool{number}": replace(ours, name=f"tool{number}") for number in range(70)}
    monkeypatch.setattr(registry, "_tools", many)
    assert len(names(alice)) == permissions.MOST


def test_what_operators_choose_is_remembered_until_it_changes(alice: Any, olga: Any) -> None:
    chosen.forget()
    assert chosen.current() == Choices()
    row = ToolChoice.objects.create(name="theirs", state="on", approval="never")
    row.tiers.add(olga.tier)
    assert chosen.refresh() == Choices(), "nobody has said that something changed"
    choices.changed()
    with CaptureQueriesContext(connection) as queries:
        assert chosen.refresh().tools == {"theirs": Choice("on", False, frozenset([olga.tier_id]))}
        chosen.refresh()
    looks = [one for one in queries if "toolpolicy" in one["sql"]]
    assert len(looks) == 2 and len(queries) == 2 + 3, "one small query when nothing has changed"


def test_asking_costs_no_query(alice: Any, django_assert_num_queries: Any) -> None:
    talk = actions.create_conversation(alice)
    with django_assert_num_queries(0):
        assert names(alice, talk) == ["ours"]
