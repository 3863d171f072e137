"""Alice finds what was meant in her conversations, and nobody finds what was meant in others'."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions, keeping, meaning, search
from chat.models import Conversation, Message
from chat.search import meaning as messages
from meatlizard.accounts.models import User
from meatlizard.vectors import index
from meatlizard.vectors.index import Item
from meatlizard.vectors.models import Pending
from meatlizard.vectors.vector import DIMENSIONS, MODEL, Vector

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def along(axis: int) -> Vector:
    return Vector.of(MODEL, [float(number == axis) for number in range(DIMENSIONS)])


def say(owner: User, text: str, talk: Conversation | None = None, **more: Any) -> Message:
    values = {"role": "user", "source": "person", "created": timezone.now(), **more}
    return Message.objects.create(conversation=talk or actions.create_conversation(owner), content=text, **values)


def indexed(texts: Mapping[str, Vector]) -> None:
    """Does what happens in the background, with a vector of ours for each text."""
    source = messages.Messages()
    keys = list(dict.fromkeys(Pending.objects.filter(collection=messages.NAME).values_list("key", flat=True)))
    found = source.read(keys)
    things = index.collection(messages.NAME)
    things.put([Item(key, text.owner, text.scope, texts[text.text]) for key, text in found.items()])
    things.remove([key for key in keys if key not in found])
    Pending.objects.all().delete()


def found(owner: User, asked: str, vector: Vector) -> list[tuple[str, bool]]:
    """The texts, and whether they were found by meaning."""
    keys = [(hit.message, one.by_meaning) for one in search.find(owner, asked, vector) for hit in one.hits]
    texts = dict(Message.objects.filter(pk__in=[key for key, _ in keys]).values_list("pk", "content"))
    return [(texts[key], near) for key, near in keys]


GECKO, LIZARD, TEA = "The gecko sleeps.", "A small reptile is resting.", "Green tea, please!"
NEAR: Mapping[str, Vector] = {GECKO: along(0), LIZARD: along(0), TEA: along(1)}


def test_what_means_the_same_stands_behind_what_has_the_words(alice: User, charlie: User) -> None:
    for text in (GECKO, LIZARD, TEA):
        say(alice, text)
    indexed(NEAR)
    assert found(alice, "gecko", along(0)) == [(GECKO, False), (LIZARD, True)]
    assert found(charlie, "gecko", along(0)) == []
    assert [one.by_meaning for one in search.find(alice, "gecko")] == [False], "without a vector words alone"


@pytest.mark.parametrize(
    ("asked", "texts"),
    [
        ('"gecko sleeps"', [GECKO]),
        ("gecko -reptile", [GECKO]),
        ("gecko from:model", []),
        ("gecko before:2001-01-01", []),
        ("gecko tag:nothing", []),
        ("-gecko", []),
    ],
)
def test_the_language_of_searches_holds_for_meaning_too(alice: User, asked: str, texts: list[str]) -> None:
    say(alice, GECKO)
    say(alice, LIZARD)
    indexed(NEAR)
    assert [text for text, _ in found(alice, asked, along(0))] == texts


def test_what_is_new_changed_or_gone_is_looked_at_again(alice: User) -> None:
    talk = actions.create_conversation(alice)
    said, empty = say(alice, GECKO, talk), say(alice, "", talk, role="assistant", source="model")
    assert list(Pending.objects.values_list("key", flat=True)) == [said.pk.hex]
    indexed(NEAR)
    Message.objects.filter(pk=empty.pk).update(content=LIZARD)
    Message.objects.filter(pk=said.pk).update(pinned=True)
    assert list(Pending.objects.values_list("key", flat=True)) == [empty.pk.hex]
    indexed(NEAR)
    assert len(found(alice, "anything", along(0))) == 2
    Message.objects.filter(pk=empty.pk).delete()
    assert list(Pending.objects.values_list("key", flat=True)) == [empty.pk.hex]
    indexed(NEAR)
    assert [text for text, _ in found(alice, "anything", along(0))] == [GECKO]
    assert index.collection(messages.NAME).missing([said.pk.hex, empty.pk.hex], MODEL) == [empty.pk.hex]


def test_what_is_given_to_somebody_else_is_found_by_them_alone(alice: User, bob: User) -> None:
    talk = say(alice, GECKO).conversation
    indexed(NEAR)
    Conversation.objects.filter(pk=talk.pk).update(owner=bob)
    assert found(alice, "anything", along(0)) == []
    indexed(NEAR)
    assert found(bob, "anything", along(0)) == [(GECKO, True)]
    assert found(alice, "anything", along(0)) == []


def test_nothing_in_the_trash(alice: User) -> None:
    talk = say(alice, GECKO).conversation
    say(alice, LIZARD, removed=timezone.now())
    indexed(NEAR)
    assert [text for text, _ in found(alice, "anything", along(0))] == [GECKO]
    keeping.discard(alice, [talk.pk])
    assert found(alice, "anything", along(0)) == []


def test_nothing_is_left_of_whose_account_is_gone(alice: User) -> None:
    key = say(alice, GECKO).pk.hex
    indexed(NEAR)
    alice.delete()
    assert index.collection(messages.NAME).missing([key], MODEL) == [key]


def test_everything_there_is_can_be_read_again_from_the_beginning(alice: User) -> None:
    keys = {say(alice, f"Message {number}").pk.hex for number in range(5)}
    source, after = messages.Messages(), ""
    seen: set[str] = set()
    while some := source.keys(after, 2):
        seen.update(some)
        after = some[-1]
    assert seen == keys
    assert source.count() == 5
    assert set(source.read([*keys, "nonsense", "0" * 32])) == keys


def test_the_page_says_whether_meaning_was_looked_at(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    say(alice, GECKO)
    say(alice, LIZARD)
    indexed(NEAR)
    client = Client()
    client.force_login(alice)

    def results(vector: Vector | None, asked: str = "gecko") -> tuple[bool, list[bool]]:
        monkeypatch.setattr(meaning, "waited_for", lambda question, seconds: vector)
        answer = client.get(reverse("chat:search"), {"q": asked}).json()
        return answer["by_meaning"], [one["by_meaning"] for one in answer["results"]]

    assert results(along(0)) == (True, [False, True])
    assert results(None) == (False, [False])
    assert results(None, '"gecko sleeps"') == (True, [False]), "whoever asks for words misses nothing"


@pytest.mark.django_db(transaction=True)
def test_triggers_are_there_again_after_migrations(alice: User) -> None:
    call_command("migrate", verbosity=0)
    key: UUID = say(alice, GECKO).pk
    assert Pending.objects.filter(key=key.hex).exists()
