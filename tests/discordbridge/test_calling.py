"""Calls of tools at Discord: what stands below the answer, who may decide, and sources as links."""

import datetime
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat import actions
from chat.models import Generation, ToolCall
from chat.models.generations import APPROVAL, SITE
from chat.tools.events import SourceOut, ToolCallOut
from chat.tools.shown import open_of
from discordbridge import buttons, calling
from discordbridge.actions import answers
from discordbridge.following import Finished, Progress, answer
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound
from meatlizard.threads import in_database
from tests.chat.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)


def call(state: str = "running", arguments: str = '{"word": "egg"}') -> ToolCallOut:
    return ToolCallOut(id=uuid4(), number=0, name="send", label="Send *it*", arguments=arguments, state=state)  # type: ignore[arg-type]


def source(number: int, address: str) -> SourceOut:
    return SourceOut(number=number, title="A", address=address, read=timezone.now())


def test_the_line_says_what_runs_and_what_is_asked() -> None:
    assert calling.line([call()]) == "-# 🔎 Send \\*it\\* …"
    assert "egg" in calling.line([call(), call("waiting")])
    assert calling.asked([call()]) is None


@pytest.mark.parametrize(
    ("arguments", "first"), [('{"word": "egg"}', "yes"), ('{"word": "' + "egg " * 80 + '"}', "look")]
)
@pytest.mark.asyncio
async def test_nobody_says_yes_to_what_is_not_shown_whole(arguments: str, first: str) -> None:
    asked = calling.asked([call("waiting", arguments)])
    assert asked is not None
    view = buttons.running(uuid4(), asked).view()
    names = [item.custom_id for item in view.children]  # type: ignore[attr-defined]
    assert [name.split(":")[1] for name in names] == [first, "no", "stop"]
    assert all(len(name) <= 100 for name in names)


def test_numbers_of_sources_are_links_but_not_in_code() -> None:
    known = [
        source(1, "https://example.org/a(b)>c d"),
        source(2, "/chat/knowledge/1/"),
        source(3, "https://example.org/3"),
    ]
    said = calling.cited(
        "As [1] and [1, 3] say, not [2] or [9].\n`a[1]`\n```\nb[1]\n```\n[1](https://x.example)", known
    )
    link, third = "[1](<https://example.org/a%28b%29%3Ec%20d>)", "[3](<https://example.org/3>)"
    assert said == f"As {link} and {link} {third} say, not [2] or [9].\n`a[1]`\n```\nb[1]\n```\n[1](https://x.example)"


def waiting(alice: User) -> tuple[actions.Asked, UUID]:
    asked = actions.send(alice, actions.create_conversation(alice).pk, uuid4(), "Why?")
    Generation.objects.filter(pk=asked.generation).update(model=APPROVAL, step=1)
    row = ToolCall.objects.create(
        message_id=asked.answer, generation_id=asked.generation, step=0, number=0, call="a", name="send", state="waiting",
        arguments='{"word": "egg"}', created=timezone.now(), until=timezone.now() + datetime.timedelta(hours=1),
    )  # fmt: skip
    return asked, row.pk


def test_a_stranger_neither_sees_nor_decides(alice: User, charlie: User) -> None:
    _, key = waiting(alice)
    for refused in (lambda: answers.decide(charlie, key, True), lambda: answers.arguments(charlie, key)):
        with pytest.raises(NotFound):
            refused()
    assert answers.arguments(alice, key) == '{"word": "egg"}'
    answers.decide(alice, key, True)
    assert Generation.objects.get().model == SITE


@pytest.mark.asyncio
async def test_who_follows_an_answer_hears_of_its_calls(alice: User) -> None:
    asked, key = await in_database(waiting, alice)
    await in_database(ToolCall.objects.update, until=timezone.now() + datetime.timedelta(hours=1))
    async with serving():
        news = answer(asked.conversation, asked.generation)
        state = await anext(news)
        assert isinstance(state, Progress)
        assert [one.state for one in state.calls] == ["waiting"]
        await in_database(answers.decide, alice, key, False)
        async for state in news:
            if isinstance(state, Finished) or not state.calls:
                break
        assert isinstance(state, Progress)
        assert await in_database(open_of, asked.generation) == ()
        await news.aclose()
