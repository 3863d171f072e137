"""What is new becomes vectors in the background: once, as it stands by then, through failures, races and deletions."""

import asyncio
import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from meatlizard.threads import close_thread_connections, in_database
from meatlizard.vectors import embedding, index, pending, rebuilding, registry, upkeep
from meatlizard.vectors.models import Pending, StoredVector
from meatlizard.vectors.registry import Text
from meatlizard.vectors.vector import MODEL, Vector
from tests.fakes.embedder import FakeEmbedder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

NAME = "tests.notes"
notes = index.collection(NAME)


class Notes:
    """Things by key; their keys in the order of numbers."""

    label = "notes"

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def read(self, keys: Collection[str]) -> Mapping[str, Text]:
        return {key: Text("alice", "home", self.texts[key]) for key in keys if key in self.texts}

    def keys(self, after: str, most: int) -> Sequence[str]:
        return sorted((key for key in self.texts if int(key) > int(after or 0)), key=int)[:most]

    def count(self) -> int:
        return len(self.texts)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[Notes]:
    monkeypatch.setattr(registry, "_sources", {})
    made = Notes()
    registry.register(NAME, made)
    yield made
    close_thread_connections()


def write(source: Notes, **texts: str) -> None:
    keys = [key.removeprefix("n") for key in texts]
    source.texts |= dict(zip(keys, texts.values(), strict=True))
    notes.renew(keys)


def found(embedder: FakeEmbedder, question: str) -> list[str]:
    hits = notes.search(embedder.vector(question), "alice", None, 10)
    return [hit.key for hit in hits if hit.similarity > 0.5]


async def all_done() -> None:
    while await upkeep.work_off():
        pass


async def test_what_is_new_is_found_soon_and_what_changed_by_its_new_text(
    source: Notes, embedder: FakeEmbedder
) -> None:
    await in_database(write, source, n1="a gecko", n2="tea")
    await in_database(write, source, n1="a skink")
    await all_done()
    assert await in_database(found, embedder, "skink") == ["1"]
    assert await in_database(found, embedder, "gecko") == []
    assert sorted(embedder.asked) == ["a skink", "tea"]
    assert not await upkeep.work_off()
    assert await in_database(Pending.objects.count) == 0


async def test_many_go_a_hundred_at_a_time(source: Notes, embedder: FakeEmbedder) -> None:
    await in_database(write, source, **{f"n{number}": f"text {number}" for number in range(1, 251)})
    steps = [await upkeep.work_off() for _ in range(4)]
    assert steps == [True, True, True, False]
    assert await in_database(StoredVector.objects.count) == 250


async def test_what_is_gone_by_then_leaves_no_vector(source: Notes, embedder: FakeEmbedder) -> None:
    await in_database(write, source, n1="a gecko", n2="a gecko")
    await all_done()
    source.texts.clear()
    await in_database(notes.renew, ["1"])
    await in_database(notes.delete, ["2"])
    await all_done()
    assert await in_database(StoredVector.objects.count) == 0
    assert await in_database(Pending.objects.count) == 0


@pytest.mark.parametrize("what", ["deleted", "changed"])
async def test_what_happens_while_the_vector_is_made(
    source: Notes, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    made = embedder.embed

    async def slowly(texts: Sequence[str]) -> list[tuple[float, ...]]:
        monkeypatch.setattr(embedder, "embed", made)
        if what == "deleted":
            source.texts.pop("1")
            await in_database(notes.delete, ["1"])
        else:
            await in_database(write, source, n1="a skink")
        return await made(texts)

    monkeypatch.setattr(embedder, "embed", slowly)
    await in_database(write, source, n1="a gecko")
    await all_done()
    assert await in_database(found, embedder, "gecko") == []
    assert await in_database(found, embedder, "skink") == (["1"] if what == "changed" else [])


async def test_whose_all_is_deleted_while_a_vector_is_made_leaves_none(
    source: Notes, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave() -> None:
        source.texts.clear()
        notes.delete_owner("alice")

    async def slowly(texts: Sequence[str]) -> list[tuple[float, ...]]:
        await in_database(leave)
        return [embedder.numbers(text) for text in texts]

    monkeypatch.setattr(embedder, "embed", slowly)
    await in_database(write, source, n1="a gecko", n2="a skink")
    await all_done()
    assert await in_database(StoredVector.objects.count) == 0
    assert await in_database(Pending.objects.count) == 0


async def test_without_an_embedder_it_waits_and_loses_nothing(source: Notes, embedder: FakeEmbedder) -> None:
    embedder.available = False
    await in_database(write, source, n1="a gecko")
    for _ in range(7):
        with pytest.raises(embedding.Unavailable):
            await upkeep.work_off()
    embedder.available = True
    await all_done()
    assert await in_database(found, embedder, "gecko") == ["1"]


async def test_who_is_ended_in_the_middle_lets_others_go_on_at_once(source: Notes, embedder: FakeEmbedder) -> None:
    begun = asyncio.Event()

    class Stuck:
        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

    embedding.register("stuck", Stuck(), rank=-1)
    await in_database(write, source, n1="a gecko")
    task = asyncio.create_task(upkeep.work_off())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    embedding._embedders.pop("stuck")
    await all_done()
    assert await in_database(found, embedder, "gecko") == ["1"]


async def test_who_vanishes_loses_it_to_others_when_the_lease_runs_out(source: Notes, embedder: FakeEmbedder) -> None:
    await in_database(write, source, n1="a gecko")
    taken = await in_database(pending.take)
    assert taken is not None
    assert not await upkeep.work_off()
    past = timezone.now() - datetime.timedelta(seconds=1)
    await in_database(Pending.objects.update, due=past)
    await all_done()
    assert await in_database(found, embedder, "gecko") == ["1"]
    # Back again, and nothing is its any more.
    assert await in_database(pending.store, taken, {"1": embedder.vector("tea")}) == 0
    assert await in_database(found, embedder, "gecko") == ["1"]


async def test_a_text_that_no_model_can_read_keeps_no_other_back(
    source: Notes, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = embedder.embed

    async def choking(texts: Sequence[str]) -> list[tuple[float, ...]]:
        if "poison" in texts:
            raise embedding.Failed
        return await made(texts)

    monkeypatch.setattr(embedder, "embed", choking)
    await in_database(write, source, n1="poison", n2="a gecko", n3="tea")
    for _ in range(pending.ATTEMPTS + 3):
        await all_done()
        await in_database(Pending.objects.update, due=timezone.now())
    assert await in_database(found, embedder, "gecko") == ["2"]
    assert await in_database(Pending.objects.count) == 0
    assert await in_database(StoredVector.objects.count) == 2


async def test_the_service_goes_on_after_trouble(
    source: Notes, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(upkeep, "LONGEST_PAUSE", 0.02)
    embedder.available = False
    task: asyncio.Task[None] = asyncio.ensure_future(upkeep.keep_up())
    try:
        await in_database(write, source, n1="a gecko")
        await asyncio.sleep(0.05)
        embedder.available = True
        async with asyncio.timeout(20):
            while not await in_database(found, embedder, "gecko"):
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# --- brought back in line ------------------------------------------------------------------------------------------------


def broken(source: Notes, embedder: FakeEmbedder) -> None:
    """One has no vector, one a vector of another model, one is gone and has a vector still."""
    source.texts = {"1": "a gecko", "2": "a skink", "3": "tea"}
    other = Vector("other", embedder.vector("a skink").numbers)
    vectors = {"2": other, "3": embedder.vector("tea"), "4": embedder.vector("a newt")}
    notes.put([index.Item(key, "alice", "home", one) for key, one in vectors.items()])


async def test_what_is_out_of_line_is_noticed_and_made_anew(source: Notes, embedder: FakeEmbedder) -> None:
    assert await in_database(rebuilding.in_line)
    await in_database(broken, source, embedder)
    assert not await in_database(rebuilding.in_line)
    await upkeep.look_after()
    assert await in_database(rebuilding.in_line)
    await all_done()
    assert sorted(embedder.asked) == ["a gecko", "a skink"]
    for question, wanted in (("gecko", ["1"]), ("skink", ["2"]), ("tea", ["3"]), ("newt", [])):
        assert await in_database(found, embedder, question) == wanted


def one_for_another(source: Notes, embedder: FakeEmbedder) -> None:
    """What a deletion leaves that was not committed yet when a vector was stored; and beside it a text that has none."""
    source.texts = {"1": "a gecko", "2": "tea"}
    notes.put(
        [index.Item(key, "alice", "home", embedder.vector(text)) for key, text in (("2", "tea"), ("4", "a newt"))]
    )


async def test_one_too_many_and_one_too_few_are_noticed_by_whoever_looks_at_all(
    source: Notes, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_database(one_for_another, source, embedder)
    await upkeep.look_after()
    await all_done()
    assert await in_database(found, embedder, "newt") == ["4"], "the counts are right"
    monkeypatch.setattr(upkeep, "CHECK_SECONDS", 0.01)
    checks: asyncio.Task[None] = asyncio.ensure_future(upkeep.keep_whole())
    try:
        async with asyncio.timeout(20):
            while await in_database(found, embedder, "newt"):
                await asyncio.sleep(0.01)
            while not await in_database(found, embedder, "gecko"):
                await all_done()
                await asyncio.sleep(0.01)
    finally:
        checks.cancel()
        await asyncio.gather(checks, return_exceptions=True)


async def test_the_check_makes_no_more_waiting_than_is_worked_off(
    source: Notes, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "MOST_WAITING", 0)
    monkeypatch.setattr(upkeep, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(rebuilding, "PART", 2)
    source.texts = {f"{number}": f"text {number}" for number in range(1, 6)}
    task = asyncio.create_task(upkeep.look_after())
    waiting = []
    async with asyncio.timeout(20):
        while not task.done():
            waiting.append(await in_database(pending.waiting))
            await upkeep.work_off()
            await asyncio.sleep(0)
    await all_done()
    assert max(waiting) <= 2
    assert await in_database(StoredVector.objects.count) == 5


def test_the_command_makes_all_anew_and_goes_on_where_it_was(
    source: Notes, embedder: FakeEmbedder, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(source, embedder)
    embedder.available = False
    with pytest.raises(CommandError, match="it goes on"):
        call_command("vectors", "rebuild")
    assert notes.missing(["1", "2", "3"], MODEL) == ["1", "2"]
    embedder.available = True
    call_command("vectors", "rebuild")
    call_command("vectors", "rebuild")
    assert sorted(embedder.asked) == ["a gecko", "a skink"]
    printed = capsys.readouterr().out
    assert f"{NAME}: 3 things, 3 vectors of {MODEL}, 0 of other models, 0 waiting" in printed
    assert "index: " in printed
