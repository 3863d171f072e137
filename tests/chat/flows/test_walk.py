"""Steps, what is wrong with them, and the way through them: by example, and by property."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.flows.checking import checked
from chat.flows.steps import MAX_STEPS, Ask, WrongSteps, read
from chat.flows.walk import Standing, Turn, answered, begin, choices, holds, taken, walk
from tests.chat.flows.makers import flow, welcome

FREE = {"kind": "hand_over", "name": "free"}


def said(*texts: str) -> list[Turn]:
    return [Turn(text) for text in texts]


def ask(answer: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "ask", "name": "q", "text": "Well?", "key": "q", "answer": answer, **more}


def problems(steps: Any) -> str:
    with pytest.raises(WrongSteps) as refused:
        checked(steps)
    return " ".join(refused.value.problems)


# by example ----------------------------------------------------------------------------------------------------------


def test_a_conversation_goes_through_its_steps_to_free_chat() -> None:
    at = begin(flow(), {"user": "Alice"})
    assert at.state == "asking" and at.said == "Welcome, Alice.\n\nWhat is your name?"
    at = walk(flow(), said("Alice"))
    assert at.said == "How old are you, Alice?" and at.answers == {"name": "Alice"}
    at = walk(flow(), said("Alice", "34"))
    assert isinstance(at.step, Ask) and choices(at.step) == ("Books", "Rain")
    at = walk(flow(), said("Alice", "34", "rain"))
    assert at.state == "free" and at.said == "Then let us talk about Rain."
    assert at.answers == {"name": "Alice", "age": Decimal(34), "topic": "Rain"}
    assert walk(flow(), said("Alice", "34", "rain", "What about you?")) == at


def test_a_condition_leads_to_the_closing_message() -> None:
    at = walk(flow(), said("Bob", "9"))
    assert at.state == "closed" and at.said == "Come back in some years, Bob."
    assert walk(flow(), [*said("Bob", "9"), Turn("", skip=True)]).state == "free"


def test_a_wrong_answer_is_asked_for_again() -> None:
    at = walk(flow(), said("Alice", "old"))
    assert at.said == "Please answer with a number, in digits.\n\nHow old are you, Alice?"
    assert at.answers == {"name": "Alice"} and walk(flow(), said("Alice", "old", "34")).answers["age"] == 34


def test_skipping_is_possible_anywhere_and_keeps_what_was_answered() -> None:
    at = walk(flow(), [Turn("Alice"), Turn("", skip=True), Turn("34")])
    assert at.state == "free" and at.answers == {"name": "Alice"}


def test_braces_in_an_answer_stay_text() -> None:
    assert walk(flow(), said("{{user}}"), {"user": "Alice"}).said == "How old are you, {{user}}?"


@pytest.mark.parametrize(
    ("answer", "right", "wrong"),
    [
        ({"kind": "text", "least": 2, "most": 3}, {"ab": "ab", " abc ": "abc"}, ["a", "abcd", "  "]),
        ({"kind": "choice", "choices": ["One", "2"]}, {"one": "One", "2": "2", "1": "One"}, ["", "3", "on", "²"]),
        ({"kind": "yes_no"}, {"Yes": True, "y": True, "NO": False, "n": False}, ["", "maybe", "yes!"]),
        ({"kind": "yes_no", "yes": "No", "no": "Yes"}, {"no": True, "yes": False}, ["perhaps"]),
        (
            {"kind": "number", "least": 0.1, "most": 2},
            {"0.1": Decimal("0.1"), "1,5": Decimal("1.5"), "+2": Decimal(2)},
            ["0", "2.1", "", "1e0", "NaN", "٢", "0x1", "1 2"],
        ),
        ({"kind": "number", "whole": True}, {"-3": Decimal(-3), "4.0": Decimal(4)}, ["4.5", "9" * 16]),
    ],
)
def test_an_answer_is_taken_or_refused_in_words(
    answer: dict[str, Any], right: dict[str, Any], wrong: list[str]
) -> None:
    step = checked([ask(answer), FREE]).steps[0]
    assert isinstance(step, Ask)
    for text, value in right.items():
        assert taken(step, text) == value
    for text in wrong:
        at = walk(checked([ask(answer), FREE]), said(text))
        assert at.state == "asking" and at.said.startswith("Please") and at.answers == {}, text


@pytest.mark.parametrize(
    ("answer", "given_text", "condition", "held"),
    [
        ({"kind": "number"}, "5", {"is": "equals", "value": 5}, True),
        ({"kind": "number"}, "5", {"is": "less", "value": 5}, False),
        ({"kind": "number"}, "5", {"is": "at_most", "value": 5}, True),
        ({"kind": "number"}, "5", {"is": "more", "value": 4.9}, True),
        ({"kind": "number"}, "0,1", {"is": "at_least", "value": 0.1}, True),
        ({"kind": "text"}, "Wet Again", {"is": "contains", "value": "again"}, True),
        ({"kind": "text"}, "Wet Again", {"is": "equals", "value": "wet again"}, True),
        ({"kind": "text"}, "Wet Again", {"is": "matches", "value": "^w.t"}, True),
        ({"kind": "text"}, "Wet Again", {"is": "matches", "value": "/^w.t/"}, False),
        ({"kind": "text"}, "Wet", {"is": "answered"}, True),
        ({"kind": "yes_no"}, "no", {"is": "equals", "value": False}, True),
        ({"kind": "yes_no"}, "no", {"is": "equals", "value": True}, False),
        ({"kind": "choice", "choices": ["A", "B"]}, "b", {"is": "equals", "value": "B"}, True),
    ],
)
def test_conditions_hold_or_not(answer: dict[str, Any], given_text: str, condition: dict[str, Any], held: bool) -> None:
    branch = {"kind": "branch", "name": "b", "when": [{"key": "q", "go": "end", **condition}], "otherwise": "free"}
    at = walk(checked([ask(answer), branch, FREE, {"kind": "close", "name": "end", "text": "End"}]), said(given_text))
    assert at.state == ("closed" if held else "free")


def test_an_expensive_expression_takes_no_time_on_a_long_answer() -> None:
    branch = {
        "kind": "branch", "name": "b", "when": [{"key": "q", "is": "matches", "value": "(a*)*b", "go": "free"}], "otherwise": "free",
    }  # fmt: skip
    steps = checked([ask({"kind": "text", "most": 5000}), branch, FREE])
    # A backtracking engine would still be at it when this machine is scrap.
    assert walk(steps, said("a" * 5000)).state == "free"


def test_a_condition_on_what_was_never_asked_does_not_hold() -> None:
    steps = checked(
        [
            ask({"kind": "text"}),
            {
                "kind": "branch",
                "name": "b",
                "when": [{"key": "q", "is": "answered", "go": "free"}],
                "otherwise": "free",
            },
            FREE,
        ]
    )
    branch: Any = steps.steps[1]
    assert not holds(branch.when[0], {})


# what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "at least 1"),
        ("steps", "The steps"),
        ([{"kind": "sing", "name": "a"}], "Step 1 “a”: the kind is one of"),
        ([{"name": "a"}], "a kind is missing"),
        ([{"kind": "say", "name": "a"}, FREE], "text: this is missing"),
        ([{"kind": "say", "name": "a", "text": "  "}, FREE], "text: this is not written"),
        ([{"kind": "say", "name": "a\n", "text": "x"}, FREE], "name: this is not written"),
        ([{"kind": "say", "name": "a", "text": "x" * 4001}, FREE], "at most 4000"),
        ([{**FREE, "colour": 1}], "colour: no such key"),
        ([ask({"kind": "number", "least": "1"}), FREE], "answer.least: "),
        ([ask({"kind": "choice", "choices": ["A"]}), FREE], "answer.choices: at least 2"),
        ([ask({"kind": "choice", "choices": ["A", "a"]}), FREE], "two choices read the same"),
        ([ask({"kind": "yes_no", "no": "YES"}), FREE], "two choices read the same"),
        ([ask({"kind": "text", "least": 9, "most": 2}), FREE], "no answer fits"),
        ([ask({"kind": "number", "least": 1.2, "most": 1.8, "whole": True}), FREE], "no whole number"),
        ([FREE, FREE], "Several steps are called “free”"),
        ([{"kind": "say", "name": "a", "text": "x"}], "Nothing follows step “a”"),
        ([{"kind": "say", "name": "a", "text": "x", "next": "b"}], "“b”, which is not there"),
        ([FREE, {"kind": "close", "name": "b", "text": "x"}], "No way leads to step “b”"),
        ([{"kind": "say", "name": "a", "text": "x", "next": "a"}], "go round for ever"),
        ([ask({"kind": "text"}, next="q")], "no way leads to a step of the kind"),
        ([ask({"kind": "text"}, key="user"), FREE], "means something else"),
        ([{"kind": "say", "name": "a", "text": "Hi {{nam}}"}, FREE], "{{nam}}"),
        ([ask({"kind": "text"}), ask({"kind": "yes_no"}, name="r"), FREE], "different kinds"),
        ([FREE] * (MAX_STEPS + 1), "at most 100"),
        ([{**FREE, "note": "x" * 300_000}], "bytes"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_steps_is_said_in_words(steps: Any, words: str) -> None:
    assert words in problems(steps)


@pytest.mark.parametrize(
    ("answer", "condition", "words"),
    [
        ({"kind": "text"}, {"key": "other", "is": "answered"}, "no answer is kept"),
        ({"kind": "text"}, {"is": "less", "value": 3}, "compares numbers"),
        ({"kind": "number"}, {"is": "less", "value": "3"}, "is to be a number"),
        ({"kind": "number"}, {"is": "equals", "value": True}, "is to be a number"),
        ({"kind": "yes_no"}, {"is": "equals", "value": "yes"}, "true or false"),
        ({"kind": "yes_no"}, {"is": "contains", "value": "y"}, "only “equals”"),
        ({"kind": "choice", "choices": ["A", "B"]}, {"is": "equals", "value": "C"}, "none of the choices"),
        ({"kind": "text"}, {"is": "matches", "value": "(?=a)"}, "looking around"),
        ({"kind": "text"}, {"is": "matches", "value": "("}, "no regular expression"),
        ({"kind": "text"}, {"is": "contains", "value": ""}, "is to be a text"),
        ({"kind": "text"}, {"is": "answered", "value": 1}, "takes no value"),
        ({"kind": "text"}, {"is": "sounds_like", "value": "x"}, "Step 2 “b”, when.1.is"),
    ],
)
def test_conditions_that_cannot_hold_are_refused(answer: Any, condition: Any, words: str) -> None:
    branch = {"kind": "branch", "name": "b", "when": [{"key": "q", "go": "free", **condition}], "otherwise": "free"}
    assert words in problems([ask(answer), branch, FREE])


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems(
        [{"kind": "say", "name": "a"}, {"kind": "ask", "name": "b", "text": "x", "key": "B", "answer": {}}]
    )
    assert "“a”" in found and "“b”, key" in found and "“b”, answer" in found


# by property ---------------------------------------------------------------------------------------------------------

NAMES = ["a", "b", "c", "d", "e"]
names = st.sampled_from(NAMES)
answers = st.sampled_from(
    [
        {"kind": "text", "most": 5}, {"kind": "number", "least": 0, "most": 9}, {"kind": "yes_no"},
        {"kind": "choice", "choices": ["A", "B"]},
    ]
)  # fmt: skip
KEYS = {"text": "word", "number": "count", "yes_no": "sure", "choice": "pick"}
conditions = st.one_of(
    st.fixed_dictionaries({"key": st.sampled_from(sorted(KEYS.values())), "is": st.just("answered"), "go": names}),
    st.fixed_dictionaries({"key": st.just("count"), "is": st.just("more"), "value": st.integers(0, 9), "go": names}),
    st.fixed_dictionaries({"key": st.just("word"), "is": st.just("matches"), "value": st.just("a|b"), "go": names}),
)


@st.composite
def steps(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Well-formed, and as often as not without a way to the end."""
    found = []
    for name in NAMES[: draw(st.integers(1, 5))]:
        kind = draw(st.sampled_from(["say", "ask", "ask", "branch", "hand_over", "close"]))
        step: dict[str, Any] = {"kind": kind, "name": name}
        if kind in ("say", "ask", "close"):
            step["text"] = f"text of {name}"
        if kind in ("say", "ask") and draw(st.booleans()):
            step["next"] = draw(names)
        if kind == "ask":
            step["answer"] = draw(answers)
            step["key"] = KEYS[step["answer"]["kind"]]
        if kind == "branch":
            step |= {"when": draw(st.lists(conditions, min_size=1, max_size=2)), "otherwise": draw(names)}
        found.append(step)
    return found


turns = st.lists(st.one_of(st.sampled_from(["A", "yes", "7", "ab"]), st.text(max_size=8)).map(Turn), max_size=8)


@given(steps(), turns)
def test_what_was_checked_never_goes_round_and_never_gets_stuck(made: list[dict[str, Any]], wrote: list[Turn]) -> None:
    try:
        known = checked(made)
    except WrongSteps as refused:
        assert refused.problems
        return
    at = walk(known, wrote)
    assert at.state in ("asking", "closed", "free")
    if at.state == "asking":
        # Some message answers the question that is open, whatever was written before; and one may always go without.
        assert at.said
        assert any(answered(known, at, text).answers.keys() >= {at.step.key} for text in ("A", "yes", "7"))  # type: ignore[union-attr]
    assert walk(known, [*wrote, Turn("", skip=True)]).state == "free"


@given(steps(), turns, st.integers(0, 8))
def test_where_it_stands_hangs_on_what_was_written_alone(
    made: list[dict[str, Any]], wrote: list[Turn], cut: int
) -> None:
    try:
        known = checked(made)
    except WrongSteps:
        return
    assert walk(known, wrote) == walk(checked(json.loads(json.dumps(made))), wrote)
    # Going on from a stored place is the same as going all the way.
    at: Standing = walk(known, wrote[:cut])
    for turn in wrote[cut:]:
        at = answered(known, at, turn.text) if at.state != "free" else at
    assert at == walk(known, wrote)


@given(steps())
def test_whatever_hangs_is_refused(made: list[dict[str, Any]]) -> None:
    known = read(made)
    try:
        begin(known)
    except (ValueError, KeyError):
        assert problems(made)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["kind", "name", "text", "answer", "when"]) | st.text(max_size=3), inner, max_size=4
            )
        ),
        max_leaves=15,
    )
)
def test_garbage_is_refused_in_words(garbage: Any) -> None:
    assert problems(garbage)


def test_what_was_checked_can_be_read_again_later() -> None:
    assert read(json.loads(json.dumps(welcome()))) == flow()
