"""Vectors by connected machines: only by the one model, whatever its machine calls it."""

import asyncio
import base64
import logging
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from chat.embedding import Machines
from inference_client.protocol.messages import Embed, Embedded, Failed
from meatlizard.accounts.models import User
from meatlizard.vectors import embedding, probe
from meatlizard.vectors.vector import DIMENSIONS
from tests.chat.serving import serving
from tests.chat.test_node_socket import paired
from tests.fakes.node import FakeNode
from tests.models.minilm import REFERENCE, texts

pytestmark = pytest.mark.django_db(transaction=True)

KNOWN = dict(zip(texts(), np.load(REFERENCE).astype(np.float32), strict=False))
OTHER = [1.0] * DIMENSIONS


@asynccontextmanager
async def machine(olga: User, alias: str) -> AsyncIterator[FakeNode]:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello(alias, kind="embedding")
            yield node


async def answer(node: FakeNode, right: bool = True) -> list[str]:
    """Does one task as the model would, or as another one. Returns its texts."""
    job = await node.hear(Embed)
    vectors = [KNOWN[text] if right else OTHER for text in job.texts]
    made = tuple(base64.b64encode(struct.pack(f"<{DIMENSIONS}f", *one)).decode() for one in vectors)
    await node.say(Embedded(generation=job.generation, epoch=job.epoch, first=0, vectors=made))
    await node.finish(job)
    return list(job.texts)


async def test_a_machine_is_asked_once_it_has_shown_which_model_it_has(olga: User) -> None:
    machines = Machines()
    async with machine(olga, "whatever") as node:
        for known in (False, True):
            asked = asyncio.create_task(machines.embed(texts()[1:3]))
            if not known:
                assert await answer(node) == [probe.TEXT]
            assert await answer(node) == list(texts()[1:3])
            assert np.allclose(await asked, [KNOWN[text] for text in texts()[1:3]], atol=1e-6)


async def test_another_model_by_the_same_name_is_not_used(olga: User, caplog: pytest.LogCaptureFixture) -> None:
    machines = Machines()
    async with machine(olga, "all-MiniLM-L6-v2") as node:
        asked = asyncio.create_task(machines.embed(["The gecko sleeps."]))
        with caplog.at_level(logging.WARNING):
            assert await answer(node, right=False) == [probe.TEXT]
            with pytest.raises(embedding.Unavailable):
                await asked
        assert "chat.other_embedding_model" in caplog.text
        # And it is not asked again for every text.
        with pytest.raises(embedding.Unavailable):
            await machines.embed(["The gecko sleeps."])


async def test_without_a_machine_it_is_unavailable_and_a_failure_is_told_from_that(olga: User) -> None:
    machines = Machines()
    with pytest.raises(embedding.Unavailable) as none:
        await machines.embed(["The gecko sleeps."])
    assert not isinstance(none.value, embedding.Failed)
    async with machine(olga, "minilm") as node:
        asked = asyncio.create_task(machines.embed(["The gecko sleeps."]))
        await answer(node)
        job = await node.hear(Embed)
        await node.say(
            Failed(generation=job.generation, epoch=job.epoch, code="bad_text", detail="Cannot be read.", retry=False)
        )
        with pytest.raises(embedding.Failed):
            await asked


def test_the_probe_knows_the_model_and_no_other() -> None:
    assert texts()[0] == probe.TEXT
    assert probe.passes(KNOWN[probe.TEXT].tolist())
    rounded = np.round(KNOWN[probe.TEXT] * 50) / 50
    assert probe.passes(rounded.tolist())
    for wrong in (KNOWN[texts()[1]].tolist(), OTHER, [0.0] * DIMENSIONS, [1.0], (-KNOWN[probe.TEXT]).tolist()):
        assert not probe.passes(wrong)
