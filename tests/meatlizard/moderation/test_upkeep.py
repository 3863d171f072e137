"""A serving process hears of rules that another process has changed, and has old rows cleared away."""

import asyncio

import pytest

from meatlizard.jobs.models import Job
from meatlizard.moderation import rulebook, upkeep
from meatlizard.moderation.jobs import clear_old
from meatlizard.moderation.models import Policy, RuleSet
from meatlizard.threads import in_database
from tests.fakes.node import until
from tests.meatlizard.moderation.conftest import rule_set

pytestmark = [pytest.mark.django_db(transaction=True)]


async def test_what_another_process_changed_is_known_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulebook, "FRESH_SECONDS", 0.05)
    monkeypatch.setattr(upkeep, "CLEAR_SECONDS", 0.0)
    await in_database(lambda: rule_set("block", words="lizard"))

    def elsewhere() -> None:
        RuleSet.objects.update(enabled=False)
        Policy.objects.update(version=77)

    serving: asyncio.Future[None] = asyncio.ensure_future(upkeep.keep_rules())
    try:

        async def known(version: int) -> bool:
            book = rulebook.remembered()
            return book is not None and book.version == version

        await until(lambda: known(1))
        await in_database(elsewhere)
        await until(lambda: known(77))
        book = rulebook.remembered()
        assert book is not None
        assert not book.sets
        await until(lambda: Job.objects.filter(task=clear_old.module_path).aexists())
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
