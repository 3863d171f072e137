"""Tool calls in many forms become one, and no half of one is ever shown."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.engines.llama_cpp.tool_calls import Style, ToolCalls, tool_call

NAMES = ("weather", "clock")


def parsed(style: Style, parts: list[str], names: tuple[str, ...] = NAMES) -> tuple[str, list[tuple[str, object]]]:
    stream = ToolCalls(style, names)
    text = "".join(stream.feed(part) for part in parts) + stream.end()
    return text, [(call.name, json.loads(call.arguments)) for call in stream.calls]


CALLS: list[tuple[Style, str, tuple[str, list[tuple[str, object]]]]] = [
    ("tagged", '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>',
     ("", [("weather", {"city": "Rome"})])),
    ("tagged", 'Let me look.\n<tool_call>{"name": "weather", "arguments": {}}</tool_call>\n'
     '<tool_call>{"name": "clock", "arguments": {"zone": "é🦎"}}</tool_call>',
     ("Let me look.", [("weather", {}), ("clock", {"zone": "é🦎"})])),
    ("tagged", '<tool_call>{"name": "clock", "arguments": {"a": "</tool_call>"}}</tool_call>',
     ("", [("clock", {"a": "</tool_call>"})])),
    ("tagged", '<tool_call>{"name": "clock", "arguments": "{\\"a\\": 1}"}', ("", [("clock", {"a": 1})])),
    ("tagged", "<tool_call>\n<function=weather>\n<parameter=city>\nRome\n</parameter>\n<parameter=days>\n3\n"
     "</parameter>\n</function>\n</tool_call>", ("", [("weather", {"city": "Rome", "days": 3})])),
    ("mistral", '[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Rome"}}, {"name": "clock", "arguments": {}}]',
     ("", [("weather", {"city": "Rome"}), ("clock", {})])),
    ("mistral", 'Look: [TOOL_CALLS]weather[ARGS]{"city": "Rome"}[TOOL_CALLS]clock[CALL_ID]abc[ARGS]{}',
     ("Look:", [("weather", {"city": "Rome"}), ("clock", {})])),
    ("bare", '{"name": "weather", "parameters": {"city": "Rome"}}', ("", [("weather", {"city": "Rome"})])),
    ("bare", '<|python_tag|>{"name": "weather", "parameters": {}}; {"name": "clock", "parameters": {}}',
     ("", [("weather", {}), ("clock", {})])),
    ("any", '{"type": "function", "function": {"name": "clock", "arguments": {}}}', ("", [("clock", {})])),
]  # fmt: skip

TEXTS: list[tuple[Style, str]] = [
    ("tagged", "<tool_call>not json</tool_call> and on"),
    ("tagged", '<tool_call>{"name": 5, "arguments": {}}</tool_call>'),
    ("tagged", '<tool_call>{"name": "weather", "arguments": [1]}</tool_call>'),
    ("tagged", '<tool_call>{"name": "weather"'),
    ("tagged", "<tool_ca"),
    ("tagged", "a <b> c <tool_chest>"),
    ("mistral", "[TOOL_CALLS] nothing"),
    ("bare", '{"name": "Bob", "parameters": {}}'),
    ("bare", '{"city": "Rome", "name": "weather"}'),
    ("bare", '{"name": "weather", "parameters": {}} is how I would call it'),
    ("bare", "{}"),
    ("bare", "{"),
    ("any", '[1, {"name": "weather"}]'),
    ("any", '{"name": "weather", "parameters": {'),
    ("any", "[" * 5000),
]


@pytest.mark.parametrize(("style", "text", "expected"), CALLS)
def test_each_form_is_understood_wherever_it_is_cut(
    style: Style, text: str, expected: tuple[str, list[tuple[str, object]]]
) -> None:
    assert parsed(style, list(text)) == expected
    for cut in range(len(text) + 1):
        assert parsed(style, [text[:cut], text[cut:]]) == expected
    assert parsed("any", [text]) == expected


@pytest.mark.parametrize(("style", "text"), TEXTS)
def test_what_is_no_call_stays_text_to_the_last_character(style: Style, text: str) -> None:
    for cut in range(0, len(text) + 1, max(1, len(text) // 100)):
        assert parsed(style, [text[:cut], text[cut:]]) == (text, [])
    assert parsed(style, list(text)) == (text, [])


@pytest.mark.parametrize(("style", "text", "expected"), CALLS)
def test_no_part_of_a_call_is_shown_while_it_streams(
    style: Style, text: str, expected: tuple[str, list[tuple[str, object]]]
) -> None:
    stream = ToolCalls(style, NAMES)
    shown = ""
    for character in text:
        shown += stream.feed(character)
        assert expected[0].startswith(shown)


@given(
    st.lists(
        st.sampled_from(
            [
                "<tool_call>",
                "</tool_call>",
                '{"name": "clock", "arguments": {}}',
                "[TOOL_CALLS]",
                "{",
                '"',
                "a",
                " ",
                "\n",
            ]
        ),
        max_size=10,
    ).map("".join),
    st.sampled_from(["tagged", "mistral", "bare", "any"]),
    st.randoms(),
)
def test_no_cutting_changes_the_outcome(text: str, style: Style, chance: random.Random) -> None:
    cut = sorted(chance.randint(0, len(text)) for _ in range(chance.randint(0, 6)))
    parts = [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True)]
    assert parsed(style, parts) == parsed(style, [text])


def test_text_without_calls_is_not_held_back() -> None:
    stream = ToolCalls("any", NAMES)
    assert [stream.feed(part) for part in ("Hel", "lo <b", ">")] == ["Hel", "lo <b", ">"]
    stream = ToolCalls("bare", NAMES)
    assert stream.feed('{"answer": ') + stream.feed("4}") == '{"answer": 4}'


def test_an_answer_that_has_begun_is_no_bare_call() -> None:
    stream = ToolCalls("bare", NAMES, begun=True)
    text = '{"name": "clock", "parameters": {}}'
    assert stream.feed(text) + stream.end() == text


def test_ids_differ_and_what_cannot_be_sent_is_replaced() -> None:
    one, two = tool_call("clock", '{"a": "\\ud800"}'), tool_call("clock", {})
    assert one is not None
    assert two is not None
    assert one.id != two.id
    assert len(one.id) == 9
    assert json.loads(one.arguments) == {"a": "?"}
    assert tool_call("clock", "[]") is None
    assert tool_call("a b", {}) is None
    assert tool_call("clock", {"a": "x" * 100_001}) is None
