"""Variables of prompts: values that fit, values that do not, and that no value is ever more than text."""

import re
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from chat.prompting.content import Content, difference, read, stored
from chat.prompting.variables import KINDS, MAX_FILLED, Variable, checked, fill
from meatlizard.errors import Invalid

NAMES = ["a", "b", "topic", "long_name_2"]


def variable(kind: str = "text", **more: Any) -> Variable:
    return checked({"name": "x", "label": "The thing", "kind": kind, **more})


def put(kind: str, value: Any, **more: Any) -> str:
    """What stands in the text for ``value``."""
    return fill("{{x}}", [variable(kind, **more)], {"x": value})


@pytest.mark.parametrize(
    ("kind", "value", "written", "more"),
    [
        ("text", "  two \n lines ", "two lines", {}),
        ("long", "\n two\r\n  lines\n", " two\n  lines", {}),
        ("text", "nul\x00 and \ud800half", "nul and half", {}),
        ("number", "007", "7", {}),
        ("number", "1.50", "1.5", {}),
        ("number", "-0.0", "-0", {}),
        ("number", 12, "12", {"least": "1", "most": 12}),
        ("choice", "two", "two", {"choices": "one\ntwo\n"}),
        ("date", "2028-02-29", "2028-02-29", {}),
        ("boolean", True, "yes", {}),
        ("boolean", "on", "yes", {}),
        ("boolean", False, "no", {}),
        ("boolean", "", "no", {}),
        ("text", "", "", {"required": False}),
        ("number", None, "", {"required": False}),
    ],
)
def test_a_value_that_fits_stands_in_the_text(kind: str, value: Any, written: str, more: dict[str, Any]) -> None:
    assert put(kind, value, **more) == written


@pytest.mark.parametrize(
    ("kind", "value", "said", "more"),
    [
        ("text", " ", "missing", {}),
        ("text", "x" * 2_001, "at most 2,000", {}),
        ("long", "x" * 100_001, "at most 100,000", {}),
        ("number", "many", "is a number", {}),
        ("number", "NaN", "is a number", {}),
        ("number", "-Infinity", "is a number", {}),
        ("number", "1e999999", "is a number", {}),
        ("number", "1" * 40, "is a number", {}),
        ("number", "0", "from 1 to 5", {"least": 1, "most": 5}),
        ("number", "0.9", "at least 1", {"least": 1}),
        ("number", "6", "at most 5", {"most": 5}),
        ("choice", "three", "none of the choices", {"choices": ["one", "two"]}),
        ("date", "2026-02-30", "written as 2026-01-31", {}),
        ("date", "20260131", "written as 2026-01-31", {}),
        ("date", "today", "written as 2026-01-31", {}),
        ("boolean", "maybe", "yes or no", {}),
        ("text", ["a"] * 1_000, "at most 2,000", {}),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(kind: str, value: Any, said: str, more: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=re.escape(said)) as refused:
        put(kind, value, **more)
    assert "The thing" in refused.value.message


@pytest.mark.parametrize(
    "raw",
    [
        {"name": "1x"}, {"name": "x y"}, {"name": ""}, {"name": "x" * 41}, {"name": "é"}, {"kind": "script"},
        {"kind": "choice", "choices": "one"}, {"kind": "choice", "choices": [str(n) for n in range(40)]},
        {"kind": "number", "least": 5, "most": 1}, {"kind": "number", "least": "few"},
        {"kind": "number", "default": "9", "most": 5}, {"kind": "choice", "choices": ["a", "b"], "default": "c"},
        {"kind": "date", "default": "tomorrow"},
    ],
)  # fmt: skip
def test_a_variable_that_makes_no_sense_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        checked({"name": "x", "kind": "text", **raw})


def test_what_is_not_given_has_its_default_and_a_date_may_be_todays() -> None:
    day = variable("date", default="today")
    assert fill("{{x}}", [day], {}) == timezone.localdate().isoformat()
    assert put("number", "", default="3", required=False) == "", "an emptied field is empty"
    assert fill("{{ x }} {{x}}", [variable(default="three")], {}) == "three three"


def test_braces_around_anything_else_stay() -> None:
    text = "{{y}} {x} {{x y}} {{ X }} {{{x}}} ${{x}}$ {% x %}"
    assert fill(text, [variable()], {"x": "1"}) == "{{y}} {x} {{x y}} {{ X }} {1} $1$ {% x %}"


@pytest.mark.parametrize(
    "hostile",
    ["{{x}}", "{{secret}}", "{{ 7*7 }}", "{% load static %}", r"\1\g<0>", "${x}", "%(x)s", "{0}", "<script>alert(1)</script>"],
)  # fmt: skip
def test_a_hostile_value_is_text(hostile: str) -> None:
    both = [variable(), checked({"name": "secret", "default": "hidden"})]
    assert fill("a {{x}} b", both, {"x": hostile}) == f"a {hostile} b"


def test_too_long_a_result_is_refused() -> None:
    ten = [checked({"name": "x", "kind": "long"})]
    with pytest.raises(Invalid, match="200,000"):
        fill("{{x}}" * 3, ten, {"x": "y" * (MAX_FILLED // 3 + 1)})


PIECES = st.lists(
    st.one_of(st.sampled_from([f"{{{{{name}}}}}" for name in NAMES]), st.text("ab{} \n", max_size=6)), max_size=20
)
VALUES = st.fixed_dictionaries({name: st.text("ab{}topic \\1\n", max_size=30) for name in NAMES})


@given(PIECES, VALUES)
def test_each_place_gets_its_value_once_and_nothing_else_changes(pieces: list[str], values: dict[str, str]) -> None:
    text = "".join(pieces)
    variables = [Variable(name, name, "long", required=False) for name in NAMES]
    expected = ""
    at = 0
    # A second way to do the same: place by place, looking only at the text as it was written.
    for found in re.finditer(r"\{\{\s*(a|b|topic|long_name_2)\s*\}\}", text):
        value = values[found[1]]
        expected += text[at : found.start()] + (value.strip("\n") if value.strip() else "")
        at = found.end()
    assert fill(text, variables, values) == expected + text[at:]


@given(st.sampled_from(KINDS), st.one_of(st.text(max_size=40), st.integers(), st.booleans(), st.none(), st.floats()))
def test_whatever_is_given_it_fits_or_is_refused(kind: str, value: Any) -> None:
    one = Variable("x", "X", kind, False, choices=("a", "b"), least="0", most="9")  # type: ignore[arg-type]
    try:
        text = fill("{{x}}", [one], {"x": value})
    except Invalid:
        return
    assert not text or kind in ("text", "long") or text in ("a", "b", "yes", "no") or re.fullmatch(r"[-\d.]+", text)


# contents -------------------------------------------------------------------------------------------------------------


def content(**more: Any) -> Content:
    raw = {"command": "/Greet", "title": " Greet \n people", "hint": "", "category": "", "text": "Hello {{who}}"}
    return read(**{**raw, "variables": [{"name": "who"}], **more})


def test_a_content_is_tidied_and_read_back_as_it_was() -> None:
    made = content()
    assert (made.command, made.title, made.variables[0].label) == ("greet", "Greet people", "Who")
    assert stored(made.as_dict()) == made
    assert content(hint="More").digest != made.digest


@pytest.mark.parametrize(
    "wrong",
    [
        {"command": "two words"}, {"command": ""}, {"command": "ä"}, {"title": " "}, {"text": "\x00"}, {"text": "x" * 50_001},
        {"variables": []  , "text": ""}, {"variables": [{"name": "who"}, {"name": "who"}]},
        {"variables": [{"name": "who"}, {"name": "where"}]},
        {"variables": [{"name": f"v{n}"} for n in range(21)], "text": " ".join(f"{{{{v{n}}}}}" for n in range(21))},
    ],
)  # fmt: skip
def test_what_cannot_be_a_prompt_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        content(**wrong)


def test_a_difference_names_what_went_and_what_came() -> None:
    before, after = content(text="One {{who}}\nsame"), content(text="Two {{who}}\nsame", hint="New")
    found = difference(before, after)
    assert found is not None
    assert {("-", "One {{who}}"), ("+", "Two {{who}}"), (" ", "same"), ("+", "What it is for: New")} <= set(found)
    assert difference(before, content(text="{{who}}" + "\nx" * 2_000)) is None
    assert {sign for sign, _ in difference(before, before) or []} == {" "}
