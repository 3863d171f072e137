"""Layers of the system prompt: in which order and how much of them models read, and that each answer remembers what that was."""

from typing import Any, get_args
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from chat import actions, claims, keeping
from chat.models import Composition, Generation, OwnText, SiteText
from chat.models.prompts import EMPTY_COMPOSITION
from chat.prompting import compositions, layers, shipped, shown, site
from chat.prompting.layers import EMPTY, MAX_COMPOSED, ORDER, Layer, Source, compose
from chat.titles import request_title
from meatlizard.accounts.models import User
from tests.chat.makers import Asking, Pairing, claim_one

both = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def nothing_put_down_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test's database held is not in this one's."""
    monkeypatch.setattr(compositions, "_seen", {})


def one(name: str, text: str = "", source: Any = "shipped", version: str = "1") -> Layer:
    return Layer(name, text or f"The {name}.", source, version)


# composing ------------------------------------------------------------------------------------------------------------


def test_layers_are_read_in_their_order_and_empty_ones_vanish() -> None:
    made = compose(
        [one("conversation"), one("format", "  \n"), one("role"), one("folder", "Outer."), one("folder", "Inner.")]
    )
    assert made.text == "The role.\n\nOuter.\n\nInner.\n\nThe conversation."
    assert [layer.name for layer in made.layers] == ["role", "folder", "folder", "conversation"]


def test_nothing_to_say_is_an_empty_prompt_of_a_known_digest() -> None:
    assert compose([one("role", " ")]) == EMPTY
    assert (EMPTY.text, EMPTY.layers, EMPTY.digest) == ("", (), EMPTY_COMPOSITION)


def test_a_personas_role_takes_the_place_of_the_sites() -> None:
    made = compose([one("role", "The site's."), one("role", "A pirate.", "persona"), one("protocol")])
    assert made.text == "A pirate.\n\nThe protocol."


def test_what_cannot_be_stored_or_sent_keeps_no_answer_from_being_written() -> None:
    made = compose([one("role", "A\x00\ud800b"), one("lore", "\x00")])
    assert (made.text, len(made.layers)) == ("Ab", 1)


def test_every_layer_and_source_has_words_for_its_reader() -> None:
    assert set(shown.NAMES) == set(ORDER)
    assert set(shown.SOURCES) == set(get_args(Source))


def test_a_name_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="weather"):
        compose([one("weather")])


def test_too_much_is_cut_where_it_matters_least_and_says_so() -> None:
    long = "x" * 30_000
    given = [
        one("protocol"),
        one("folder", long, "folder"),
        one("folder", long, "folder"),
        one("person", long, "person"),
    ]
    made = compose([*given, one("conversation", long, "conversation"), one("lore", "y" * 20_000, "persona")])
    assert len(made.text) <= MAX_COMPOSED
    assert [(layer.name, layer.cut) for layer in made.layers] == [
        ("protocol", False), ("folder", True), ("folder", False), ("person", False), ("conversation", False),
    ]  # fmt: skip


LAYERS = st.builds(
    Layer, st.sampled_from(ORDER), st.text(max_size=60), st.sampled_from(["shipped", "persona", "person"]), st.just("1")
)


@given(st.lists(LAYERS, max_size=12), st.integers(0, 200))
def test_whatever_is_given_the_prompt_is_bounded_and_ordered_and_its_digest_is_its_own(
    given: list[Layer], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "MAX_COMPOSED", most)
        patch.setattr(layers, "GIVES_WAY", ORDER)
        layers._composed.cache_clear()
        made, again = compose(given), compose(list(given))
    layers._composed.cache_clear()
    assert len(made.text) <= most
    assert made.text == "\n\n".join(layer.text for layer in made.layers)
    assert [ORDER.index(layer.name) for layer in made.layers] == sorted(
        ORDER.index(layer.name) for layer in made.layers
    )
    assert all(layer.text.strip() for layer in made.layers)
    assert made == again


def test_equal_texts_of_another_version_are_another_composition() -> None:
    assert compose([one("role", version="1")]).digest != compose([one("role", version="2")]).digest


# the shipped texts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SiteText.Kind.values)
def test_each_text_is_shipped_with_a_version_and_is_short(kind: str) -> None:
    found = shipped.shipped(kind)
    assert int(found.version) >= 1
    assert 20 < len(found.text) < 600


def test_no_file_is_shipped_that_nothing_reads() -> None:
    assert {path.stem for path in shipped.TEXTS.iterdir()} == set(SiteText.Kind.values)


def test_a_text_without_its_version_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd.md").write_text("Be kind.")
    monkeypatch.setattr(shipped, "TEXTS", tmp_path)
    with pytest.raises(ValueError, match=r"odd\.md"):
        shipped.shipped("odd")


# what an answer's model reads -----------------------------------------------------------------------------------------


def site_text(kind: str, text: str = "", mode: str = "own") -> SiteText:
    version = SiteText.objects.filter(kind=kind).count() + 1
    return SiteText.objects.create(kind=kind, version=version, mode=mode, text=text, created=timezone.now())


def read(pair: Pairing, row: Generation) -> str:
    """What the model reads of the system prompt when ``row`` is claimed."""
    claimed = claims.claim("one", pair("tiny").pk, {"tiny": 4}, 4)
    (mine,) = [one for one in claimed if one.generation == row.pk]
    return "".join(turn.content for turn in mine.messages if turn.role == "system")


class TestReading:
    pytestmark = both

    def test_site_folder_person_and_conversation_are_read_in_this_order(
        self, alice: User, ask: Asking, pair: Pairing, settings: Any
    ) -> None:
        settings.PROMPT_LAYERS = True
        OwnText.objects.create(owner=alice, about="I teach.", answers="Short.", version=3)
        row = ask(alice)
        actions.configure(row.conversation, "", "In French.", None)
        keeping.move(alice, [row.conversation_id], keeping.save_folder(alice, None, "work", None, "Be formal.").pk)
        shipped_texts = [shipped.shipped(kind).text for kind in ("role", "protocol", "task-answer", "format-web")]
        own = "What the person you talk with says of themselves:\nI teach.\n\nHow they want to be answered:\nShort."
        assert read(pair, row) == "\n\n".join([*shipped_texts, "Be formal.", own, "In French."])
        row.refresh_from_db()
        told = compositions.read_for(row)
        assert told is not None
        assert [(layer["name"], layer["source"]) for layer in told] == [
            ("role", "shipped"), ("protocol", "shipped"), ("task", "shipped"), ("format", "shipped"),
            ("folder", "folder"), ("person", "person"), ("conversation", "conversation"),
        ]  # fmt: skip
        assert told[5]["version"] == "3"

    def test_somebody_elses_own_text_is_nobody_elses(self, alice: User, bob: User, ask: Asking, pair: Pairing) -> None:
        OwnText.objects.create(owner=bob, about="I am Bob.", version=1)
        assert read(pair, ask(alice)) == ""

    def test_what_an_operator_writes_takes_the_place_of_what_is_shipped_at_once(
        self, alice: User, bob: User, charlie: User, ask: Asking, pair: Pairing, settings: Any
    ) -> None:
        settings.PROMPT_LAYERS = True
        for kind in ("protocol", "task-answer", "format-web"):
            site_text(kind, mode="off")
        assert read(pair, ask(alice)) == shipped.shipped("role").text
        site_text("role", "You are a lizard.")
        assert read(pair, ask(bob)) == "You are a lizard."
        site_text("role", mode="off")
        assert read(pair, ask(charlie)) == ""

    def test_without_shipped_layers_only_what_people_wrote_is_read(
        self, alice: User, bob: User, ask: Asking, pair: Pairing, settings: Any
    ) -> None:
        settings.PROMPT_LAYERS = False
        assert read(pair, ask(alice)) == ""
        site_text("role", "You are a lizard.")
        assert read(pair, ask(bob)) == "You are a lizard."

    def test_equal_prompts_are_kept_once_and_referred_to(
        self, alice: User, bob: User, ask: Asking, pair: Pairing, settings: Any
    ) -> None:
        settings.PROMPT_LAYERS = True
        ask(alice)
        ask(bob)
        node = pair("tiny")
        assert len(claims.claim("one", node.pk, {"tiny": 4}, 4)) == 2
        stored = Composition.objects.get()
        assert set(Generation.objects.values_list("composition", flat=True)) == {stored.pk}

    def test_an_answer_without_a_system_prompt_says_so_and_costs_no_query_more(
        self, alice: User, ask: Asking, pair: Pairing
    ) -> None:
        row, node = ask(alice), pair("tiny")
        claim_one("one", node.pk, ["tiny"])
        row.refresh_from_db()
        assert compositions.read_for(row) == []
        assert not Composition.objects.exists()

    def test_a_second_answer_under_the_same_prompt_writes_one_row_and_reads_none(
        self, alice: User, bob: User, ask: Asking, pair: Pairing, settings: Any
    ) -> None:
        settings.PROMPT_LAYERS = True
        node = pair("tiny", "small")
        ask(alice)
        assert claim_one("one", node.pk, ["tiny"]) is not None
        settings.PROMPT_LAYERS = False
        first = ask(bob)
        with CaptureQueriesContext(connection) as without:
            assert claim_one("one", node.pk, ["tiny"]) is not None
        actions.stop(first)
        settings.PROMPT_LAYERS = True
        site.current()
        ask(bob, "And?")
        with CaptureQueriesContext(connection) as with_layers:
            assert claim_one("one", node.pk, ["tiny"]) is not None
        more = len(with_layers) - len(without)
        assert more == 1, [query["sql"] for query in with_layers.captured_queries]

    def test_who_lost_the_lease_does_not_say_what_was_read(self, alice: User, ask: Asking) -> None:
        row = ask(alice)
        row.lease_epoch += 1
        compositions.note([(row, compose([one("role")]))])
        row.refresh_from_db()
        assert row.composition_id == EMPTY.digest

    def test_a_title_is_asked_for_in_the_operators_words(self, alice: User, ask: Asking) -> None:
        row = ask(alice, "Why do lizards lie in the sun?")
        assert request_title(row.conversation_id)[0].content == shipped.shipped("task-title").text
        site_text("task-title", "Three words.")
        assert request_title(row.conversation_id)[0].content == "Three words."

    def test_compositions_go_when_no_answer_refers_to_them(self, alice: User, ask: Asking, pair: Pairing) -> None:
        row = ask(alice)
        actions.configure(row.conversation, "", "In French.", None)
        assert read(pair, row) == "In French."
        later = timezone.now() + 2 * compositions.KEPT
        assert compositions.purge(later) == 0
        actions.delete(row.conversation)
        assert compositions.purge() == 0, "not before its time"
        assert compositions.purge(later) == 1

    def test_looking_for_compositions_in_use_reads_the_answers_once(self, alice: User, ask: Asking) -> None:
        row, old = ask(alice), timezone.now() - 2 * compositions.KEPT
        keys = [uuid4() for _ in range(compositions.A_DELETION + 2)]
        Composition.objects.bulk_create([Composition(digest=key, layers=[], seen=old) for key in keys])
        Generation.objects.filter(pk=row.pk).update(composition=keys[0])
        with CaptureQueriesContext(connection) as asked:
            assert compositions.purge() == len(keys) - 1
        assert Composition.objects.get(seen=old).pk == keys[0]
        assert sum("chat_generation" in query["sql"] for query in asked) == 1

    def test_of_an_answer_from_before_nothing_is_known(self, alice: User, ask: Asking) -> None:
        row = ask(alice)
        for composition in (None, uuid4()):
            row.composition_id = composition
            assert compositions.read_for(row) is None
