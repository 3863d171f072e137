"""Conversations with personas over their routes, lorebooks, and the operator's list: Alice, Bob, the stranger Charlie, Olga."""

import json
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from chat.actions import create_conversation
from chat.models import Conversation, Lorebook, Persona
from chat.personas import actions, talks
from meatlizard.accounts.models import User
from tests.chat.personas.makers import lizzy, persona
from tests.chat.personas.visits import post_json, signed_in, text, url

pytestmark = [pytest.mark.django_db(transaction=True)]

CONVERSATION_ROUTES = ("talk", "talk-who", "talk-avatar")


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    cache.clear()


# conversations -----------------------------------------------------------------------------------------------------------


def test_chat_begins_a_conversation_from_a_form_and_from_a_script(alice: User, bob: User) -> None:
    row = persona(alice, "shared", publish=True)
    client = signed_in(bob)
    response = client.post(url("persona-chat", row), {"greeting": "1", "called": "B"})
    talk = Conversation.objects.get()
    assert response["Location"] == reverse("chat:conversation", args=[talk.pk])
    assert talk.called == "B" and talk.head is not None and talk.head.content == "We are **closed**."
    page = text(client.get(response["Location"]))
    assert (
        "<strong>closed</strong>" in page
        and 'data-part="name">Lizzy</span>' in page
        and 'data-part="author">Lizzy</h2>' in page
    )
    answer = post_json(client, "persona-chat", row.pk, {})
    assert answer.status_code == 201 and answer.json()["url"] == reverse(
        "chat:conversation", args=[answer.json()["conversation"]]
    )
    assert post_json(client, "persona-chat", row.pk, {"greeting": 9}).status_code == 400


def test_who_speaks_is_chosen_shown_and_sent_away(alice: User) -> None:
    client = signed_in(alice)
    talk, row = create_conversation(alice), persona(alice)
    assert client.get(url("talk-who", talk)).json() == {"persona": None}
    assert client.get(url("talk-avatar", talk)).status_code == 404
    chosen = post_json(client, "talk-choose", talk.pk, {"persona": str(row.pk)}).json()["persona"]
    assert (
        chosen == client.get(url("talk-who", talk)).json()["persona"]
        and chosen["name"] == "Lizzy"
        and chosen["greetings"] == 3
    )
    assert client.get(chosen["avatar"]).status_code == 200
    before = Conversation.objects.get().head_id
    assert post_json(client, "talk-greet", talk.pk, {"greeting": "next"}).json()["head"] != str(before)
    assert post_json(client, "talk-greet", talk.pk, {"greeting": True}).status_code == 400
    Persona.objects.all().delete()
    assert (
        "It is not there any more" in text(client.get(url("talk", talk)))
        and client.get(chosen["avatar"]).status_code == 200
    )
    assert client.post(url("talk-choose", talk), {"persona": ""}).status_code == 302
    assert Conversation.objects.get().persona_version is None
    for bad in ("nonsense", str(uuid4())):
        assert post_json(client, "talk-choose", talk.pk, {"persona": bad}).status_code in (400, 404)


def test_charlie_arranges_nothing_in_alices_conversation(alice: User, charlie: User) -> None:
    talk = talks.begin(alice, persona(alice))
    client = signed_in(charlie)
    for name in CONVERSATION_ROUTES:
        assert client.get(url(name, talk)).status_code == 404
        assert "/accounts/login/" in Client().get(url(name, talk))["Location"]
    for name in ("talk-choose", "talk-greet"):
        assert post_json(client, name, talk.pk, {"persona": "", "greeting": 0}).status_code == 404
        assert "/accounts/login/" in post_json(Client(), name, talk.pk, {})["Location"]
    assert client.post(url("talk", talk), {"called": "x"}).status_code == 404
    assert Conversation.objects.get().persona_version is not None


def test_name_and_lorebooks_of_a_conversation(alice: User, charlie: User) -> None:
    talk = talks.begin(alice, persona(alice))
    mine, theirs = Lorebook.objects.create(owner=alice, name="m"), Lorebook.objects.create(owner=charlie, name="c")
    client = signed_in(alice)
    assert client.post(url("talk", talk), {"called": "Ally", "books": [str(mine.pk)]}).status_code == 302
    row = Conversation.objects.get()
    assert (row.called, row.books) == ("Ally", str(mine.pk))
    assert client.post(url("talk", talk), {"called": "x", "books": [str(theirs.pk)]}).status_code == 400
    assert Conversation.objects.get().called == "Ally"


def test_a_newer_version_is_offered(alice: User) -> None:
    row = persona(alice)
    talk = talks.begin(alice, row)
    client = signed_in(alice)
    assert client.get(url("talk", talk)).context["newer"] is None
    actions.save(alice, row, lizzy(name="Liz"))
    assert client.get(url("talk", talk)).context["newer"] == 2


# lorebooks ---------------------------------------------------------------------------------------------------------------


def test_lorebooks_are_made_changed_exported_and_deleted_by_their_owner_alone(alice: User, charlie: User) -> None:
    client, stranger = signed_in(alice), signed_in(charlie)
    data = {"entries": [{"keys": ["(?=x)"], "use_regex": True, "content": "y", "odd": [1]}]}
    made = client.post(reverse("chat:lorebook-new"), {"name": "World", "book": json.dumps(data)})
    row = Lorebook.objects.get()
    assert made["Location"] == url("lorebook", row) and row.data == data
    assert "Entry 1 cannot be used" in text(client.get(made["Location"])) and "World" in text(
        client.get(reverse("chat:lorebooks"))
    )
    out = json.loads(client.get(url("lorebook-export", row)).content)
    assert out["spec"] == "lorebook_v3" and out["data"]["entries"] == data["entries"]
    assert "World" not in text(stranger.get(reverse("chat:lorebooks")))
    for name in ("lorebook", "lorebook-export"):
        assert stranger.get(url(name, row)).status_code == 404
        assert "/accounts/login/" in Client().get(url(name, row))["Location"]
    for name in ("lorebook", "lorebook-delete"):
        assert stranger.post(url(name, row), {"name": "x"}).status_code == 404
    assert client.post(url("lorebook", row), {"name": " ", "book": ""}).status_code == 400
    assert client.post(url("lorebook", row), {"name": "W2", "book": ""}).status_code == 302
    client.post(url("lorebook-delete", row))
    assert not Lorebook.objects.exists()


def test_the_admin_publishes_and_withdraws(alice: User, olga: User, charlie: User) -> None:
    row, book = persona(alice, "shared"), Lorebook.objects.create(owner=alice, name="Private name")
    client = signed_in(olga)
    listed = client.get(reverse("admin:chat_persona_changelist"))
    assert "Lizzy" in text(listed)
    assert "Private name" not in text(client.get(reverse("admin:chat_lorebook_changelist"))) and book
    for do, state in (("publish", "published"), ("withdraw", "draft")):
        client.post(reverse("admin:chat_persona_changelist"), {"action": do, "_selected_action": [str(row.pk)]})
        row.refresh_from_db()
        assert row.state == state
    charlie.is_staff = True
    charlie.save()
    assert (
        signed_in(charlie)
        .post(reverse("admin:chat_persona_changelist"), {"action": "publish", "_selected_action": [str(row.pk)]})
        .status_code
        == 403
    )
