"""Several processes: all desks hear of a temporary question, one takes it, and the others let it go."""

import asyncio
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache

from chat.bus import bus
from chat.inference.placement import Offer, Seat
from chat.temporary.desk import LOST_SECONDS, WAIT_SECONDS, Desk
from chat.temporary.question import Question, rank_now, turns
from chat.temporary.words import TOPIC, Word

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


class Network:
    """Carries each word to every desk, as the bus of several processes does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, settings: object, *desks: Desk) -> None:
        settings.MULTIPROCESS = True  # type: ignore[attr-defined]
        self.said: list[Word] = []
        self.desks = desks
        monkeypatch.setattr(bus, "event", self.event)

    def event(self, topic: str, word: object) -> None:
        if topic == TOPIC and isinstance(word, Word):
            self.said.append(word)
            for desk in self.desks:
                desk.event(topic, word.model_dump_json())


class Temporary:
    """Stands in for what a node's session runs; the node itself is no part of the question who takes it."""

    def __init__(self) -> None:
        self.runs: dict[UUID, Question] = {}

    def of(self, user: int) -> int:
        return sum(question.user == user for question in self.runs.values())

    def start(self, question: Question, model: str, window: int | None) -> None:
        self.runs[question.generation] = question


class Session:
    closed = False

    def __init__(self) -> None:
        self.temporary = Temporary()


def question(user: int = 1) -> Question:
    return Question(
        generation=uuid4(), conversation=uuid4(), question=uuid4(), answer=uuid4(), user=user, concurrency=1, model="",
        said=turns([("user", "Why?")]), system="", sampling={}, rank=rank_now(), trace="",
    )  # fmt: skip


async def hand_out(desk: Desk, session: Session) -> None:
    seat = Seat("here", uuid4(), (Offer("tiny", 4, 4, window=2_048),), 4)
    await desk.hand_out(lambda: [seat], {"here": session}, lambda node, model: None)  # type: ignore[dict-item]


async def test_one_of_two_processes_takes_a_question_and_the_asking_one_knows(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    one, two = Desk(), Desk()
    network = Network(monkeypatch, settings, one, two)
    asked = question()
    one.ask(asked)
    assert one.waiting
    assert two.waiting
    here, there = Session(), Session()
    await hand_out(two, there)
    await hand_out(one, here)
    assert list(there.temporary.runs) == [asked.generation]
    assert not here.temporary.runs
    assert not one.waiting
    assert not two.waiting
    assert one.busy(asked.conversation)
    assert one.last(asked.conversation) is not None
    network.event(TOPIC, Word(do="over", generations=(asked.generation,)))
    assert not one.busy(asked.conversation)


async def test_two_that_see_it_in_the_same_moment_do_not_both_take_it(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    one, two = Desk(), Desk()
    network = Network(monkeypatch, settings, one, two)
    asked = question()
    one.ask(asked)
    # What the first says is still on its way.
    network.desks = ()
    here, there = Session(), Session()
    await hand_out(one, here)
    await hand_out(two, there)
    assert len(here.temporary.runs) + len(there.temporary.runs) == 1
    cache.delete(f"temporary:{asked.generation.hex}")


async def test_of_one_person_no_more_at_once_than_the_tier_allows(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    desk, session = Desk(), Session()
    Network(monkeypatch, settings, desk)
    for who in (1, 1, 2):
        desk.ask(question(who))
    await hand_out(desk, session)
    assert sorted(run.user for run in session.temporary.runs.values()) == [1, 2]
    assert desk.waiting


async def test_who_asked_earlier_in_the_queue_of_rows_goes_first(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    desk, session = Desk(), Session()
    Network(monkeypatch, settings, desk)
    asked = question()
    desk.ask(asked)
    seat = Seat("here", uuid4(), (Offer("tiny", 4, 4),), 4)
    sessions = {"here": session}
    await desk.hand_out(lambda: [seat], sessions, lambda node, model: None, asked.rank - 1)  # type: ignore[arg-type]
    assert not session.temporary.runs
    await desk.hand_out(lambda: [seat], sessions, lambda node, model: None, asked.rank)  # type: ignore[arg-type]
    assert session.temporary.runs


async def test_what_nobody_waits_for_any_more_is_let_go(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    """Its process died, or what it said at the end was lost: no other process keeps the question, nor answers it."""
    asking, other = Desk(), Desk()
    network = Network(monkeypatch, settings, asking, other)
    asked = question()
    asking.ask(asked)
    network.desks = ()
    clock = [asyncio.get_running_loop().time()]
    monkeypatch.setattr(Desk, "_now", staticmethod(lambda: clock[0]))
    clock[0] += WAIT_SECONDS - 1
    await other.tick({})
    assert other.waiting
    clock[0] += LOST_SECONDS + 2
    await other.tick({})
    assert not other.waiting
