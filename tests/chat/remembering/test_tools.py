"""``remember`` and ``recall``: a person's own facts, where they are told at all."""

from uuid import uuid4

import pytest

from chat import meaning
from chat.models import Conversation, Fact
from chat.remembering import actions, places
from chat.remembering.tools import recall, remember
from chat.tools import registry
from chat.tools.registry import Call
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.vectors.vector import Vector
from tests.chat.makers import ask_as

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(question: str, seconds: float = 0) -> Vector | None:
        return None

    monkeypatch.setattr(meaning, "of", nothing)


@pytest.fixture
def talk(alice: User) -> Conversation:
    return ask_as(alice).conversation


def of(user: User, talk: Conversation) -> Call:
    return Call(user, talk.pk, uuid4(), uuid4(), "web")


async def test_remembering_asks_first_and_recalling_does_not() -> None:
    there = registry.all()
    assert remember in there
    assert recall in there
    assert (remember.effects, remember.approval, recall.effects, recall.approval) == (True, True, False, False)


async def test_what_is_remembered_is_recalled(alice: User, talk: Conversation) -> None:
    await remember.run(of(alice, talk), '{"fact": "Keeps three leopard geckos."}')
    await remember.run(of(alice, talk), '{"fact": "Lives in Graz."}')
    assert (await Fact.objects.aget(text="Lives in Graz.")).origin == "asked"
    found = await recall.run(of(alice, talk), '{"about": "which geckos?"}')
    assert found.text == "- Keeps three leopard geckos."
    assert "Graz" in (await recall.run(of(alice, talk), "{}")).text
    assert "Nothing about this" in (await recall.run(of(alice, talk), '{"about": "trains"}')).text


async def test_nothing_of_one_person_by_anothers_call(alice: User, charlie: User, talk: Conversation) -> None:
    await remember.run(of(alice, talk), '{"fact": "Lives in Graz."}')
    for call in (of(charlie, talk), Call(charlie, uuid4(), uuid4(), uuid4(), "web")):
        with pytest.raises(Forbidden):
            await recall.run(call, "{}")
        with pytest.raises(Forbidden):
            await remember.run(call, '{"fact": "Is a spy."}')
    assert await Fact.objects.acount() == 1


async def test_no_longer_than_a_fact(alice: User, talk: Conversation) -> None:
    with pytest.raises(Invalid):
        await remember.run(of(alice, talk), '{"fact": "%s"}' % ("x" * 501))


@pytest.mark.parametrize("off", ["person", "conversation", "temporary", "discord"])
async def test_neither_where_it_is_off(
    alice: User, talk: Conversation, off: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from asgiref.sync import sync_to_async

    call = of(alice, talk)
    if off == "person":
        await sync_to_async(actions.switch)(alice, False)
    elif off == "conversation":
        await sync_to_async(actions.switch_in)(talk, False)
    elif off == "temporary":
        call = Call(alice, uuid4(), uuid4(), uuid4(), "web")
    else:
        await Conversation.objects.filter(pk=talk.pk).aupdate(place="discord")
        monkeypatch.setattr(places, "_private", lambda conversations: set())
    for one, given in ((recall, "{}"), (remember, '{"fact": "Lives in Graz."}')):
        with pytest.raises(Forbidden):
            await one.run(call, given)
    assert not await Fact.objects.aexists()


async def test_in_a_place_of_ones_own_on_discord(
    alice: User, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Conversation.objects.filter(pk=talk.pk).aupdate(place="discord")
    monkeypatch.setattr(places, "_private", lambda conversations: set(conversations))
    await remember.run(of(alice, talk), '{"fact": "Lives in Graz."}')
    assert "Graz" in (await recall.run(of(alice, talk), "{}")).text
