"""Olga switches the whole site: questions, maintenance. Alice is told why, and Charlie may not."""

import datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions as chat
from chat import queueing
from chat.models import Generation
from chat.temporary import actions as temporary
from chat.temporary.events import AskTemporary
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, Unavailable
from meatlizard.moderation.actions import audit
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops import actions, switches
from meatlizard.ops.models import Switches
from tests.chat.makers import ask_as
from tests.people import person
from tests.services.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def entries() -> list[tuple[Any, ...]]:
    return list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "reason"))


@pytest.mark.both_databases
def test_questions_are_refused_with_the_reason_and_taken_again(alice: User, olga: User) -> None:
    talk = chat.create_conversation(alice)
    ask_as(alice, "Before?", talk)
    Generation.objects.update(state="done")
    actions.take_questions(olga, False, "The Mac moves house.")
    for asker in (alice, olga):
        with pytest.raises(Unavailable, match=r"switched questions off.*The Mac moves house") as refused:
            ask_as(asker, "Now?")
        assert refused.value.code == "requests_off"
    assert talk.messages.count() == 2, "a refused question was stored"
    actions.take_questions(olga, True)
    assert ask_as(alice, "Again?", talk).pk
    assert entries() == [(olga.pk, "requests off", "The Mac moves house."), (olga.pk, "requests on", "")]


def test_a_question_that_was_taken_is_told_again_while_they_are_off(alice: User, olga: User) -> None:
    talk, request = chat.create_conversation(alice), uuid4()
    first = chat.send(alice, talk.pk, request, "Taken?")
    actions.take_questions(olga, False)
    assert chat.send(alice, talk.pk, request, "Taken?") == chat.Asked(
        first.generation, talk.pk, first.answer, repeated=True
    )


def test_read_only_stops_members_and_lets_operators_try(alice: User, olga: User) -> None:
    actions.maintain(olga, "read", "Back at noon.")
    with pytest.raises(Unavailable, match=r"nothing can be changed.*Back at noon\.") as refused:
        ask_as(alice)
    assert refused.value.code == "maintenance"
    asked = AskTemporary(type="temporary.ask", request=uuid4(), text="Hello?", turns=(), model="")
    with pytest.raises(Unavailable):
        temporary.prepare(alice, uuid4(), asked)
    assert ask_as(olga).pk
    actions.maintain(olga, "off")
    assert ask_as(alice).pk


@pytest.mark.parametrize("verb", ["take_questions", "maintain"])
def test_only_operators_switch(alice: User, verb: str) -> None:
    staff = person("sam", is_staff=True)
    value: tuple[Any, ...] = {"take_questions": (False,), "maintain": ("hard",)}[verb]
    for who in (alice, staff):
        with pytest.raises(Forbidden):
            getattr(actions, verb)(who, *value)
    assert not entries()
    assert switches.refresh() == switches.State(version=0)


def test_a_suspended_operator_switches_nothing(olga: User) -> None:
    olga.suspended_until = timezone.now() + datetime.timedelta(days=1)
    with pytest.raises(Forbidden):
        actions.maintain(olga, "hard")


@pytest.mark.parametrize(
    ("verb", "values", "code"),
    [
        ("maintain", ("medium",), "maintenance_unknown"),
        ("maintain", ("off",), "nothing_to_do"),
        ("take_questions", (True,), "nothing_to_do"),
        ("take_questions", (False, "x" * 301), "too_long"),
    ],
)
def test_what_makes_no_sense_is_refused(olga: User, verb: str, values: tuple[Any, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        getattr(actions, verb)(olga, *values)
    assert refused.value.code == code
    assert not entries()


@pytest.mark.both_databases
def test_of_two_operators_at_once_one_switches(olga: User) -> None:
    otto = person("otto", is_staff=True, is_superuser=True)

    def switch(who: User) -> str:
        try:
            actions.maintain(who, "soft")
        except Invalid as error:
            return error.code
        return "done"

    told = at_once([partial(switch, who) for who in (olga, otto, olga, otto)])
    assert sorted(told) == ["done", "nothing_to_do", "nothing_to_do", "nothing_to_do"]
    assert len(entries()) == 1
    assert Switches.objects.get().version == 1


def test_another_process_hears_of_it(olga: User) -> None:
    switches.refresh()
    Switches.objects.create(pk=1, version=5, maintenance="hard")
    assert not switches.current().read_only
    switches.refresh()
    assert switches.current().read_only


def test_what_was_done_by_way_of_discord_says_so(olga: User) -> None:
    with audit.through("discord 80351110224678912"):
        actions.maintain(olga, "soft")
    actions.maintain(olga, "off")
    assert list(AuditEntry.objects.order_by("pk").values_list("door", flat=True)) == ["discord 80351110224678912", ""]


# --- pages --------------------------------------------------------------------------------------------------------------


def test_pages_say_what_is_off(client: Client, alice: User, olga: User) -> None:
    client.force_login(alice)
    actions.maintain(olga, "soft", "<b>Noon</b>")
    page = client.get(reverse("dashboard")).content.decode()
    assert "questions are taken, and answered when it is over" in page
    assert "&lt;b&gt;Noon&lt;/b&gt;" in page
    status = queueing.status("", alice.pk)
    assert "Noon" in status.warning


def test_a_read_only_site_lets_everybody_read_and_nobody_write(client: Client, alice: User, olga: User) -> None:
    talk = chat.create_conversation(alice)
    client.force_login(alice)
    actions.maintain(olga, "read", "A new disk.")
    assert client.get(reverse("chat:conversation", args=[talk.pk])).status_code == 200
    rename = reverse("chat:rename", args=[talk.pk])
    new = {"data": {"title": "New"}, "content_type": "application/json"}
    refused = client.post(rename, **new, headers={"Accept": "application/json"})
    assert refused.status_code == 503
    assert refused["Retry-After"] == "300"
    assert refused.json()["error"]["code"] == "maintenance"
    page = client.post(rename, **new, headers={"Accept": "text/html"})
    assert "A new disk." in page.content.decode()
    talk.refresh_from_db()
    assert talk.title == ""
    actions.maintain(olga, "off")
    assert client.post(rename, **new).status_code == 200


def test_operators_sign_in_and_end_it(client: Client, olga: User) -> None:
    from tests.people import PASSWORD

    actions.maintain(olga, "hard")
    client.post(reverse("account_login"), {"login": "olga", "password": PASSWORD})
    page = reverse("admin:ops_switches_change", args=[1])
    form = {"requests": "on", "maintenance": "off", "maintenance_reason": "", "requests_reason": ""}
    assert client.post(page, form).status_code == 302
    assert not switches.current().read_only


# --- the form of the admin -----------------------------------------------------------------------------------------------


def test_the_form_goes_through_the_verbs(client: Client, olga: User) -> None:
    client.force_login(olga)
    page = reverse("admin:ops_switches_change", args=[1])
    assert page in client.get(reverse("admin:ops_switches_changelist")).content.decode()
    form = {
        "maintenance": "soft",
        "maintenance_reason": "Noon",
        "requests_reason": "",
    }
    client.post(page, form)
    state = switches.current()
    assert (state.requests, state.maintenance) == (False, "soft")
    assert [action for _, action, _ in entries()] == ["requests off", "maintenance soft"]
    client.post(page, {**form, "requests": "on"})
    assert [action for _, action, _ in entries()][2:] == ["requests on"]
    assert client.get(page).status_code == 200


def test_the_form_is_for_operators_alone(client: Client, alice: User) -> None:
    page = reverse("admin:ops_switches_change", args=[1])
    Switches.objects.create(pk=1)
    for who in (alice, person("sam", is_staff=True)):
        client.force_login(who)
        assert client.post(page, {"maintenance": "hard"}).status_code in (302, 403)
        assert client.get(reverse("admin:ops_switches_changelist")).status_code in (302, 403)
    assert not switches.refresh().read_only
