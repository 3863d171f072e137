"""What went out, over any number of requests, added up."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.models.library import File
from files.models.shares import Share
from files.sharing import embeds, slugs, spans
from meatlizard.errors import Invalid

SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=40)


@given(SPANS)
def test_spans_cover_exactly_what_was_added(went: list[tuple[int, int]]) -> None:
    found: list[list[int]] = []
    for start, stop in went:
        found = spans.added(found, start, stop)
    expected = {place for start, stop in went for place in range(start, stop)}
    assert {place for start, stop in found for place in range(start, stop)} == expected
    assert spans.covered(found) == len(expected)
    assert all(one[1] < other[0] for one, other in pairwise(found)), "apart and in order"
    assert spans.is_whole(found, 300) == (expected == set(range(300)))


def test_what_is_missing_anywhere_is_missing() -> None:
    for gap in [(0, 1), (50, 51), (99, 100)]:
        found = spans.added(spans.added([], 0, gap[0]), gap[1], 100)
        assert not spans.is_whole(found, 100)
        assert spans.is_whole(spans.added(found, *gap), 100)
    assert spans.is_whole([], 0)


def test_who_makes_holes_without_end_fills_no_memory() -> None:
    found: list[list[int]] = []
    for place in range(spans.MOST + 50):
        found = spans.added(found, place * 2, place * 2 + 1)
    assert len(found) <= spans.MOST


def test_random_addresses_have_128_bits_and_chosen_ones_are_words() -> None:
    made = {slugs.made_up() for _time in range(200)}
    assert len(made) == 200 and all(slugs.is_random(one) for one in made)
    assert len(slugs.ALPHABET) ** slugs.LENGTH >= 2**128
    assert slugs.chosen(" Summer-2026 ") == "summer-2026"
    for refused in ["up", "new", "ab", "-ab-", "a/b", "a b", "ünder", "x" * 61, "a\x00bc", "../..", "a%2fb"]:
        with pytest.raises(Invalid):
            slugs.chosen(refused)


def test_names_break_out_of_no_embed() -> None:
    file = File(name='"><script>x</script>](y)[/img].png', media_type="image/png")
    made = embeds.embed(Share(), file, "https://a.example/f/x?y=\"z'&q")
    assert made is not None
    assert "<script" not in made.html and 'src="https://a.example/f/x?y=&quot;z&#x27;&amp;q"' in made.html
    assert "\\]\\(y\\)" in made.markdown
    assert made.bbcode.count("[/img]") == 1 and made.bbcode.endswith("[/img]")
    page = File(name="a.html", media_type="text/html")
    assert embeds.embed(Share(), page, "https://a.example/") is None
    assert embeds.embed(Share(password="x"), file, "https://a.example/") is None
    assert embeds.embed(Share(audience="members"), file, "https://a.example/") is None
    assert embeds.embed(Share(max_downloads=1), file, "https://a.example/") is None
