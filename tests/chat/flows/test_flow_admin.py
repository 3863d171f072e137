"""Flows in the administration: Olga writes one, attaches it and walks through it; a clerk may look; Alice is no operator."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from chat.models import Conversation, Flow, Message, PersonaFlow
from chat.personas import talks
from meatlizard.accounts.models import User
from tests.chat.flows.makers import welcome
from tests.chat.personas.makers import persona
from tests.chat.personas.visits import signed_in, text
from tests.people import person

pytestmark = [pytest.mark.django_db(transaction=True)]

INLINE = {
    f"personas-{name}_FORMS": value
    for name, value in (("TOTAL", "1"), ("INITIAL", "0"), ("MIN_NUM", "0"), ("MAX_NUM", "1000"))
}
ADD = "admin:chat_flow_add"


def form(steps: Any, **more: str) -> dict[str, str]:
    written = steps if isinstance(steps, str) else json.dumps(steps)
    return {"name": "Welcome", "steps": written, "personas-0-persona": "", **INLINE, **more}


def made(client: Client, **more: str) -> Flow:
    assert client.post(reverse(ADD), form(welcome(), **more)).status_code == 302
    return Flow.objects.get()


def test_a_new_one_begins_with_an_example_that_can_be_saved(olga: User) -> None:
    client = signed_in(olga)
    page = client.get(reverse(ADD))
    assert client.post(reverse(ADD), form(page.context["adminform"].form.initial["steps"])).status_code == 302


def test_an_operator_writes_one_and_attaches_it(alice: User, olga: User) -> None:
    row = persona(alice)
    flow = made(signed_in(olga), **{"personas-0-persona": str(row.pk)})
    assert flow.current is not None and flow.current.author == olga and flow.current.number == 1
    assert PersonaFlow.objects.get().persona == row
    assert talks.begin(alice, row).flow == flow.current
    page = text(signed_in(olga).get(reverse("admin:chat_flow_change", args=[flow.pk])))
    assert "Lizzy" in page and "walk through it" in page


def test_a_persona_begins_with_one_flow_at_most(alice: User, olga: User) -> None:
    row = persona(alice)
    made(signed_in(olga), **{"personas-0-persona": str(row.pk)})
    answer = signed_in(olga).post(reverse(ADD), form(welcome(), **{"personas-0-persona": str(row.pk)}))
    assert answer.status_code == 200 and "already exists" in text(answer)
    assert Flow.objects.count() == 1


def test_a_change_is_a_new_version_and_a_new_name_is_none(olga: User) -> None:
    client = signed_in(olga)
    flow = made(client)
    change = reverse("admin:chat_flow_change", args=[flow.pk])
    client.post(change, form(welcome(), name="Greeting"))
    flow.refresh_from_db()
    assert flow.name == "Greeting" and flow.versions.count() == 1
    client.post(change, form([*welcome()[:1], {"kind": "hand_over", "name": "chat"}]))
    flow.refresh_from_db()
    assert flow.versions.count() == 2 and flow.current is not None and flow.current.number == 2


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("[{", "This is not JSON: look at line 1"),
        ("[" * 100_000, "This is not a list of steps"),
        ("{}", "The steps"),
        ([{"kind": "say", "name": "a", "text": "x", "next": "a"}], "go round for ever"),
        ([{"kind": "ask", "name": "<b>", "text": "x"}], "Step 1 “&lt;b&gt;”"),
    ],
)
def test_what_is_wrong_is_listed_and_nothing_is_saved(olga: User, steps: Any, words: str) -> None:
    answer = signed_in(olga).post(reverse(ADD), form(steps))
    assert answer.status_code == 200 and words in text(answer)
    assert not Flow.objects.exists()


def test_walking_through_one_stores_nothing(olga: User) -> None:
    client = signed_in(olga)
    walk = reverse("admin:chat_flow_walk", args=[made(client).pk])
    assert "What is your name?" in text(client.get(walk))
    page = client.post(walk, {"answer": ["<i>Olga</i>", "x", "34"]})
    assert 'value="Books"' in text(page) and "&lt;i&gt;Olga&lt;/i&gt;" in text(page) and "<i>Olga" not in text(page)
    assert "Please answer with a number" in text(page)
    end = text(client.post(walk, {"answer": ["Olga", "34", "Books"]}))
    assert "Free chat" in end and "Recommend one book." in end
    assert "Over, at step" in text(client.post(walk, {"answer": ["Olga", "3"]}))
    assert "Free chat" in text(client.post(walk, {"answer": ["Olga"], "skip": "1"}))
    assert (
        "Olga" not in page.context["given"]
        and client.post(walk, {"answer": "Olga", "again": "1"}).context["given"] == []
    )
    assert not Conversation.objects.exists() and not Message.objects.exists()


def test_steps_of_another_program_version_are_told_of(olga: User) -> None:
    flow = made(signed_in(olga))
    flow.versions.update(steps=[{"kind": "dance", "name": "a"}])
    answer = signed_in(olga).get(reverse("admin:chat_flow_walk", args=[flow.pk]), follow=True)
    assert "Step 1 “a”: the kind is one of" in text(answer)


def test_who_may_only_look_sees_the_steps_and_changes_none(olga: User) -> None:
    flow = made(signed_in(olga))
    clerk = person("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_flow"))
    client = signed_in(clerk)
    change = reverse("admin:chat_flow_change", args=[flow.pk])
    assert "What is your name?" in text(client.get(change))
    assert client.get(reverse("admin:chat_flow_walk", args=[flow.pk])).status_code == 200
    assert client.post(change, form([{"kind": "hand_over", "name": "a"}])).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403
    assert flow.versions.count() == 1


def test_others_are_kept_out(alice: User, olga: User) -> None:
    flow = made(signed_in(olga))
    pages = [reverse(ADD), *(reverse(f"admin:chat_flow_{name}", args=[flow.pk]) for name in ("change", "walk"))]
    clerk = signed_in(person("clerk", is_staff=True))
    for page in pages:
        assert signed_in(alice).get(page).status_code in (302, 403, 404)
        assert Client().get(page).status_code == 302
        assert clerk.get(page).status_code == 403
