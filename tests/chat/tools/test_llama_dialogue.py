"""The same by llama.cpp: the site, the client's real session, and the real engine that finds a call in what its model writes.

The tiny model cannot decide to call anything. A grammar makes it write what a larger one would; everything around that is real.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chat.models import Message, ToolCall
from inference_client.engines.base import Event, Job
from inference_client.engines.llama_cpp.spec import ModelSpec
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, in_state, paired
from tests.chat.tools.calling import Registering, echo
from tests.chat.tools.test_dialogue import client
from tests.models import MODEL_PATH

pytest.importorskip("llama_cpp")
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from tests.inference_client.test_llama_features import QWEN_TEMPLATE, saying

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio,
    pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there"),
]

CALL = '<tool_call>\n{"name": "echo", "arguments": {"word": "egg 🥚"}}\n</tool_call>'


class Made:
    """The engine, with what it is to write put into each job by how far the dialogue is."""

    def __init__(self, engine: LlamaCppEngine) -> None:
        self.engine = self
        self.jobs: list[Job] = []
        self._real = engine
        self.steps: AsyncIterator[list[Event]] = engine.steps()  # type: ignore[assignment]

    def submit(self, job: Any) -> None:
        self.jobs.append(job)
        told = [message.content for message in job.messages if message.role == "tool"]
        said = f"It says {told[0].rpartition(chr(10))[2]}" if told else f"I look.\n{CALL}"
        # Its window is too small for the site's own words and all the tools.
        short = tuple(message for message in job.messages if message.role != "system")
        tools = tuple(tool for tool in job.tools if tool.name == "echo")
        self._real.submit(replace(job, messages=short, tools=tools, sampling=saying(said)))

    def cancel(self, run: int) -> None:
        self._real.cancel(run)


async def test_a_call_in_its_text_is_made_and_its_answer_goes_on(
    alice: User, olga: User, registered: Registering
) -> None:
    registered(echo())
    engine = LlamaCppEngine(ModelSpec(MODEL_PATH, "tiny", slots=1, threads=1, chat_template=QWEN_TEMPLATE, tools=True))
    await engine.start()
    made = Made(engine)
    try:
        async with serving():
            node, _ = await paired(olga)
            async with node, client(node, made):  # type: ignore[arg-type]
                async with asyncio.timeout(60):
                    asked = await ask(alice, "Which word?")
                    await in_state(asked, State.DONE)
    finally:
        await engine.stop()
    first, second = [job for job in made.jobs if any("Which word" in one.content for one in job.messages)][:2]
    assert [tool.name for tool in first.tools if tool.name == "echo"] == ["echo"]
    assert [one.role for one in second.messages[-2:]] == ["assistant", "tool"]
    row = await in_database(Message.objects.get, pk=asked.answer)
    assert row.content == "I look.It says egg 🥚!"
    calls = await in_database(lambda: list(ToolCall.objects.values_list("name", "state", "at")))
    assert calls == [("echo", "done", len("I look."))]
