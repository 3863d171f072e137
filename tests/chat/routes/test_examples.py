"""What questions are compared with, and what the comparison is measured on, have nothing in common; and the comparison is worth it."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.routing.messages import messages
from chat.routes import shipped, similar
from chat.routes.rules import Question, guess
from chat.routes.table import Route
from meatlizard.vectors.vector import MODEL, Vector
from tests.models.minilm import PACKAGE, converted, weights
from tests.services.programs import missing

EXAMPLES = [(one.key, text) for one in shipped.ROUTES for text in shipped.examples(one.key)]
SAME = 0.9
"""Cosine from which two texts are taken for one and the same question in other words."""


def bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def test_no_message_is_an_example_and_none_stands_there_twice() -> None:
    told = [bare(text) for _, text in EXAMPLES]
    asked = [(bare(one.text), one.images) for one in messages()]
    assert len(set(told)) == len(told)
    assert len(set(asked)) == len(asked)
    assert not set(told) & {text for text, _ in asked}


def test_the_messages_are_many_balanced_and_of_several_languages() -> None:
    said = messages()
    count = Counter(one.route for one in said)
    assert len(said) >= 300
    assert set(count) == {one.key for one in shipped.ROUTES}
    assert max(count.values()) - min(count.values()) <= 5
    assert len({one.language for one in said}) >= 6
    assert max(len(one.text) for one in said) > 500
    assert all((one.images > 0) == (one.route == "vision") for one in said)


def test_every_route_but_the_one_that_looks_has_examples() -> None:
    assert {key for key, _ in EXAMPLES} == {one.key for one in shipped.ROUTES} - {shipped.VISION}
    assert shipped.examples("../examples/math") == ()


@pytest.fixture(scope="module")
def vectors() -> dict[str, Vector]:
    """Of every example and message, made by the real weights."""
    pytest.importorskip("llama_cpp")
    folder = weights()
    if folder is None:
        missing(f"The package {PACKAGE} is not installed")
    texts = [text for _, text in EXAMPLES] + [one.text or " " for one in messages()]
    return dict(zip(texts, asyncio.run(_vectors(converted(folder), texts)), strict=True))


async def _vectors(path: Path, texts: Sequence[str]) -> list[Vector]:
    from bench.embeddings import Ours
    from inference_client.engines.llama_cpp.engine import LlamaCppEngine
    from inference_client.engines.llama_cpp.spec import ModelSpec

    engine = LlamaCppEngine(ModelSpec(path, "minilm", kind="embedding", threads=1))
    await engine.start()
    try:
        ours = Ours(engine)
        made = [one for at in range(0, len(texts), 60) for one in await ours.vectors(tuple(texts[at : at + 60]))]
    finally:
        await engine.stop()
    return [Vector.of(MODEL, one.tolist()) for one in made]


def test_no_message_says_in_other_words_what_an_example_says(vectors: dict[str, Vector]) -> None:
    near = []
    for one in messages():
        asked = vectors[one.text or " "].floats()
        for _, text in EXAMPLES:
            cosine = sum(a * b for a, b in zip(asked, vectors[text].floats(), strict=True))
            if cosine >= SAME:
                near.append(f"{cosine:.2f} {one.text!r} / {text!r}")
    assert not near


def test_the_comparison_is_worth_waiting_for(vectors: dict[str, Vector]) -> None:
    """On messages that nobody looked at while rules were written; the figures are in docs/PERFORMANCE.md."""
    by_route: dict[str, list[Vector]] = {}
    for key, text in EXAMPLES:
        by_route.setdefault(key, []).append(vectors[text])
    middles, routes = similar.middles(by_route), [Route(one.key, one.name) for one in shipped.ROUTES]
    by_rules = by_both = 0
    held = messages()[1::2]
    for one in held:
        said = guess(Question(one.text, one.images), routes)
        first = said.route if said else shipped.GENERAL
        by_rules += first == one.route
        if not (said and said.sure):
            likeness = {key: vectors[one.text or " "].similarity(middle) for key, middle in middles.items()}
            first = similar.weighed(likeness, said)[0][1]
        by_both += first == one.route
    assert by_both / len(held) > 0.8
    assert by_both > by_rules * 1.3
