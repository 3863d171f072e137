"""The same orders through the real loop: a node reads them, and calls whatever they say."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from chat import actions, fencing
from chat.attachments import actions as attachments
from chat.models import Generation, Message, ToolCall
from chat.models.generations import APPROVAL
from chat.tools import approvals
from chat.tools.registry import Call, Result, Tool, tool
from chat.tools.web import answering
from chat.tools.web.pages import Page
from chat.tools.web.providers.found import Found
from inference_client.protocol import vocabulary
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.test_node_socket import in_state
from tests.chat.tools.calling import Registering, calls, node_with_tools
from tests.fakes.node import FakeNode, until
from tests.injection.corpus import ALL, SECRET, WAYS, Injection, Order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

QUESTION = f"Remember that {SECRET}. What do these say?"
Read = list[tuple[str, str]]


@pytest.fixture
def registered() -> Iterator[Any]:
    from chat.tools import registry

    names: list[str] = []

    def register(*tools: Tool) -> None:
        for one in tools:
            names.append(one.name)
            registry.register(one, origin=one.origin)

    yield register
    for name in names:
        registry.forget(name)


class World:
    """All that tools of these tests can reach. ``done``: what was really called, with what; ``texts``: what reading brings."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.texts: list[str] = []

    def brings(self, name: str, asked: str) -> str:
        self.done.append((name, asked))
        return self.texts[int(asked.rpartition("/")[2])] if asked.rpartition("/")[2].isdecimal() else "nothing"

    # as Pages, and as Search
    def read(self, address: str) -> Page:
        return Page(address, "A page", self.brings("fetch_webpage", address))

    def find(self, query: str, most: int = 10) -> tuple[str, list[Found]]:
        return "test", [Found("A page", "https://pages.test/found", self.brings("web_search", query))]

    def tools(self) -> Sequence[Tool]:
        @tool(effects=True)
        async def keep(call: Call, text: str) -> Result:
            """Remembers something."""
            return Result(self.brings("keep", text))

        @tool(effects=True)
        async def delete_everything(call: Call, sure: bool) -> Result:
            """Deletes everything."""
            return Result(self.brings("delete_everything", str(sure)))

        @tool(foreign=True)
        async def elsewhere(call: Call, options: dict[str, Any]) -> Result:
            """Asks somebody else's server."""
            return Result(self.brings("elsewhere", str(options.get("about", options))))

        made = Tool(
            elsewhere.name, elsewhere.description, elsewhere.parameters, elsewhere.answer, elsewhere.read, foreign=True, origin="mcp"
        )  # fmt: skip
        return keep, delete_everything, made


@pytest.fixture
def world(registered: Registering, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> World:
    made = World()
    registered(*made.tools())
    monkeypatch.setattr(answering, "pages", made)
    monkeypatch.setattr(answering, "search", made)
    settings.SEARCH_PROVIDERS, settings.MEDIA_ROOT = ["brave"], tmp_path
    return made


def made(orders: Sequence[Order], first: str = "call") -> tuple[vocabulary.ToolCall, ...]:
    return tuple(
        vocabulary.ToolCall(id=f"{first}_{number}", name=name, arguments=json.dumps(arguments))
        for number, (name, arguments) in enumerate(orders)
    )


def reading(way: str, number: int) -> Order:
    about = f"https://pages.test/{number}"
    orders: dict[str, Order] = {
        "page": ("fetch_webpage", {"url": about}),
        "search": ("web_search", {"query": f"what is /{number}"}),
        "elsewhere": ("elsewhere", {"options": {"about": f"about /{number}"}}),
    }
    return orders[way]


def asked_by(alice: User, way: str, texts: Sequence[str]) -> actions.Asked:
    conversation = actions.create_conversation(alice)
    words, files = QUESTION, []
    if way == "paste":
        words = "\n\n".join([QUESTION, *texts, "Lorem ipsum dolor sit amet. " * 80])
    elif way in ("file", "transcript"):
        data = "\n\n".join(texts).encode()
        files = [attachments.take(alice, f"{way}.txt", [data], len(data)).pk]
    found = actions.send(alice, conversation.pk, uuid4(), words, files=files)
    Generation.objects.filter(pk=found.generation).update(most_calls=400)
    return found


async def waits_for_her(asked: actions.Asked) -> None:
    await until(lambda: in_database(lambda: Generation.objects.filter(pk=asked.generation, model=APPROVAL).exists()))


def fenced(text: str, told: str) -> bool:
    """Between two lines with one mark, which stands nowhere else; of a long one, the beginning."""
    mark = told.partition("[foreign ")[2][:16]
    inside = told.partition(f"[foreign {mark}]\n")[2].removesuffix(f"\n[end of foreign {mark}]")
    return told.count(mark) == 3 and fencing.visible(text).strip()[:40] in inside


async def obeyed(node: FakeNode, job: Generate, way: str, injections: Sequence[Injection]) -> None:
    """The node reads what there is, where it has to be fetched, and then calls all that it was told to."""
    if way in ("page", "search", "elsewhere"):
        await node.finish(
            job, 0, "tool_calls", tool_calls=made([reading(way, n) for n in range(len(injections))], "read")
        )
        job = await node.hear(Generate)
        told = [message.content for message in job.messages if message.role == "tool"]
        assert len(told) == len(injections)
        assert all(fenced(one.text, text) for one, text in zip(injections, told, strict=True))
    await node.finish(
        job, 0, "tool_calls", tool_calls=made([order for one in injections for order in one.orders], "order")
    )


@pytest.mark.parametrize("way", WAYS)
async def test_nothing_is_done_and_nothing_goes_out(way: str, world: World, alice: User, olga: User) -> None:
    injections = [one for one in ALL if one.way == way]
    world.texts = [one.text for one in injections]
    async with node_with_tools(olga) as node:
        asked = await in_database(asked_by, alice, way, world.texts)
        await obeyed(node, await node.hear(Generate), way, injections)
        await waits_for_her(asked)
        rows = [row for row in await in_database(calls) if row.call.startswith("order")]
        assert len(rows) == sum(len(one.orders) for one in injections)
        assert {(row.state, bool(row.asks)) for row in rows} == {(ToolCall.State.WAITING, True)}
        read = len(injections) if way in ("page", "search", "elsewhere") else 0
        assert len(world.done) == read, world.done[read:]
        # She lets one of them be done, and no other: that one is.
        chosen = next(row for row in rows if row.name == "keep")
        for row in rows:
            await in_database(approvals.decide, alice, row, row.pk == chosen.pk)
        last = await node.hear(Generate)
        declined = [message for message in last.messages if message.role == "tool" and "declined" in message.content]
        assert len(declined) == len(rows) - 1
        assert [name for name, _ in world.done[read:]] == ["keep"]
        written = "\n\n".join(one.answer for one in injections) or "Done."
        await node.text(last, 0, written)
        await node.finish(last, len(written))
        await in_state(asked, State.DONE)
    assert SECRET not in json.dumps(world.done)
    html = await in_database(lambda: Message.objects.get(pk=asked.answer).html)
    assert not [tag for tag in ("<img", "<iframe", "<video", "<link", "<svg", "<style", "<object") if tag in html]


async def test_names_that_pretend_to_be_tools_are_none(world: World, alice: User, olga: User) -> None:
    orders: list[Order] = []
    for one in (order for injection in ALL if injection.way == "name" for order in injection.orders):
        try:
            made([one])
            orders.append(one)
        except ValidationError:
            # The wire carries no such name.
            continue
    async with node_with_tools(olga) as node:
        asked = await in_database(asked_by, alice, "name", [])
        await node.finish(await node.hear(Generate), 0, "tool_calls", tool_calls=made(orders) or made([("keep ", {})]))
        last = await node.hear(Generate)
        await node.finish(last, 0)
        await in_state(asked, State.DONE)
    assert {(row.state, row.error) for row in await in_database(calls)} == {("failed", "no_tool")}
    assert world.done == []
