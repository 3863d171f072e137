"""Routes of temporary chats: by rules, and without a row."""

import pytest

from chat.models import Route
from chat.routes import actions as routes
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from meatlizard.vectors import embedding
from tests.chat.serving import serving
from tests.chat.temporary.test_temporary import COUNTED, SECRET, answer, asked, begun, differing, everything
from tests.chat.test_chat_socket import Page, node_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def _routed() -> None:
    routes.switch(True)
    row = Route.objects.get(key="math")
    row.prompt, row.temperature, row.window = "Show each step.", 0.125, 1_000
    routes.save(row)


@pytest.mark.asyncio
async def test_rules_choose_its_route_and_nothing_of_that_is_written(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_database(_routed)

    async def nobody(*_: object) -> None:
        raise AssertionError("asked through rows")

    monkeypatch.setattr(embedding, "embed", nobody)
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny", tools=True)
        before = await in_database(everything)
        await begun(page)
        await asked(page, f"Solve x^2 - 5x + 6 = 0 for {SECRET}")
        job = await node.hear(Generate)
        assert "Show each step." in job.messages[0].content
        assert (job.sampling.temperature, job.tools) == (0.125, ())
        assert differing(before, await in_database(everything)) <= COUNTED
        end = await answer(page, node, job, "2 and 3.")
        assert (end["message"]["route"]["key"], end["message"]["route"]["stage"]) == ("math", "rules")
        await asked(page, "Solve 2 + 2", model="tiny", temperature=0.5)
        job = await node.hear(Generate)
        assert "Show each step." not in job.messages[0].content
        end = await answer(page, node, job, "4.")
        assert end["message"]["route"] is None
        await asked(
            page, "Solve x^2 - 5x + 6 = 0 for x", temperature=0.5, turns=[{"role": "user", "content": "egg " * 4_000}]
        )
        job = await node.hear(Generate)
        assert job.sampling.temperature == 0.5, "what the person chose counts more"
        assert not any("egg" in one.content for one in job.messages), "the route reads less"
        await answer(page, node, job, "2 and 3.")
