"""The first stage: what rules say, and that no text takes them long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.personas.patterns import compiled
from chat.routes import rules, shipped
from chat.routes.rules import Question, guess
from chat.routes.table import Route
from meatlizard.errors import Invalid

ROUTES = tuple(Route(one.key, one.name) for one in shipped.ROUTES)
LONG = 65_536

HOSTILE = (
    "a", "(", "```", "1+", "1 + x = ", "ü", "write a ", "def x(\n", "\u0301", " ", "\n", "\x00", "write me " + "a" * 50, "\\frac{", "https://a ",
    "𝔘𝔫𝔦", "في ", "{{{", "select x from ", "x^2 + x^2 ",
)  # fmt: skip


def chosen(text: str, images: int = 0) -> tuple[str, bool]:
    found = guess(Question(text, images), ROUTES)
    assert found is not None
    return found.route, found.sure


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("Hi there!", "general"),
        ("Danke dir", "general"),
        ("Schreib mir ein Gedicht über Eidechsen.", "general"),
        ("Übersetze das bitte ins Englische: Guten Morgen, Frau Nachbarin.", "general"),
        ("Solve x^2 - 5x + 6 = 0 for x", "math"),
        ("Löse die Gleichung 3x + 7 = 22", "math"),
        ("Écris une fonction Python qui inverse une chaîne", "simple-code"),
        ("Write a Python function that calculates 15% of 80", "simple-code"),
        ("Who is lying? A logic puzzle: on an island live knights and knaves.", "reasoning"),
    ],
)  # fmt: skip
def test_what_is_plain_is_decided_by_rules_alone(text: str, route: str) -> None:
    assert chosen(text) == (route, True)


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("Describe a picture of a lizard in a poem, please write a poem.", "general"),
        ("Is Python older than Java?", "complex-code"),
        ("Write an e-mail to my maths teacher about the equation in my homework", "math"),
    ],
)  # fmt: skip
def test_words_alone_are_no_proof(text: str, route: str) -> None:
    """An image is spoken of and none attached; languages are compared and none is written; a letter is about mathematics."""
    found = guess(Question(text), ROUTES)
    assert found is None or found.route != "vision"
    assert found is None or not (found.route == route and found.sure and route != "general")


def test_an_image_decides_whatever_is_written_beside_it() -> None:
    assert chosen("Solve x^2 = 4", images=1) == ("vision", True)
    assert chosen("", images=2) == ("vision", True)
    without = [route for route in ROUTES if route.key != "vision"]
    found = guess(Question("Solve x^2 - 4 = 0", images=1), without)
    assert found is not None
    assert found.route == "math", "where no route looks at images, words decide"


def test_a_route_that_is_switched_off_is_never_chosen() -> None:
    without = [route for route in ROUTES if route.key != "math"]
    found = guess(Question("Solve x^2 - 5x + 6 = 0"), without)
    assert found is None or found.route != "math"


def test_much_code_makes_a_question_complex() -> None:
    code = "```python\n" + "\n".join(f"def step_{n}(self): return self.run({n})" for n in range(60)) + "\n```"
    assert chosen("What does this do?\n" + code)[0] == "complex-code"
    assert chosen("```python\nprint(1)\n```\nWhat does this print?")[0] == "simple-code"


def test_an_operators_pattern_speaks_for_its_route() -> None:
    own = Route("lizards", "Lizards", patterns=(compiled(r"\bgeck(o|os)\b", False),))
    found = guess(Question("Do geckos sleep?"), (*ROUTES, own))
    assert found is not None
    assert (found.route, found.signal, found.sure) == ("lizards", "pattern", True)


def test_what_stands_at_the_end_of_a_long_text_counts() -> None:
    pasted = "Lorem ipsum dolor sit amet. " * 2_000
    found = guess(Question(pasted + "\n\nSummarise this text, please."), ROUTES)
    assert found is not None
    assert found.route == "general"


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_rules_long(piece: str) -> None:
    text = (piece * (LONG // len(piece) + 1))[:LONG]
    guess(Question(text), ROUTES)
    seconds = []
    for _ in range(7):
        began = time.process_time()
        guess(Question(text), ROUTES)
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.02


@given(st.text(max_size=300), st.integers(0, 3))
def test_any_text_gets_a_route_that_is_there_or_none(text: str, images: int) -> None:
    found = guess(Question(text, images), ROUTES)
    if found is not None:
        assert found.route in {route.key for route in ROUTES}
        assert 0 < found.confidence <= 1
        assert found.sure is (found.sure and found.confidence >= rules.DECIDES)


def test_every_signal_has_words_for_people() -> None:
    from chat.routes.signals import NAMES, SIGNALS

    assert {one.name for one in SIGNALS if one.family not in ("complex", "simple", "general")} <= set(NAMES)
    assert {one.name for one in SIGNALS if one.family == "general"} <= set(NAMES)


@pytest.mark.parametrize("pattern", ["(", "(?=x)", "x" * 501, "a*"])
def test_patterns_that_cannot_be_run_or_match_everything_are_refused_in_words(pattern: str) -> None:
    from chat.models import Route as Row
    from chat.routes import actions

    with pytest.raises(Invalid) as refused:
        actions.check(Row(key="x", name="X", patterns=[pattern]))
    assert refused.value.code in ("pattern_bad", "pattern_empty")
