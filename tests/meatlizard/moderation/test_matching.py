"""What rules find in texts, where, and what is left of it when it is masked."""

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meatlizard.errors import Invalid
from meatlizard.moderation.folding import fold
from meatlizard.moderation.judging import Ready, by_links, by_pattern, by_words, look, look_at_part
from meatlizard.moderation.models import Action
from meatlizard.moderation.patterns import Pattern
from meatlizard.moderation.spans import BAR, masked, merged
from meatlizard.moderation.words import WordList


def found(lines: str, text: str, lookalikes: bool = False) -> list[str]:
    return [text[start:end] for start, end in WordList(lines, lookalikes).find(fold(text, lookalikes))]


def words(action: Action, lines: str, lookalikes: bool = False, id: int = 1) -> Ready:
    return Ready(id, f"rule {id}", action, find=by_words(lines, lookalikes))


@pytest.mark.parametrize(
    ("lines", "text", "expected"),
    [
        ("lizard", "A LIZARD, lizards, blizzard; lizard", ["LIZARD", "lizard"]),
        ("straße", "STRASSE und Straße", ["STRASSE", "Straße"]),
        ("bad word", "bad-word, BAD  word, badword, bad. Word, bad _ . word", ["bad-word", "BAD  word", "bad. Word"]),
        ("İstanbul", "İSTANBUL", ["İSTANBUL"]),
        ("ς", "Σ σ ς", ["Σ", "σ", "ς"]),
        ("fin\u0303al", "fiñal", ["fiñal"]),
        ("secret", "s\u200be\u00adcret", ["s\u200be\u00adcret"]),
        ("ﬁne", "FINE", ["FINE"]),
        ("中文", "我的中文字", ["中文"]),
        ("don't", "DON’T do it", ["DON’T"]),
        ("தமிழ்", "அது தமிழ் ஆகும்", ["தமிழ்"]),
        ("one\n\none two", "one two", ["one", "one two"]),
        ("lizard", "", []),
        ("lizard", "\u0301\u0301lizard", ["lizard"]),
    ],
)
def test_words_are_found_whole_in_any_case(lines: str, text: str, expected: list[str]) -> None:
    assert found(lines, text) == expected


@pytest.mark.parametrize("text", ["l1zard", "ＬＩＺＡＲＤ", "lízärd", "Iizard", "lіzаrd", "1iz4rd"])
def test_look_alikes_are_found_only_where_asked_for(text: str) -> None:
    assert found("lizard", text, lookalikes=True) == [text]
    if text != "ＬＩＺＡＲＤ":  # the same letters, only wider: no matter of looks
        assert found("lizard", text) == []


@pytest.mark.parametrize("lines", ["", "  \n ", "c++", "f*ck", "x" * 101, "?"])
def test_a_list_that_cannot_work_is_refused_with_its_line(lines: str) -> None:
    with pytest.raises(Invalid) as refused:
        WordList(f"good\n{lines}" if lines.strip() else lines)
    if lines.strip():
        assert "2" in refused.value.message


def test_a_pattern_is_found_in_any_case_with_offsets_in_code_points() -> None:
    text = "😀é Card 1234-5678 end"
    (span,) = Pattern(r"card \d{4}-\d{4}").find(text)
    assert text[slice(*span)] == "Card 1234-5678"
    assert list(Pattern("(?-i)card").find("Card card")) == [(5, 9)]


@pytest.mark.parametrize("pattern", ["", "(", "a*", "(?=a)b", r"(a)\1", "x" * 1_001, "a{1,9999}", "\ud800", "|a"])
def test_a_pattern_that_cannot_work_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(Invalid) as refused:
        Pattern(pattern)
    assert len(refused.value.message) > 20


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+$", r"(a|aa)+$", r"(a*)*b", r"(.*a){20}b", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(\w+\s?)+!$", r"(x+x+)+y"],
)
def test_hostile_patterns_take_no_longer_than_others(pattern: str) -> None:
    """In a backtracking engine each of these takes longer than the universe has been there."""
    rule = Ready(1, "hostile", Action.BLOCK, find=by_pattern(pattern))
    for text in ("a" * 65_536 + "\n", "ax" * 32_768, "x" * 65_536):
        began = time.process_time()
        look([rule], text)
        assert time.process_time() - began < 5


@pytest.mark.parametrize("text", ["a" + "\u0301\u0323" * 50_000, "\u0323" * 100_000, "ﷺ" * 20_000, "👩‍👩‍👧‍👦" * 10_000])
def test_hostile_texts_take_no_longer_than_others(text: str) -> None:
    for lookalikes in (False, True):
        began = time.process_time()
        assert list(WordList("lizard", lookalikes).find(fold(text, lookalikes))) == []
        assert time.process_time() - began < 10


def test_links_are_counted() -> None:
    rule = Ready(1, "links", Action.FLAG, find=by_links(3))
    assert not look([rule], "http://a.org https://b.org")
    assert look([rule], "http://a.org https://b.org www.c.org")


def test_the_strongest_action_wins_whatever_the_order() -> None:
    flag, mask, block = words(Action.FLAG, "a", id=1), words(Action.MASK, "b", id=2), words(Action.BLOCK, "c", id=3)
    for rules in ([flag, mask, block], [block, mask, flag]):
        assert look(rules, "a b c").action == Action.BLOCK
        assert look(rules, "a b c").first.rule.id == 3
        assert look(rules, "a b").action == Action.MASK
    twice = [words(Action.BLOCK, "x", id=7), words(Action.BLOCK, "x", id=4)]
    assert look(twice, "x").first.rule.id == 7, "of equals the first in order is named"


def test_allowing_protects_from_the_rules_after_it() -> None:
    block, allow = words(Action.BLOCK, "lizard"), words(Action.ALLOW, "meat lizard", id=2)
    assert look([allow, block], "the meat lizard").action == Action.ALLOW
    assert not look([allow, block], "the meat lizard")
    assert look([allow, block], "meat lizard and lizard").spans == [(16, 22)]
    assert look([block, allow], "the meat lizard").action == Action.BLOCK


# --- masking ----------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair))), max_size=8)


@given(TEXTS, SPANS)
def test_masking_keeps_every_offset_and_all_that_was_not_meant(text: str, spans: list[tuple[int, int]]) -> None:
    hidden = masked(text, spans)
    assert len(hidden) == len(text)
    within = {at for start, end in spans for at in range(start, end)}
    for at, (was, now) in enumerate(zip(text, hidden, strict=True)):
        assert now == (was if at not in within or was.isspace() else BAR)


@given(SPANS)
def test_merged_spans_cover_the_same_and_touch_each_other_nowhere(spans: list[tuple[int, int]]) -> None:
    whole = merged(spans)
    assert {at for a, b in whole for at in range(a, b)} == {at for a, b in spans for at in range(a, b)}
    assert all(before[1] < after[0] for before, after in pairwise(whole))


@given(TEXTS, TEXTS, st.sampled_from(["lizard", "LÍZARD", "straße", "ǅungla", "中文"]), st.booleans())
def test_a_word_between_blanks_is_found_wherever_it_stands(
    before: str, after: str, word: str, lookalikes: bool
) -> None:
    text = f"{before} . {word} . {after}"
    assert word in found(word, text, lookalikes)
    rule = words(Action.MASK, word, lookalikes)
    hidden = look([rule], text).masked
    assert len(hidden) == len(text)
    assert found(word, hidden, lookalikes) == []


@given(TEXTS, st.booleans())
def test_folding_leads_back_to_the_original(text: str, lookalikes: bool) -> None:
    folded = fold(text, lookalikes)
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert 0 <= start < end <= len(text)
    if not lookalikes and folded.starts is None:
        assert len(folded.text) == len(text)
    if text.isascii() and not lookalikes:
        assert folded.text == unicodedata.normalize("NFKC", text).casefold()


@given(st.lists(st.sampled_from(["lizard", "lizards", "a", " ", ". ", "bad word", "\n", "é"]), max_size=40), st.data())
def test_a_text_in_pieces_is_judged_as_the_whole(parts: list[str], data: st.DataObject) -> None:
    """Whatever a piecewise look finds, the look at the whole finds too; and it misses nothing but what touches the end."""
    text = "".join(parts)
    rules = [words(Action.BLOCK, "lizard\nbad word"), Ready(2, "re", Action.BLOCK, find=by_pattern(r"a\.$|^lizards"))]
    whole = {span for hit in look(rules, text).hits for span in hit.spans}
    seen: set[tuple[int, int]] = set()
    at = 0
    while at < len(text):
        upto = min(len(text), at + data.draw(st.integers(1, 12)))
        for hit in look_at_part(rules, text[:upto], max(0, at - 20)).hits:
            seen.update(hit.spans)
        at = upto
    assert seen <= whole
    assert {span for span in whole if span[1] < len(text)} <= seen
