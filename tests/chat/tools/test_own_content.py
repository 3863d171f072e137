"""``search_my_content``: everything of a person's own, and nothing of anybody else's."""

from uuid import uuid4

import pytest
from django.utils import timezone

from chat import actions, meaning
from chat.knowledge import actions as knowledge
from chat.knowledge import adding, sources
from chat.models import Conversation, Message
from chat.remembering import places
from chat.tools import registry
from chat.tools.own_content import search_my_content
from chat.tools.registry import Call
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.vectors.vector import Vector
from paste import actions as pastes
from paste.contents import Draft
from shortener import actions as links

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(question: str, seconds: float = 0) -> Vector | None:
        return None

    monkeypatch.setattr(meaning, "of", nothing)


@pytest.fixture
def hers(alice: User) -> str:
    """One of each kind of Alice's; returns the slug of the paste."""
    talk = actions.create_conversation(alice)
    Message.objects.create(
        conversation=talk, role="user", source="person", content="The ultraviolet lamp broke.", created=timezone.now()
    )
    adding.add_note(knowledge.make(alice, "Lizards"), "Lamps", "Ultraviolet light for ten hours.")
    paste, _token = pastes.create(alice, [Draft("lamps.txt", b"ultraviolet: 20 watts")], title="Watts")
    links.create(alice, target="https://example.org/uv", title="Ultraviolet shop")
    return paste.slug


def of(user: User, talk: Conversation | None = None, place: registry.Place = "web") -> Call:
    return Call(user, talk.pk if talk else uuid4(), uuid4(), uuid4(), place)


async def test_all_kinds_are_found_with_where_they_are(alice: User, hers: str) -> None:
    assert search_my_content in registry.all()
    assert search_my_content.foreign, "what is found may hold what strangers wrote"
    found = await search_my_content.run(of(alice), '{"query": "ultraviolet"}')
    for kind in ("conversation", "document", "paste", "link"):
        assert f"({kind}, " in found.text
    addresses = [source.address for source in found.sources]
    assert len(addresses) == 4
    assert f"/p/{hers}/" in addresses
    assert "https://example.org/uv" in addresses


async def test_nothing_of_hers_by_anothers_call(alice: User, charlie: User, hers: str) -> None:
    found = await search_my_content.run(of(charlie), '{"query": "ultraviolet"}')
    assert found.sources == ()
    assert "ultraviolet" not in found.text.lower()


async def test_one_kind_alone(alice: User, hers: str) -> None:
    found = await search_my_content.run(of(alice), '{"query": "ultraviolet", "kind": "paste"}')
    assert [source.title for source in found.sources] == ["Watts"]
    with pytest.raises(Invalid, match="link"):
        await search_my_content.run(of(alice), '{"query": "ultraviolet", "kind": "secrets"}')


@pytest.mark.parametrize("query", ["\\u0000", "' OR 1=1 --", "before:nonsense", '\\"', "%", "tag:x -y"])
async def test_whatever_is_asked_is_words(alice: User, hers: str, query: str) -> None:
    await search_my_content.run(of(alice), f'{{"query": "{query}"}}')


async def test_not_the_conversation_that_is_being_held(alice: User, hers: str) -> None:
    talk = await Conversation.objects.aget(owner=alice)
    found = await search_my_content.run(of(alice, talk), '{"query": "ultraviolet", "kind": "conversation"}')
    assert found.sources == ()


async def test_not_where_others_read_along(alice: User, hers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_private", lambda conversations: set())
    talk = await Conversation.objects.aget(owner=alice)
    await Conversation.objects.filter(pk=talk.pk).aupdate(place="discord")
    for call in (of(alice, talk, "discord"), of(alice, None, "discord")):
        with pytest.raises(Forbidden):
            await search_my_content.run(call, '{"query": "ultraviolet"}')


def test_a_paste_becomes_a_document_by_its_owner_alone(alice: User, charlie: User, hers: str) -> None:
    assert [item.key for item in sources.find(alice, "paste", "watts")] == [hers]
    assert list(sources.find(charlie, "paste")) == []
    row = adding.add_from(knowledge.make(alice, "Pastes"), alice, "paste", hers)
    assert (row.name, row.state) == ("Watts", "read")
    assert "20 watts" in row.text
    with pytest.raises(NotFound):
        adding.add_from(knowledge.make(charlie, "Theirs"), charlie, "paste", hers)
