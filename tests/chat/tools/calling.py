"""Tools of the tests' own, and a node that calls them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from django.utils import timezone

from chat import actions
from chat.models import Generation, ToolCall
from chat.tools.registry import Call, Result, Source, Tool, tool
from inference_client.protocol import vocabulary
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import paired
from tests.fakes.node import FakeNode, until

Registering = Callable[..., None]
PAGE = "https://example.org/lizards"


def calling(*names: str, arguments: str = '{"word": "egg"}') -> tuple[vocabulary.ToolCall, ...]:
    return tuple(
        vocabulary.ToolCall(id=f"call_{number}", name=name, arguments=arguments) for number, name in enumerate(names)
    )


def echo(**more: Any) -> Tool:
    """Says the word again."""

    async def echo(call: Call, word: str) -> Result:
        """Says a word again."""
        return Result(f"{word}!", (Source("Lizards", PAGE, timezone.now(), "about eggs"),), cost=7)

    return tool(**more)(echo)


@asynccontextmanager
async def node_with_tools(olga: User) -> AsyncIterator[FakeNode]:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", tools=True)
            yield node


def calls() -> list[ToolCall]:
    return list(ToolCall.objects.order_by("number"))


async def waits_for_site(asked: actions.Asked) -> None:
    await until(lambda: in_database(lambda: Generation.objects.filter(pk=asked.generation, step=1).exists()))
