"""Thumbs: one per person and answer, changed and taken back, live on every device, and read by operators only as far as allowed."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions, branches, generations, keeping
from chat.messages import branch_out
from chat.models import Conversation, Generation, Message, Persona, PersonaVersion, Rating
from chat.portability import export
from chat.rating import actions as rating
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from tests.chat.test_round_trip import bring_in, imported
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

HOSTILE = "<script>alert(1)</script>\x01 'or 1=1"


def overview(page: Any) -> Any:
    return page.context_data["overview"]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def answer(alice: User) -> Message:
    """An answer of the model ``tiny``."""
    return answered(alice, actions.create_conversation(alice))


def answered(owner: User, talk: Conversation, text: str = "Because of lizards.") -> Message:
    asked = actions.send(owner, talk.pk, uuid4(), "Why?")
    generations.end_by_site(asked.generation, "cancelled")
    Message.objects.filter(pk=asked.answer).update(content=text, html=f"<p>{text}</p>", model="tiny")
    return Message.objects.get(pk=asked.answer)


def say(client: Client, message: Message, **frame: Any) -> tuple[int, Any]:
    answer = client.post(reverse("chat:rating", args=[message.pk]), json.dumps(frame), "application/json")
    return answer.status_code, answer.json()


def test_alice_rates_changes_her_mind_and_takes_it_back(alice: User, answer: Message) -> None:
    client = signed_in(alice)
    address = reverse("chat:rating", args=[answer.pk])
    assert client.get(address).json() == {"rating": {"value": ""}}
    assert say(client, answer, value="up")[0] == 200
    status, shown = say(client, answer, value="down", reason="wrong", comment=HOSTILE, may_be_read=True)
    comment = HOSTILE.replace("\x01", "")
    expected = {"value": "down", "reason": "wrong", "comment": comment, "may_be_read": True}
    assert (status, shown) == (200, {"rating": expected})
    assert client.get(address).json() == {"rating": expected}
    assert Rating.objects.get().model == "tiny"
    assert b'data-rating="down"' in client.get(reverse("chat:conversation", args=[answer.conversation_id])).content
    assert say(client, answer, value="") == (200, {"rating": {"value": ""}})
    assert say(client, answer, value="") == (200, {"rating": {"value": ""}}), "twice does no harm"
    assert not Rating.objects.exists()
    assert branch_out(answer.conversation)[-1].rating is None


def test_charlie_neither_reads_nor_rates_and_a_guest_is_sent_to_sign_in(
    alice: User, charlie: User, answer: Message
) -> None:
    rating.rate(alice, answer, "up")
    address = reverse("chat:rating", args=[answer.pk])
    assert signed_in(charlie).get(address).status_code == 404
    assert say(signed_in(charlie), answer, value="down")[0] == 404
    assert "/login/" in Client().get(address)["Location"]
    with pytest.raises(NotFound):
        rating.rate(charlie, answer, "down")
    assert [row.value for row in Rating.objects.all()] == ["up"]


@pytest.mark.parametrize(
    "frame",
    [
        {"value": "sideways"},
        {"value": "up", "reason": "because"},
        {"value": "up", "comment": "x" * 1001},
        {"value": ["up"]},
        {"value": "up", "comment": "\x00"},
        {"value": "up", "reason": {"a": 1}},
    ],
)
def test_what_is_no_rating_is_refused_and_leaves_the_old_one(
    alice: User, answer: Message, frame: dict[str, Any]
) -> None:
    rating.rate(alice, answer, "up")
    assert say(signed_in(alice), answer, **frame)[0] == 400
    assert [row.value for row in Rating.objects.all()] == ["up"]


def test_questions_deleted_and_empty_answers_are_not_rated(alice: User, answer: Message) -> None:
    assert answer.parent is not None
    with pytest.raises(Invalid):
        rating.rate(alice, answer.parent, "up")
    asked = actions.send(alice, answer.conversation_id, uuid4(), "And?")
    with pytest.raises(Invalid):
        rating.rate(alice, Message.objects.get(pk=asked.answer), "up")
    actions.stop(Generation.objects.get(pk=asked.generation))
    branches.remove(alice, answer)
    with pytest.raises(NotFound):
        rating.rate(alice, answer, "up")


def test_each_version_has_its_own(alice: User, answer: Message) -> None:
    rating.rate(alice, answer, "down")
    asked = actions.regenerate(alice, answer, uuid4())
    Message.objects.filter(pk=asked.answer).update(content="Other")
    generations.end_by_site(asked.generation, "cancelled")
    assert branch_out(Conversation.objects.get(pk=answer.conversation_id))[-1].rating != "down"
    branches.show(alice, answer)
    assert branch_out(Conversation.objects.get(pk=answer.conversation_id))[-1].rating == "down"


def test_two_devices_at_once_leave_one_rating(alice: User, answer: Message) -> None:
    for _ in range(5):
        Rating.objects.all().delete()
        at_once([lambda value=value: rating.rate(alice, answer, value) for value in ("up", "down", "up")])  # type: ignore[misc]
        assert Rating.objects.count() == 1


def test_ratings_leave_and_enter_with_the_conversation(alice: User, bob: User, answer: Message) -> None:
    rating.rate(alice, answer, "down", "wrong", "Not so.", may_be_read=True)
    document = export.as_json(answer.conversation)
    assert json.loads(document)["conversation"]["messages"][1]["rating"]["comment"] == "Not so."
    assert bring_in(bob, document).imported == 1
    row = Rating.objects.get(user=bob)
    assert (row.message.conversation, row.value, row.reason, row.model) == (imported(bob), "down", "wrong", "tiny")
    assert not row.may_be_read, "he never agreed to that"
    assert bring_in(bob, document).present == 1
    assert Rating.objects.filter(user=bob).count() == 1


def test_olga_sees_sums_and_words_only_where_they_may_be_read(olga: User, alice: User, answer: Message) -> None:
    client = signed_in(olga)
    rating.rate(alice, answer, "down", "wrong", "A secret of mine")
    listed = client.get(reverse("admin:chat_rating_changelist")).content.decode()
    assert "tiny" in listed and "Not correct" in listed and "secret" not in listed
    address = reverse("admin:chat_rating_change", args=[Rating.objects.get().pk])
    shown = client.get(address).content.decode()
    assert not any(words in shown for words in ("secret", "lizards", "Why?"))
    assert client.get(reverse("admin:chat_rating_changelist"), {"q": "secret"}).content.count(b"alice") == 0
    rating.rate(alice, answer, "down", "wrong", "Read <b>this</b>", may_be_read=True)
    shown = client.get(address).content.decode()
    assert all(words in shown for words in ("Read &lt;b&gt;this", "lizards", "Why?"))
    keeping.discard(alice, [answer.conversation_id])
    assert "lizards" not in client.get(address).content.decode(), "it is in the trash"


def test_sums_follow_what_the_list_is_narrowed_to(olga: User, alice: User, bob: User) -> None:
    for user, value, model in ((alice, "up", "tiny"), (alice, "down", "tiny"), (bob, "up", "large")):
        message = answered(user, actions.create_conversation(user))
        Message.objects.filter(pk=message.pk).update(model=model)
        rating.rate(user, message, value)
    client = signed_in(olga)
    page = client.get(reverse("admin:chat_rating_changelist"))
    (_, models), *_ = overview(page)
    assert [(line.name, line.up, line.down, line.share) for line in models] == [
        ("tiny", 1, 1, 0.5),
        ("large", 1, 0, 1.0),
    ]
    page = client.get(
        reverse("admin:chat_rating_changelist"), {"model": "large", "updated__gte": "2020-01-01 00:00:00+00:00"}
    )
    (_, models), *_ = overview(page)
    assert [(line.name, line.up, line.down) for line in models] == [("large", 1, 0)]


def test_members_and_staff_without_the_right_see_no_ratings(alice: User, bob: User, answer: Message) -> None:
    rating.rate(alice, answer, "up")
    address = reverse("admin:chat_rating_changelist")
    assert signed_in(alice).get(address).status_code in (302, 403)
    bob.is_staff = True
    bob.save()
    assert signed_in(bob).get(address).status_code == 403
    bob.user_permissions.add(Permission.objects.get(codename="view_rating"))
    client = signed_in(bob)
    assert client.get(address).status_code == 200
    gone = client.post(address, {"action": "delete_selected", "_selected_action": [Rating.objects.get().pk]})
    assert gone.status_code in (200, 302, 403) and Rating.objects.exists()


def test_sums_name_the_personas_that_all_may_see_and_no_other(olga: User, alice: User) -> None:
    for name, visibility in (("Salamander", "shared"), ("My secret friend", "mine")):
        persona = Persona.objects.create(owner=alice, visibility=visibility, updated=timezone.now())
        version = PersonaVersion.objects.create(persona=persona, number=1, name=name)
        Persona.objects.filter(pk=persona.pk).update(published=version, current=version)
        talk = actions.create_conversation(alice)
        Conversation.objects.filter(pk=talk.pk).update(persona_version=version)
        rating.rate(alice, answered(alice, talk), "up")
    page = signed_in(olga).get(reverse("admin:chat_rating_changelist"))
    _, (_, personas), *_ = overview(page)
    assert [(line.name, line.up) for line in personas] == [("", 1), ("Salamander", 1)]
    assert b"secret friend" not in page.content
