"""Bytes of tokens become thinking, answer and calls, for each family of models."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.engines.llama_cpp import formats, harmony
from inference_client.engines.llama_cpp.answer import AnswerStream
from inference_client.engines.llama_cpp.formats import Format

QWEN = formats.of("{% if tools %}<tool_call>{% endif %}{% if enable_thinking %}<think></think>{% endif %}")
GPT_OSS = formats.of("{{ reasoning_effort }}{% if tools %}{% endif %}<|start|><|channel|>x<|message|>")
PLAIN = formats.of("{{ messages }}")

HARMONY_ANSWER = (
    "<|channel|>analysis<|message|>Let me think.<|end|><|start|>assistant<|channel|>final<|message|>Hello 🦎<|return|>"
)
HARMONY_CALL = (
    "<|channel|>analysis<|message|>Look it up.<|end|><|start|>assistant"
    '<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{"city": "Rome"}<|call|>'
)


def read(form: Format, parts: list[bytes], **options: object) -> tuple[str, str, list[tuple[str, str]]]:
    """(thinking, answer, calls)"""
    stream = AnswerStream(form, **options)  # type: ignore[arg-type]
    pieces = [piece for part in parts for piece in stream.feed(part)] + [*stream.end()]
    kinds = [thought for _, thought in pieces]
    assert kinds == sorted(kinds, reverse=True), "thinking came after the answer"
    thinking = "".join(text for text, thought in pieces if thought)
    answer = "".join(text for text, thought in pieces if not thought)
    return thinking, answer, [(call.name, call.arguments) for call in stream.calls]


def cuts(text: str) -> list[list[bytes]]:
    raw = text.encode()
    return [[raw[:cut], raw[cut:]] for cut in range(len(raw) + 1)] + [[raw[at : at + 1] for at in range(len(raw))]]


def test_what_a_template_says_of_its_model() -> None:
    assert (QWEN.thinking, QWEN.tools, QWEN.style, QWEN.harmony) == ("boolean", True, "tagged", False)
    assert (GPT_OSS.thinking, GPT_OSS.tools, GPT_OSS.harmony) == ("level", True, True)
    assert (PLAIN.thinking, PLAIN.tools, PLAIN.style) == ("none", False, "any")
    mistral = formats.of("{%- if tools %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS]")
    assert (mistral.tools, mistral.style) == (True, "mistral")
    assert formats.of('{{ "tools are nice" }} {{- tools | tojson }} <|python_tag|>').style == "bare"


def test_thinking_answer_and_call_in_one_answer() -> None:
    text = '<think>\nHm é.\n</think>\n\nLooking.\n<tool_call>{"name": "weather", "arguments": {"a": 1}}</tool_call>'
    for parts in cuts(text):
        assert read(QWEN, parts, tools=("weather",)) == ("Hm é.", "Looking.", [("weather", '{"a": 1}')])


def test_without_tools_offered_a_call_is_text() -> None:
    text = '<tool_call>{"name": "weather", "arguments": {}}</tool_call>'
    assert read(QWEN, [text.encode()]) == ("", text, [])


def test_a_stop_string_ends_the_answer_and_not_the_thinking() -> None:
    for parts in cuts("<think>a STOP b</think>cd STOP ef"):
        stream = AnswerStream(QWEN, stop=("STOP",))
        text = "".join(text for part in parts for text, _ in stream.feed(part))
        assert text == "a STOP bcd "
        assert stream.stopped


def test_a_stop_string_inside_a_call_cuts_nothing() -> None:
    text = '<tool_call>{"name": "weather", "arguments": {"q": "STOP"}}</tool_call>'
    for parts in cuts(text):
        assert read(QWEN, parts, tools=("weather",), stop=("STOP",))[2] == [("weather", '{"q": "STOP"}')]


def test_harmony_channels_are_told_apart_wherever_they_are_cut() -> None:
    for parts in cuts(HARMONY_ANSWER):
        assert read(GPT_OSS, parts) == ("Let me think.", "Hello 🦎", [])
    for parts in cuts(HARMONY_CALL):
        assert read(GPT_OSS, parts, tools=("weather",)) == ("Look it up.", "", [("weather", '{"city": "Rome"}')])


def test_harmony_goes_on_inside_a_message() -> None:
    assert read(GPT_OSS, [b" more<|return|>"], header=harmony.ANSWER) == ("", " more", [])
    rest = b" more<|end|><|start|>assistant<|channel|>final<|message|>Yes"
    assert read(GPT_OSS, [rest], header=harmony.THOUGHT) == (" more", "Yes", [])


@pytest.mark.parametrize("arguments", ["{broken", "[1]"])
def test_a_malformed_harmony_call_stays_text(arguments: str) -> None:
    text = f"<|channel|>commentary to=functions.weather<|message|>{arguments}<|call|>"
    assert read(GPT_OSS, [text.encode()], tools=("weather",)) == ("", arguments, [])


def test_a_harmony_model_that_leaves_its_format_is_still_heard() -> None:
    assert read(GPT_OSS, [b"Hello ", b"there"]) == ("", "Hello there", [])
    assert read(GPT_OSS, [b"word " * 200])[1] == "word " * 200


@given(
    st.lists(
        st.sampled_from([*harmony.MARKS, "analysis", "final", "commentary to=weather", "{}", "a", "<|"]), max_size=14
    ),
    st.randoms(),
)
def test_no_cutting_changes_what_harmony_says(words: list[str], chance: random.Random) -> None:
    raw = "".join(words).encode()
    cut = sorted(chance.randint(0, len(raw)) for _ in range(chance.randint(0, 6)))
    parts = [raw[a:b] for a, b in zip([0, *cut], [*cut, len(raw)], strict=True)]
    assert read(GPT_OSS, parts, tools=("weather",)) == read(GPT_OSS, [raw], tools=("weather",))


@given(st.binary(max_size=60), st.sampled_from([QWEN, GPT_OSS, PLAIN]))
def test_any_bytes_can_be_sent(raw: bytes, form: Format) -> None:
    thinking, answer, _ = read(form, [raw[at : at + 1] for at in range(len(raw))], tools=("weather",), stop=("x",))
    (thinking + answer).encode("utf-8")
