"""Texts to vectors: in batches, by the first embedder that can, with the questions asked last remembered."""

import asyncio
from collections.abc import Sequence

import pytest

from meatlizard.vectors import embedding
from meatlizard.vectors.vector import MODEL, Vector
from tests.fakes.embedder import FakeEmbedder


async def test_any_number_of_texts_goes_in_batches_and_stays_in_order(embedder: FakeEmbedder) -> None:
    texts = [f"text {number}" for number in range(250)]
    vectors = await embedding.embed(texts)
    assert vectors == [embedder.vector(text) for text in texts]
    assert await embedding.embed([]) == []
    assert len(embedder.asked) == 250


async def test_an_empty_text_has_a_vector_too(embedder: FakeEmbedder) -> None:
    (vector,) = await embedding.embed([""])
    assert vector == embedder.vector(" ")


async def test_the_next_embedder_is_asked_where_the_first_is_unavailable(embedder: FakeEmbedder) -> None:
    second = FakeEmbedder()
    embedding.register("second", second, rank=1)
    await embedding.embed(["one"])
    assert (embedder.asked, second.asked) == (["one"], [])
    embedder.available = False
    await embedding.embed(["two"])
    assert (embedder.asked, second.asked) == (["one"], ["two"])
    second.available = False
    with pytest.raises(embedding.Unavailable):
        await embedding.embed(["three"])


@pytest.mark.parametrize("answer", [[], [[0.0] * 384], [[1.0] * 383], [[float("nan")] * 384], [[1.0] * 384] * 2])
async def test_what_is_no_vector_is_not_taken(embedder: FakeEmbedder, answer: list[list[float]]) -> None:
    class Broken:
        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            return answer

    embedding.register("broken", Broken(), rank=-1)
    assert await embedding.embed(["one"]) == [embedder.vector("one")]
    embedder.available = False
    with pytest.raises(embedding.Unavailable):
        await embedding.embed(["one"])


async def test_questions_asked_last_are_remembered(embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "REMEMBERED", 2)
    for question in ("one", "two", "one", "three", "one", "two"):
        assert await embedding.embed_query(question) == embedder.vector(question)
    assert embedder.asked == ["one", "two", "three", "two"]
    embedder.available = False
    assert await embedding.embed_query("two") == embedder.vector("two")
    with pytest.raises(embedding.Unavailable):
        await embedding.embed_query("three")


async def test_a_question_waits_no_longer_than_it_may(embedder: FakeEmbedder) -> None:
    class Slow:
        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            await asyncio.Event().wait()
            raise AssertionError

    embedding.register("slow", Slow(), rank=-1)
    with pytest.raises(embedding.Unavailable):
        await embedding.embed_query("one", seconds=0.01)


def test_vectors_have_length_one_and_are_compared_within_a_model(embedder: FakeEmbedder) -> None:
    one, same, other = (embedder.vector(text) for text in ("a warm stone", "stone, a WARM", "tea"))
    assert one.similarity(same) == pytest.approx(1, abs=1e-3)
    assert one.similarity(other) == pytest.approx(0, abs=0.25)
    assert sum(number * number for number in one.floats()) == pytest.approx(1, abs=1e-3)
    with pytest.raises(ValueError, match="cannot be compared"):
        one.similarity(Vector("another", same.numbers))
    assert one.model == MODEL
    assert repr(one) == f"Vector(model='{MODEL}')"
