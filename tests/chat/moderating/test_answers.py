"""Answers under moderation's rules, over the real link: withheld, cut in the middle, masked, held, and shown after all."""

import asyncio
import json
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.inference import formatting
from chat.models import Chunk, Generation, Message
from chat.moderating import outgoing, watching
from chat.moderating.outgoing import TAIL
from inference_client.protocol.messages import Drop, Generate
from meatlizard.accounts.models import User
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions import cases, rule_sets, sanctions
from meatlizard.moderation.judging import Ready, by_words
from meatlizard.moderation.models import Action, Case, Policy
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page, conversation_of, node_for
from tests.fakes.node import FakeNode, until
from tests.meatlizard.moderation.conftest import rule_set

pytestmark = [pytest.mark.django_db(transaction=True)]

LONG = "It is a quiet afternoon in the garden and nothing much is going on. " * 5


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SECONDS", 0.02)
    # What is over of an answer is shown formatted at once.
    monkeypatch.setattr(formatting, "AFTER_SECONDS", 0)
    monkeypatch.setattr(formatting, "PACE_SECONDS", 0)


async def asked(page: Page, node: FakeNode, text: str = "Tell me.") -> Generate:
    assert page.user is not None
    talk = await conversation_of(page.user)
    await page.say(type="open", conversation=talk.pk)
    await page.say(type="send", request=uuid4(), conversation=talk.pk, text=text)
    return await node.hear(Generate)


def message(job: Generate) -> Message:
    return Message.objects.get(generations=job.generation)


async def stored(job: Generate, text: str) -> None:
    def there() -> bool:
        return "".join(Chunk.objects.filter(generation=job.generation).values_list("text", flat=True)) == text

    await until(lambda: in_database(there))


@pytest.mark.parametrize("where", ["answer", "thinking"])
async def test_a_blocked_answer_is_withheld_with_an_honest_notice_and_kept_for_moderators(
    alice: User, olga: User, mona: User, where: str
) -> None:
    await in_database(lambda: rule_set("block", words="lizard", scope="out", message="No lizards"))
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello()
        job = await asked(page, node)
        if where == "thinking":
            await node.text(job, 0, "A lizard?", thinking=True)
            await node.text(job, 9, "It is a gecko.")
            await node.finish(job, 23, thinking=9)
        else:
            await node.text(job, 0, "It is a lizard.")
            await node.finish(job, 15)
        ended = await page.until("generation.finished")
        assert (ended["reason"], ended["message"]["html"], ended["length"]) == ("withheld", "", 0)
        assert "withheld" in ended["message"]["notice"]
        assert not ended["message"]["cut"]
    row = await in_database(message, job)
    assert (row.content, row.html, row.thinking) == ("", "", "")
    case = await Case.objects.select_related("person").aget()
    assert (case.person, case.matched, case.content, case.told) == (
        alice,
        "lizard",
        Case.Content.WITHHELD,
        "No lizards.",
    )
    await in_database(cases.dismiss, mona, case)
    row = await in_database(message, job)
    if where == "answer":
        assert row.content == "It is a lizard."
        assert "lizard" in row.html
        assert (await Generation.objects.aget(message=row)).reason == "stop"


async def test_a_blocked_answer_is_cut_while_it_is_written(alice: User, olga: User) -> None:
    await in_database(lambda: rule_set("block", pattern=r"secret \d+", scope="out"))
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello()
        job = await asked(page, node)
        await node.text(job, 0, "The number is sec")
        await node.text(job, 17, "ret 42 and so on")
        assert (await node.hear(Drop)).generation == job.generation
        ended = await page.until("generation.finished")
        assert ended["reason"] == "withheld"
        assert not await Chunk.objects.aexists(), "nothing of it is left where a reload would find it"
    async with Page(alice) as later:
        await later.say(type="sync", generation=job.generation, length=0)
        assert (await later.until("generation.finished"))["message"]["html"] == ""


async def test_a_word_that_is_not_over_yet_is_no_reason_to_cut(alice: User, olga: User) -> None:
    await in_database(lambda: rule_set("block", words="ass", scope="out"))
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello()
        job = await asked(page, node)
        await node.text(job, 0, "You may ass")
        await stored(job, "You may ass")
        await asyncio.sleep(0.1)  # the watcher has looked at it several times
        await node.text(job, 11, "ume that.")
        await node.finish(job, 20)
        assert (await page.until("generation.finished"))["reason"] == "stop"
    assert (await in_database(message, job)).content == "You may assume that."


async def test_masked_answers_are_held_and_never_seen_unmasked(alice: User, olga: User) -> None:
    await in_database(lambda: rule_set("mask", words="lizard", scope="out"))
    text = f"Mind the lizard.\n\nMind the gecko.\n\n{LONG}"
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello()
        job = await asked(page, node)
        await node.text(job, 0, text)
        while len(page.texts.get(job.generation, "")) < len(text) - TAIL:
            assert "lizard" not in json.dumps(await page.frame())
        assert page.texts[job.generation] == text[:-TAIL].replace("lizard", "██████")
        await stored(job, text)
        async with Page(alice) as second:
            await second.say(
                type="open", conversation=(await Message.objects.aget(generations=job.generation)).conversation_id
            )
            await second.until("generation.stream")
            assert second.texts[job.generation] == text[:-TAIL].replace("lizard", "██████")
        await asyncio.sleep(0.1)  # for whatever would still be on its way
        await node.finish(job, len(text))
        while (event := await page.frame()) is None or event["type"] != "generation.finished":
            assert "lizard" not in json.dumps(event)
        html = event["message"]["html"]
        assert "lizard" not in html
        assert "██████" in html
    case = await Case.objects.aget()
    assert (case.content, case.kept) == (Case.Content.MASKED, text)


async def test_with_thinking_held_text_keeps_its_boundary(alice: User, olga: User) -> None:
    await in_database(lambda: rule_set("mask", words="lizard", scope="out"))
    thought, text = f"Hm, a lizard. {LONG}", f"The lizard. {LONG}"
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello()
        job = await asked(page, node)
        await node.text(job, 0, thought, thinking=True)
        await node.text(job, len(thought), text)
        whole = (thought + text).replace("lizard", "██████")
        while len(page.texts.get(job.generation, "")) < len(whole) - TAIL:
            await page.frame()
        assert page.texts[job.generation] == whole[:-TAIL]
        assert page.thinking[job.generation] == len(thought)
        await node.finish(job, len(whole), thinking=len(thought))
        assert (await page.until("generation.finished"))["message"]["thinking"] == len(thought)
    row = await in_database(message, job)
    assert (row.thinking, row.content) == (whole[: len(thought)], whole[len(thought) :])


async def test_where_answers_are_held_blocked_text_is_never_seen(alice: User, olga: User) -> None:
    def on() -> None:
        rule_set("block", words="lizard", scope="out")
        rule_sets.set_policy(olga, Policy(hold_answers=True))

    await in_database(on)
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello()
        job = await asked(page, node)
        await node.text(job, 0, LONG)
        await node.text(job, len(LONG), "\n\nHere is a lizard for you.\n\n" + LONG)
        while (event := await page.frame()) is None or event["type"] != "generation.finished":
            assert "lizard" not in json.dumps(event)
        assert "lizard" not in page.texts.get(job.generation, "")


async def test_a_reload_in_the_middle_shows_nothing_of_what_is_blocked(alice: User, olga: User) -> None:
    """Between two looks of the watcher the text is stored already."""
    await in_database(lambda: rule_set("block", words="lizard", scope="out"))
    shown = outgoing.visible("A lizard is here.", 0)
    assert shown == ("", 0)
    assert outgoing.visible("A gecko is here.", 3) == ("A gecko is here.", 3)


async def test_an_answer_that_the_site_ends_is_checked_too(alice: User, olga: User) -> None:
    await in_database(lambda: rule_set("block", words="lizard", scope="out"))
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello()
        job = await asked(page, node)
        await node.text(job, 0, "A lizard")  # at the very end: no word yet while it goes on
        await stored(job, "A lizard")

        def end() -> bool:
            from chat import generations

            row = Generation.objects.get(pk=job.generation)
            return generations.end_by_site(row.pk, "failed", "gone", "The machine went away.", epoch=row.lease_epoch)

        assert await in_database(end)
        ended = await page.until("generation.finished")
        assert ended["message"]["html"] == ""
        assert ended["message"]["error"] == "The machine went away."
        assert "withheld" in ended["message"]["notice"]


async def test_a_flagged_answer_is_shown_and_no_rule_costs_watching(alice: User, olga: User) -> None:
    await in_database(lambda: rule_set("block", words="gecko", scope="in"))
    await in_database(rulebook.refresh)
    assert watching.begin() is None
    await in_database(lambda: rule_set("flag", words="lizard", scope="out"))
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello()
        job = await asked(page, node)
        await node.text(job, 0, "A lizard.")
        await node.finish(job, 9)
        assert "lizard" in (await page.until("generation.finished"))["message"]["html"]
    assert (await Case.objects.aget()).target == f"message:{(await in_database(message, job)).pk}"


async def test_a_suspension_closes_open_pages_and_the_next_is_refused(alice: User, olga: User, mona: User) -> None:
    async with serving(), Page(alice) as page:
        await in_database(sanctions.suspend, mona, alice, "spam", None)
        await page.until("signed_out")
        assert (await page.communicator.receive_output(timeout=10))["code"] == 4403
    await in_database(alice.refresh_from_db)
    async with Page(alice) as again:
        await again.until("signed_out")
        assert (await again.communicator.receive_output(timeout=10))["code"] == 4403


async def test_a_rule_that_suspends_signs_out_who_asks(alice: User, olga: User) -> None:
    await in_database(lambda: rule_set("suspend", words="lizard", scope="in", days=1))
    async with serving(), Page(alice) as page:
        talk = await conversation_of(alice)
        await page.say(type="send", request=uuid4(), conversation=talk.pk, text="A lizard")
        # In this order: a page that hears nothing of the refusal asks again when it comes back.
        assert (await page.until("error"))["code"] == "blocked"
        await page.until("signed_out")
    assert not await Message.objects.aexists()


# --- pieces -----------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from(["lizard", "bad word", "x", " ", ". ", "é", "lizards", "\n"]), max_size=60),
    st.integers(0, 80),
    st.lists(st.integers(1, 30), min_size=1, max_size=40),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_an_answer_arrives_what_is_released_is_masked_as_the_whole_would_be(
    parts: list[str], boundary: int, steps: list[int]
) -> None:
    text = "".join(parts)
    boundary = min(boundary, len(text))
    rules = [Ready(1, "mask", Action.MASK, find=by_words("lizard\nbad word", False))]
    thoughts, answer = text[:boundary], text[boundary:]
    from meatlizard.moderation.judging import look

    whole = look(rules, thoughts).masked + look(rules, answer).masked
    spans: list[tuple[int, int]] = []
    checked = released = 0
    shown = ""
    for number in range(len(text)):
        upto = min(len(text), checked + steps[number % len(steps)])
        if upto == checked:
            break
        blocked, more = watching.found(rules, text[:upto], min(boundary, upto), checked)
        assert not blocked
        spans += more
        checked = upto
        end = max(released, checked - TAIL // 6)
        shown += outgoing.spans_hidden(text[:upto], spans, released, end)
        released = end
    # What stands at the very end of the thinking is known to be a word only once the answer has begun.
    edge = {at for word in ("lizard", "bad word") for at in range(max(0, boundary - len(word)), boundary)}
    assert len(shown) == released
    assert all(a == b for at, (a, b) in enumerate(zip(shown, whole, strict=False)) if at not in edge)
