"""Which target a visitor gets."""

import datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shortener import rules
from shortener.rules import Visitor, choose, devices, drawn, read

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Mobile/15E148 Safari/604.1"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
GALAXY_TAB = (
    "Mozilla/5.0 (Linux; Android 14; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
UBUNTU = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


@pytest.mark.parametrize(
    ("agent", "found"),
    [
        (IPHONE, {"ios", "mobile"}), (IPAD, {"ios", "tablet"}), (PIXEL, {"android", "mobile"}), (GALAXY_TAB, {"android", "tablet"}),
        (MAC, {"macos", "desktop"}), (WINDOWS, {"windows", "desktop"}), (UBUNTU, {"linux", "desktop"}), ("curl/8.5.0", set()), ("", set()),
    ],
)  # fmt: skip
def test_devices(agent: str, found: set[str]) -> None:
    assert devices(agent) == found


def rule(target: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"conditions": list(conditions), "targets": [{"target": target}]}


@pytest.mark.parametrize(
    ("condition", "held_by", "not_by"),
    [
        ({"type": "device", "any_of": ["ios", "tablet"]}, Visitor(agent=GALAXY_TAB), Visitor(agent=PIXEL)),
        ({"type": "language", "any_of": ["DE"]}, Visitor(languages=("fr", "de-at")), Visitor(languages=("den",))),
        ({"type": "language", "any_of": ["de-at"]}, Visitor(languages=("de-at",)), Visitor(languages=("de",))),
        ({"type": "country", "any_of": ["se", "GB"]}, Visitor(country="SE"), Visitor()),
        ({"type": "query", "name": "a"}, Visitor(query=(("a", ""),)), Visitor(query=(("b", "a"),))),
        ({"type": "query", "name": "a", "value": "1"}, Visitor(query=(("a", "0"), ("a", "1"))), Visitor(query=(("a", "2"),))),
        ({"type": "referrer", "any_of": ["Example.org"]}, Visitor(referrer="news.example.org"), Visitor(referrer="notexample.org")),
        ({"type": "date", "until": "2026-01-01T00:00:00Z"}, Visitor(), Visitor(now=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))),
    ],
)  # fmt: skip
def test_each_condition_holds_and_does_not(condition: dict[str, Any], held_by: Visitor, not_by: Visitor) -> None:
    wanted = read([rule("https://a.example/", condition)])
    assert choose(wanted, held_by) == (0, 0)
    assert choose(wanted, not_by) is None


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-06-05T21:59", False), ("2026-06-05T22:00", True), ("2026-06-06T01:59", True), ("2026-06-06T02:00", False),
        ("2026-06-06T23:00", False), ("2026-06-05T01:00", False),
    ],
)  # fmt: skip
def test_a_night_belongs_to_the_day_on_which_it_began(moment: str, holds: bool) -> None:
    """Friday, ten in the evening to two in the morning, in Vienna: 2026-06-05 is a Friday."""
    from zoneinfo import ZoneInfo

    there = datetime.datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Vienna"))
    night = {"type": "time", "start": "22:00", "end": "02:00", "days": [4], "zone": "Europe/Vienna"}
    assert (choose(read([rule("https://a.example/", night)]), Visitor(now=there)) is not None) is holds


@pytest.mark.parametrize(
    "bad",
    [
        [{"targets": []}], [{"targets": [{"target": "x", "weight": 0}]}], [{"targets": [{"target": "x"}], "else": 1}],
        [rule("x", {"type": "time", "start": "24:00"})], [rule("x", {"type": "time", "zone": "../etc/passwd"})],
        [rule("x", {"type": "time", "zone": "Mars/Base"})], [rule("x", {"type": "device", "any_of": ["fridge"]})],
        [rule("x", {"type": "language", "any_of": []})], [rule("x")] * 21, {"targets": []}, None,
    ],
)  # fmt: skip
def test_rules_that_make_no_sense(bad: Any) -> None:
    with pytest.raises(ValidationError):
        read(bad)


words = st.sampled_from(["de", "en", "fr", "sv"])
conditions = st.one_of(
    st.builds(lambda some: {"type": "language", "any_of": some}, st.lists(words, min_size=1)),
    st.builds(lambda some: {"type": "country", "any_of": some}, st.lists(words, min_size=1)),
    st.builds(lambda name: {"type": "query", "name": name}, words),
    st.builds(lambda some: {"type": "device", "any_of": some}, st.lists(st.sampled_from(["ios", "mobile", "desktop"]), min_size=1)),
)  # fmt: skip
drafts = st.lists(
    st.builds(
        lambda some, weights: {"conditions": some, "targets": [{"target": "https://a.example/", "weight": w} for w in weights]},
        st.lists(conditions, max_size=3),
        st.lists(st.integers(1, 9), min_size=1, max_size=4),
    ),
    max_size=6,
)  # fmt: skip
visitors = st.builds(
    Visitor,
    agent=st.sampled_from(["", IPHONE, MAC, WINDOWS]),
    languages=st.lists(words).map(tuple),
    country=st.one_of(st.just(""), words),
    query=st.lists(st.tuples(words, st.text(max_size=3))).map(tuple),
    draw=st.floats(0, 1, exclude_max=True),
)


@given(drafts, visitors)
def test_the_first_rule_of_which_all_holds_decides_and_what_follows_it_does_not_matter(
    draft: Any, visitor: Visitor
) -> None:
    wanted = read(draft)
    chosen = choose(wanted, visitor)
    holds = [all(condition.holds(visitor) for condition in one.conditions) for one in wanted]
    if chosen is None:
        assert True not in holds
        return
    place, share = chosen
    assert holds.index(True) == place
    assert 0 <= share < len(wanted[place].targets)
    assert choose(wanted[: place + 1], visitor) == chosen
    assert read([one.model_dump(mode="json") for one in wanted]) == wanted, "what is stored reads the same"


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=10))
def test_weights_divide_visitors_to_the_promille(weights: list[int]) -> None:
    rounds = 1_000
    whole = sum(weights)
    counts = [0] * len(weights)
    for number in range(rounds):
        counts[drawn(weights, number / rounds)] += 1
    assert all(abs(count - rounds * weight / whole) <= 1 for count, weight in zip(counts, weights, strict=True))


@given(st.text(max_size=300))
def test_no_agent_takes_long_or_fails(agent: str) -> None:
    assert devices(agent) <= set(get_args(rules.Device))
