"""Temporary chats: answered like any other, and written down nowhere: not before, not while, not after."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection

from chat.allowance import USUAL_ANSWER
from chat.temporary.desk import desk
from inference_client.protocol.messages import Drop, Failed, Generate, Stop
from meatlizard.accounts.models import Tier, User
from meatlizard.budgets import actions as budgets
from meatlizard.budgets.models import Reservation, WeeklyUse
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page, node_for
from tests.fakes.node import FakeNode, until
from tests.meatlizard.moderation.conftest import Switching

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SECRET = "zanzibar"
"""Said in the chat, and in no row, log line or cache entry."""

COUNTED = {"budgets_weeklyuse", "budgets_reservation"}
"""Where numbers may change: the person's week, and what is set aside under a key that stands nowhere else."""

MOVING = {"chat_node", "chat_nodesample", "django_session", "jobs_job"}
"""What a connected machine and a page's sign-in write, whoever asks what."""


def everything() -> dict[str, list[str]]:
    """All rows of all tables, as text."""
    tables = connection.introspection.table_names()
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted(repr(row) for row in cursor.fetchall())
    assert {model._meta.db_table for model in apps.get_models()} <= set(found)
    return found


def differing(before: dict[str, list[str]], after: dict[str, list[str]]) -> set[str]:
    assert not any(SECRET in row.lower() for rows in after.values() for row in rows), "the words are in the database"
    return {table for table in after if before.get(table) != after[table]} - MOVING


async def begun(page: Page) -> str:
    await page.say(type="temporary.begin")
    return str((await page.until("temporary"))["conversation"])


async def asked(page: Page, text: str = f"Where is {SECRET}?", **more: Any) -> str:
    """Asks, and returns the answer's generation."""
    await page.say(type="temporary.ask", request=uuid4(), text=text, **more)
    question = await page.until("message.added")
    assert text in question["message"]["html"]
    return str((await page.until("message.added"))["message"]["generation"])


async def answer(page: Page, node: FakeNode, job: Generate, text: str) -> dict[str, Any]:
    await node.text(job, 0, text)
    await node.finish(job, len(text))
    assert (await page.until("temporary.text"))["content"] == text
    return await page.until("generation.finished")


@pytest.mark.asyncio
async def test_nothing_is_written_before_while_and_after(
    alice: User, olga: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        before = await in_database(everything)
        talk = await begun(page)
        generation = await asked(page)
        job = await node.hear(Generate)
        assert str(job.generation) == generation
        assert job.messages[-1].content == f"Where is {SECRET}?"
        await node.text(job, 0, f"{SECRET} is ")
        await until(lambda: _is(page.texts.get(job.generation) == f"{SECRET} is ", page))
        while_running = await in_database(everything)
        assert differing(before, while_running) <= COUNTED
        await node.text(job, 12, "**far**.")
        await node.finish(job, 20)
        end = await page.until("generation.finished")
        assert end["conversation"] == talk
        assert "<strong>far</strong>" in end["message"]["html"]
        await until(lambda: in_database(lambda: not Reservation.objects.exists()))
        after = await in_database(everything)
        assert differing(before, after) <= {"budgets_weeklyuse"}
    assert differing(before, await in_database(everything)) <= {"budgets_weeklyuse"}
    assert SECRET not in caplog.text.lower()
    week = await in_database(WeeklyUse.objects.get)
    assert (week.used, week.reserved) == (5, 0)


async def _is(condition: bool, page: Page) -> bool:
    if not condition:
        await page.frame()
    return condition


@pytest.mark.asyncio
async def test_the_page_sends_what_was_said_and_an_answer_follows_on_it(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await begun(page)
        await asked(page, "Why?", system_prompt="Be brief.", temperature=0.5, model="tiny")
        job = await node.hear(Generate)
        assert job.sampling.temperature == 0.5
        assert "Be brief." in job.messages[0].content
        await answer(page, node, job, "Because.")
        said = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]
        await asked(page, "And then?", turns=said)
        job = await node.hear(Generate)
        assert [message.content for message in job.messages if message.role != "system"] == [
            "Why?",
            "Because.",
            "And then?",
        ]
        await answer(page, node, job, "So.")


@pytest.mark.asyncio
async def test_a_long_chat_is_trimmed_and_says_so(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await begun(page)
        said = [{"role": ("user", "assistant")[at % 2], "content": f"{at} " + "word " * 200} for at in range(20)]
        await asked(page, "And now?", turns=said)
        job = await node.hear(Generate)
        assert 1 < len(job.messages) < 20
        end = await answer(page, node, job, "Yes.")
        assert "older messages were left out" in end["message"]["notice"]


@pytest.mark.asyncio
async def test_stop_is_confirmed_by_the_node_and_charged(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await begun(page)
        generation = await asked(page)
        job = await node.hear(Generate)
        await node.text(job, 0, "Once ")
        await page.say(type="stop", generation=generation)
        await node.hear(Stop)
        await node.finish(job, 5, "cancelled")
        end = await page.until("generation.finished")
        assert (end["reason"], end["message"]["state"]) == ("cancelled", "cancelled")
        await until(lambda: in_database(lambda: not Reservation.objects.exists()))
    assert (await in_database(WeeklyUse.objects.get)).used == 5


@pytest.mark.asyncio
async def test_a_page_that_goes_takes_its_chat_with_it(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node:
        await node.hello("tiny")
        async with Page(alice) as page:
            await begun(page)
            await asked(page)
            job = await node.hear(Generate)
        await node.hear(Stop)
        await node.finish(job, 0, "cancelled")
        await until(lambda: in_database(lambda: not Reservation.objects.exists()))
        await until(lambda: _nothing_left())


async def _nothing_left() -> bool:
    await asyncio.sleep(0.01)
    return not (desk._asked or desk._waiting or desk._last)


@pytest.mark.asyncio
async def test_a_machine_that_goes_fails_the_answer_and_a_failure_is_free(alice: User, olga: User) -> None:
    async with serving(), Page(alice) as page:
        async with await node_for(olga) as node:
            await node.hello("tiny")
            await begun(page)
            await asked(page)
            job = await node.hear(Generate)
            await node.text(job, 0, "Once ")
        end = await page.until("generation.finished")
        assert end["reason"] == "failed"
        assert "went away" in end["message"]["error"]
        await until(lambda: in_database(lambda: not Reservation.objects.exists()))
    assert (await in_database(WeeklyUse.objects.get)).used == 0


@pytest.mark.asyncio
async def test_what_the_machine_cannot_answer_says_why(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await begun(page)
        await asked(page)
        job = await node.hear(Generate)
        await node.say(
            Failed(generation=job.generation, epoch=job.epoch, code="prompt_too_long", detail="Too long.", retry=False)
        )
        end = await page.until("generation.finished")
        assert end["message"]["error"] == "Too long."


@pytest.mark.asyncio
async def test_a_stop_that_is_not_confirmed_ends_all_the_same(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.temporary.desk.STOP_SECONDS", 0.0)
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await begun(page)
        generation = await asked(page)
        await node.hear(Generate)
        await page.say(type="stop", generation=generation)
        await node.hear(Stop)
        await node.hear(Drop)
        assert "did not confirm" in (await page.until("generation.finished"))["message"]["error"]


@pytest.mark.asyncio
async def test_without_a_machine_it_is_refused_at_once(alice: User) -> None:
    async with serving(), Page(alice) as page:
        await begun(page)
        await page.say(type="temporary.ask", request=uuid4(), text="Why?")
        assert (await page.until("error"))["code"] == "offline"
    assert not await in_database(Reservation.objects.exists)


@pytest.mark.asyncio
async def test_who_waits_for_a_slot_gets_it_and_who_waits_too_long_is_told(
    alice: User, bob: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as one, Page(bob) as two:
        await node.hello("tiny", slots=1)
        await begun(one)
        await begun(two)
        await asked(one, "First?")
        first = await node.hear(Generate)
        generation = await asked(two, "Second?")
        assert (await two.until("generation.queued"))["position"] == 1
        await answer(one, node, first, "One.")
        second = await node.hear(Generate)
        assert str(second.generation) == generation
        await asked(one, "Third?")
        monkeypatch.setattr("chat.temporary.desk.WAIT_SECONDS", 0.0)
        assert "No machine was free" in (await one.until("generation.finished"))["message"]["error"]
        await answer(two, node, second, "Two.")


@pytest.mark.asyncio
async def test_one_answer_at_a_time_and_none_before_it_begins(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await page.say(type="temporary.ask", request=uuid4(), text="Why?")
        assert (await page.until("error"))["code"] == "no_temporary"
        await begun(page)
        await asked(page)
        await node.hear(Generate)
        request = uuid4()
        await page.say(type="temporary.ask", request=request, text="Again?")
        refused = await page.until("error")
        assert (refused["code"], refused["request"]) == ("answer_running", str(request))


@pytest.mark.asyncio
async def test_beyond_the_weeks_tokens_nothing_is_sent(alice: User, olga: User) -> None:
    tier = await in_database(
        lambda: Tier.objects.create(name="small", title="Small", weekly_tokens=60, storage_bytes=0)
    )
    alice.tier = tier
    await in_database(alice.save)
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await begun(page)
        await page.say(type="temporary.ask", request=uuid4(), text="word " * 300)
        refused = await page.until("error")
        assert refused["code"] == "budget_exceeded"
        assert "next week begins" in refused["message"]
    assert not await in_database(Reservation.objects.exists)


@pytest.mark.asyncio
async def test_where_chats_are_moderated_there_are_none(alice: User, olga: User, rule: Switching) -> None:
    """Moderation keeps what it finds; a chat that nothing keeps would be a way around it."""
    await in_database(rule, "flag", words=SECRET)
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await begun(page)
        await page.say(type="temporary.ask", request=uuid4(), text="Why?")
        assert (await page.until("error"))["code"] == "temporary_off"
    assert not await in_database(Reservation.objects.exists)


@pytest.mark.asyncio
async def test_charlie_neither_hears_nor_stops_it(alice: User, charlie: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page, Page(charlie) as stranger:
        await node.hello("tiny")
        talk = await begun(page)
        generation = await asked(page)
        job = await node.hear(Generate)
        for wish in (
            {"type": "open", "conversation": talk},
            {"type": "stop", "generation": generation},
            {"type": "sync", "generation": generation, "length": 0},
        ):
            await stranger.say(**wish)
            assert (await stranger.until("error"))["code"] == "not_found"
        await node.text(job, 0, "Once ")
        await page.say(type="sync", generation=generation, length=0)
        while page.texts.get(job.generation) != "Once ":
            await page.frame()
        assert not stranger.texts
        await answer_rest(page, node, job)


async def answer_rest(page: Page, node: FakeNode, job: Generate) -> None:
    await node.finish(job, 5)
    await page.until("generation.finished")


@pytest.mark.asyncio
async def test_text_that_is_no_schema_is_refused(alice: User) -> None:
    async with serving(), Page(alice) as page:
        for bad in (
            {"text": ""},
            {"text": "x", "turns": [{"role": "system", "content": "x"}]},
            {"text": "x", "more": 1},
        ):
            await page.say(type="temporary.ask", request=uuid4(), **bad)
            assert (await page.until("error"))["code"] == "bad_frame"


@pytest.mark.asyncio
async def test_an_answer_of_another_process_that_dies_is_given_up(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk of this process is told that another took the question; then it hears nothing more."""
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        monkeypatch.setattr(desk, "hand_out", _taken_elsewhere)
        monkeypatch.setattr("chat.temporary.desk.LOST_SECONDS", 0.2)
        await begun(page)
        await asked(page)
        assert "went away" in (await page.until("generation.finished"))["message"]["error"]
        await until(lambda: in_database(lambda: not Reservation.objects.exists()))
    assert (await in_database(WeeklyUse.objects.get)).used == 0


async def _taken_elsewhere(*args: Any) -> None:
    from chat.temporary.words import TOPIC, Word

    for generation in list(desk._waiting):
        desk.event(TOPIC, Word(do="taken", generations=(generation,), node=uuid4(), model="tiny").model_dump_json())


def test_what_a_crashed_process_had_set_aside_is_free_again(alice: User) -> None:
    from datetime import timedelta

    from django.utils import timezone

    budgets.reserve(alice, uuid4(), 10, USUAL_ANSWER, timezone.now() - timedelta(seconds=1))
    assert budgets.expire() == 1
    week = WeeklyUse.objects.get()
    assert (week.used, week.reserved) == (0, 0)
