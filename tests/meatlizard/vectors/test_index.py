"""Vectors with whose they are: what one owner has, nobody else finds."""

from collections.abc import Callable

import pytest

from meatlizard.vectors import index
from meatlizard.vectors.models import Pending, StoredVector
from meatlizard.vectors.vector import Vector
from tests.fakes.embedder import FakeEmbedder

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ALICE, CHARLIE = "1", "2"
notes = index.collection("tests.notes")


Make = Callable[..., index.Item]


@pytest.fixture
def item(embedder: FakeEmbedder) -> Make:
    def make(key: str, text: str, owner: str = ALICE, scope: str = "home") -> index.Item:
        return index.Item(key, owner, scope, embedder.vector(text))

    return make


def found(question: Vector, owner: str = ALICE, scopes: list[str] | None = None, most: int = 10) -> list[str]:
    return [hit.key for hit in notes.search(question, owner, scopes, most)]


def test_the_nearest_come_first(item: Make, embedder: FakeEmbedder) -> None:
    notes.put([item("1", "tea with milk"), item("2", "the gecko sleeps"), item("3", "the gecko sleeps on a stone")])
    question = embedder.vector("gecko stone")
    hits = notes.search(question, ALICE, None, 2)
    assert [hit.key for hit in hits] == ["3", "2"]
    assert hits[0].similarity > hits[1].similarity > 0.3
    similarity = question.similarity(embedder.vector("the gecko sleeps on a stone"))
    assert hits[0].similarity == pytest.approx(similarity, abs=1e-3)
    assert found(question, most=0) == []


def test_only_the_owner_finds_it_and_only_within_the_scopes(item: Make, embedder: FakeEmbedder) -> None:
    notes.put([item("1", "gecko"), item("2", "gecko", scope="shed"), item("3", "gecko", owner=CHARLIE)])
    index.collection("tests.others").put([item("4", "gecko")])
    question = embedder.vector("gecko")
    assert set(found(question)) == {"1", "2"}
    assert found(question, CHARLIE) == ["3"]
    assert found(question, "nobody") == []
    assert found(question, scopes=["shed"]) == ["2"]
    assert found(question, scopes=["shed", "home", "' OR 1=1 --"], most=1) in (["1"], ["2"])
    assert found(question, CHARLIE, ["shed"]) == []
    assert found(question, scopes=[]) == []


def test_more_scopes_than_a_query_has_parameters_for(item: Make, embedder: FakeEmbedder) -> None:
    notes.put([item("1", "gecko")])
    assert found(embedder.vector("gecko"), scopes=[f"{number}" for number in range(70_000)] + ["home"]) == ["1"]


def test_vectors_of_another_model_are_not_found(item: Make, embedder: FakeEmbedder) -> None:
    notes.put([item("1", "gecko"), index.Item("2", ALICE, "home", Vector("other", embedder.vector("gecko").numbers))])
    question = embedder.vector("gecko")
    assert found(question) == ["1"]
    assert found(Vector("other", question.numbers)) == ["2"]
    assert notes.missing(["1", "2", "3"], question.model) == ["2", "3"]


def test_what_is_put_again_is_replaced(item: Make, embedder: FakeEmbedder) -> None:
    notes.put([item("1", "gecko")])
    notes.put([item("1", "something"), item("1", "tea", scope="shed")])
    (hit,) = notes.search(embedder.vector("tea"), ALICE, ["shed"], 10)
    assert hit.similarity == pytest.approx(1, abs=1e-3)
    assert found(embedder.vector("tea"), scopes=["home"]) == []
    notes.put([])


def test_what_is_deleted_is_gone_and_nothing_else(item: Make, embedder: FakeEmbedder) -> None:
    notes.put([item(f"{number}", "gecko") for number in range(600)])
    index.collection("tests.others").put([item("1", "gecko")])
    notes.renew(["1", "2", "2"])
    waiting = Pending.objects.filter(collection="tests.notes")
    assert waiting.count() == 2
    notes.delete([f"{number}" for number in range(599)])
    notes.delete(["no such thing"])
    assert found(embedder.vector("gecko")) == ["599"]
    assert waiting.count() == 0
    assert StoredVector.objects.filter(collection="tests.others").count() == 1


def test_a_scope_or_an_owner_goes_as_a_whole(item: Make, embedder: FakeEmbedder) -> None:
    things = [item("1", "gecko"), item("2", "gecko", scope="shed"), item("3", "gecko", owner=CHARLIE)]
    notes.put(things)
    index.collection("tests.others").put(things)
    notes.delete_scope("home")
    assert set(StoredVector.objects.filter(collection="tests.notes").values_list("key", flat=True)) == {"2"}
    notes.delete_owner(ALICE)
    assert not StoredVector.objects.filter(collection="tests.notes").exists()
    assert StoredVector.objects.filter(collection="tests.others").count() == 3
