"""Templates, control tokens, and what is left out when the context is full. One token is one character here."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import formats, harmony
from inference_client.engines.llama_cpp.answer import AnswerStream
from inference_client.engines.llama_cpp.formats import Format
from inference_client.engines.llama_cpp.prompt import PLAIN, PromptWriter
from inference_client.engines.llama_cpp.turns import Turns
from inference_client.protocol.vocabulary import ChatMessage, Tool, ToolCall

BOS = 1
MARK = "<|x|>"


def render(turns: Turns, **options: object) -> str:
    return "".join(f"{MARK}{turn['role'][0]}:{turn['content']}\n" for turn in turns) + "a:"


def tokenize(text: str, special: bool) -> list[int]:
    if special and MARK in text:
        before, after = text.split(MARK, 1)
        return [*map(ord, before), 2, *tokenize(after, True)]
    return [ord(character) for character in text]


def writer(context: int = 100, bos: int | None = None, render: Callable[..., str] = render) -> PromptWriter:
    return PromptWriter(render, tokenize, control_tokens=[MARK, "<|y|>"], bos=bos, context=context)


def said(*contents: str) -> list[ChatMessage]:
    """user, assistant, user, …"""
    return [
        ChatMessage(role="assistant" if number % 2 else "user", content=content)
        for number, content in enumerate(contents)
    ]


def text_of(tokens: list[int]) -> str:
    return "".join(MARK if token == 2 else chr(token) for token in tokens)


def test_a_conversation_that_fits_is_read_whole() -> None:
    prompt = writer().write(said("one", "two", "three"), "", None)
    assert text_of(prompt.tokens) == f"{MARK}u:one\n{MARK}a:two\n{MARK}u:three\na:"
    assert (prompt.trimmed, prompt.prefix_tokens) == (0, 0)


def test_the_prefix_stands_after_the_generation_prompt_and_is_never_special() -> None:
    prompt = writer().write(said("hi"), f"so {MARK}", None)
    assert text_of(prompt.tokens).endswith("a:so <|x|>")
    assert prompt.tokens[-5:] == [ord(character) for character in MARK]
    assert prompt.prefix_tokens == len("so <|x|>")


@pytest.mark.parametrize("content", [MARK, f"a{MARK}b", "<|x<|x|>|>", "<|y|>"])
def test_control_tokens_in_what_people_write_stay_text(content: str) -> None:
    prompt = writer().write(said(content), "", None)
    assert prompt.tokens.count(2) == 1
    assert f"u:{content}\n" in "".join("" if token == 2 else chr(token) for token in prompt.tokens)


@pytest.mark.parametrize("template_writes_it", [True, False])
def test_the_first_token_stands_there_once(template_writes_it: bool) -> None:
    def with_bos(turns: Turns, **options: object) -> str:
        return ("\x01" if template_writes_it else "") + render(turns)

    tokens = writer(bos=BOS, render=with_bos).write(said("hi"), "", None).tokens
    assert tokens.count(BOS) == 1
    assert tokens[0] == BOS


def test_the_oldest_turns_go_first_and_system_and_last_message_stay() -> None:
    messages = [ChatMessage(role="system", content="be kind"), *said(*[f"message {number}" for number in range(9)])]
    prompt = writer(context=100).write(messages, "", 20)
    text = text_of(prompt.tokens)
    assert "be kind" in text
    assert "message 8" in text
    assert "message 0" not in text
    assert len(prompt.tokens) <= 80
    kept = [number for number in range(9) if f"message {number}" in text]
    assert kept == list(range(kept[0], 9)), "only the oldest are left out"
    assert kept[0] % 2 == 0, "what is kept begins with a question"
    assert prompt.trimmed == 9 - len(kept)


def test_no_turn_is_left_out_that_had_room() -> None:
    for length in range(1, 60):
        messages = said("x" * length, "y", "z")
        prompt = writer(context=100).write(messages, "", 10)
        whole = len(render([{"role": m.role, "content": m.content} for m in messages])) - 3 * (len(MARK) - 1)
        assert (prompt.trimmed == 0) == (whole <= 90)


def test_a_full_conversation_begins_alike_for_some_turns() -> None:
    contents: list[str] = []
    beginnings: list[str] = []
    for number in range(60):
        contents += [f"question {number:02}", f"answer {number:02}"]
        prompt = writer(context=400).write(said(*contents, "and?"), "", 50)
        assert len(prompt.tokens) <= 350
        assert text_of(prompt.tokens).endswith(f"answer {number:02}\n{MARK}u:and?\na:")
        beginnings.append(text_of(prompt.tokens)[:20])
    # Each turn takes 29 tokens and a step is 100.
    assert len(set(beginnings)) in range(12, 22)
    assert len(set(beginnings)) == 1 + sum(one != other for one, other in pairwise(beginnings))


def test_a_last_message_that_does_not_fit_is_refused_with_figures() -> None:
    with pytest.raises(EngineError) as caught:
        writer(context=100).write(said("old", "older", "x" * 200), "", None)
    assert caught.value.code == "prompt_too_long"
    assert "206" in caught.value.detail
    assert "100" in caught.value.detail
    assert "x" * 10 not in caught.value.detail


def test_an_answer_that_has_filled_the_context_is_told_apart() -> None:
    with pytest.raises(EngineError) as caught:
        writer(context=100).write(said("hi"), "y" * 100, None)
    assert caught.value.code == "context_full"


def test_a_template_without_system_role_gets_it_in_the_first_message() -> None:
    def no_system(turns: Turns, **options: object) -> str:
        if any(turn["role"] == "system" for turn in turns):
            raise ValueError("System role not supported")
        return render(turns)

    messages = [ChatMessage(role="system", content="be kind"), *said("hi")]
    assert "u:be kind\n\nhi" in text_of(writer(render=no_system).write(messages, "", None).tokens)


@pytest.mark.parametrize("system", [True, False])
def test_a_template_that_wants_a_user_to_begin_takes_a_conversation_that_a_character_begins(system: bool) -> None:
    def strict(turns: Turns, **options: object) -> str:
        if [turn["role"] for turn in turns] != ["user", "assistant", "user"][: len(turns)]:
            raise ValueError("user and assistant take turns")
        return render(turns)

    begun = [ChatMessage(role="system", content="s")] * system + [
        ChatMessage(role="assistant", content="hello"), ChatMessage(role="user", content="hi"), ChatMessage(role="system", content="end")
    ]  # fmt: skip
    text = text_of(writer(200, render=strict).write(begun, "", None).tokens)
    first = "s" if system else "(The conversation begins.)"
    assert text == f"{MARK}u:{first}\n{MARK}a:hello\n{MARK}u:hi\n\nend\na:"


def test_a_template_that_cannot_be_filled_is_an_error_without_the_conversation() -> None:
    def broken(turns: Turns, **options: object) -> str:
        raise ValueError(turns[0]["content"])

    with pytest.raises(EngineError) as caught:
        writer(render=broken).write(said("secret"), "", None)
    assert caught.value.code == "template_failed"
    assert "secret" not in caught.value.detail


# --- thinking and tools -----------------------------------------------------------------------------------------------

QWEN = formats.of("{% if tools %}<tool_call>{% endif %}{% if enable_thinking %}<think></think>{% endif %}")
ALWAYS = formats.of("{{ messages }}<think>")
GPT_OSS = formats.of("{{ reasoning_effort }}{% if tools %}{% endif %}<|channel|>x<|message|>")
WEATHER = Tool(name="weather", description="Tells it.", parameters='{"type": "object", "properties": {"city": {}}}')
CALLED = [
    ChatMessage(role="user", content="Rome?"),
    ChatMessage(
        role="assistant",
        content="",
        tool_calls=(ToolCall(id="abcdefghi", name="weather", arguments='{"city": "Rome"}'),),
    ),
    ChatMessage(role="tool", content="Sunny", tool_call_id="abcdefghi"),
]


class Rendered:
    """A template that notes what it was given."""

    def __init__(self, end: str = "", refuses: str = "") -> None:
        self.end, self.refuses = end, refuses
        self.turns: list[Turns] = []
        self.options: list[dict[str, Any]] = []

    def __call__(self, turns: Turns, **options: Any) -> str:
        if self.refuses and any(turn["role"] == self.refuses for turn in turns):
            raise ValueError(f"no {self.refuses} here")
        self.turns.append(turns)
        self.options.append(options)
        return render(turns) + self.end


def thinker(form: Format, rendered: Rendered, context: int = 4000) -> PromptWriter:
    return PromptWriter(rendered, tokenize, control_tokens=[MARK], bos=None, context=context, form=form)


@pytest.mark.parametrize(
    ("form", "asked", "expected"),
    [
        (QWEN, None, {}),
        (QWEN, "on", {"enable_thinking": True, "thinking": True}),
        (QWEN, "high", {"enable_thinking": True, "thinking": True}),
        (QWEN, "off", {"enable_thinking": False, "thinking": False}),
        (GPT_OSS, "high", {"reasoning_effort": "high"}),
        (GPT_OSS, "off", {"reasoning_effort": "low"}),
        (PLAIN, "on", {}),
    ],
)
def test_the_template_is_told_how_much_to_think(form: Format, asked: str | None, expected: dict[str, Any]) -> None:
    rendered = Rendered()
    thinker(form, rendered).write(said("hi"), "", None, thinking=asked)
    assert rendered.options == [expected]


def test_a_model_that_always_thinks_gets_an_empty_thought_when_thinking_is_off() -> None:
    prompt = thinker(ALWAYS, Rendered(end="<think>\n")).write(said("hi"), "", None, thinking="off")
    assert text_of(prompt.tokens).endswith("a:<think>\n\n\n</think>\n\n")
    assert (prompt.where, prompt.prefix_tokens) == ("answer", 0)
    knows = thinker(QWEN, Rendered(end="<think>\n\n</think>\n\n")).write(said("hi"), "", None, thinking="off")
    assert text_of(knows.tokens).count("</think>") == 1
    assert knows.where == "answer"


@pytest.mark.parametrize(
    ("end", "thinking", "answer", "written", "where"),
    [
        ("", "", "", "", "start"),
        ("<think>\n", "", "", "<think>\n", "thinking"),
        ("", "Hm", "", "<think>\nHm", "thinking"),
        ("<think>\n", "Hm", "", "<think>\nHm", "thinking"),
        ("", "Hm", "Yes", "<think>\nHm\n</think>\n\nYes", "answer"),
        ("<think>\n", "Hm", "Yes", "<think>\nHm\n</think>\n\nYes", "answer"),
        ("", "", "Yes", "Yes", "answer"),
        ("<think>\n", "", "Yes", "<think>\n\n</think>\n\nYes", "answer"),
    ],
)
def test_an_answer_goes_on_in_its_thinking_or_behind_it(
    end: str, thinking: str, answer: str, written: str, where: str
) -> None:
    prompt = thinker(QWEN, Rendered(end=end)).write(said("hi"), thinking + answer, None, prefix_thinking=len(thinking))
    assert text_of(prompt.tokens).endswith("a:" + written)
    assert prompt.where == where
    assert prompt.going_on == bool(thinking and not answer)
    assert prompt.answer_tokens == len(answer)
    assert prompt.prefix_tokens == len(written) - len(end)


def test_a_harmony_answer_goes_on_in_its_channel() -> None:
    writer = thinker(GPT_OSS, Rendered())
    thought = writer.write(said("hi"), "Hm", None, prefix_thinking=2)
    assert text_of(thought.tokens).endswith("a:<|channel|>analysis<|message|>Hm")
    both = writer.write(said("hi"), "HmYes", None, prefix_thinking=2)
    assert text_of(both.tokens).endswith("Hm<|end|><|start|>assistant<|channel|>final<|message|>Yes")
    assert (thought.header, both.header) == (harmony.THOUGHT, harmony.ANSWER)


@pytest.mark.parametrize(
    ("form", "raw"),
    [
        (QWEN, "<think>\nHm, é so.\n\nYes?\n</think>\n\nThe answer."),
        (GPT_OSS, "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>The answer."),
    ],
)
def test_an_interrupted_answer_is_written_again_exactly_as_the_model_wrote_it(form: Format, raw: str) -> None:
    for cut in range(len(raw) + 1):
        stream = AnswerStream(form)
        pieces = stream.feed(raw[:cut].encode())
        thinking = "".join(text for text, thought in pieces if thought)
        text = "".join(text for text, _ in pieces)
        prompt = thinker(form, Rendered()).write(said("hi"), text, None, prefix_thinking=len(thinking))
        written = text_of(prompt.tokens).rpartition("a:")[2]
        assert raw.startswith(written)
        again = AnswerStream(
            form, where=prompt.where, going_on=prompt.going_on, header=prompt.header, begun=prompt.begun
        )
        rest = [*again.feed(raw[len(written) :].encode()), *again.end()]
        whole = AnswerStream(form)
        pieces = [*whole.feed(raw.encode()), *whole.end()]
        for kind in (True, False):
            before = thinking if kind else text[len(thinking) :]
            after = "".join(text for text, thought in rest if thought is kind)
            assert before + after == "".join(text for text, thought in pieces if thought is kind), cut


def test_tools_calls_and_results_reach_the_template_in_its_own_shape() -> None:
    rendered = Rendered()
    thinker(QWEN, rendered).write(CALLED, "", None, tools=[WEATHER])
    (options,), (turns,) = rendered.options, rendered.turns
    assert options["tools"][0]["function"]["name"] == "weather"
    assert options["tools"][0]["function"]["parameters"]["properties"] == {"city": {}}
    assert turns[1]["tool_calls"][0]["function"] == {"name": "weather", "arguments": {"city": "Rome"}}
    assert (turns[2]["role"], turns[2]["name"], turns[2]["tool_call_id"]) == ("tool", "weather", "abcdefghi")


@pytest.mark.parametrize(("form", "refuses"), [(PLAIN, ""), (QWEN, "tool")])
def test_a_template_that_knows_no_tools_gets_them_in_words(form: Format, refuses: str) -> None:
    rendered = Rendered(refuses=refuses)
    thinker(form, rendered).write(CALLED, "", None, tools=[WEATHER])
    (turns,) = rendered.turns
    assert rendered.options == [{}]
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert "weather" in turns[0]["content"]
    assert turns[2]["content"].startswith("<tool_call>")
    assert turns[3]["content"] == "Result of weather:\nSunny"


def test_nobody_writes_control_tokens_into_tools_calls_or_results() -> None:
    bad = MARK
    messages = [
        ChatMessage(role="user", content="x"),
        ChatMessage(
            role="assistant",
            content="",
            tool_calls=(ToolCall(id=bad, name=bad, arguments=json.dumps({bad: [bad, {"deep": bad}]})),),
        ),
        ChatMessage(role="tool", content=bad, tool_call_id=bad),
    ]
    tool = Tool(name="weather", description=bad, parameters=json.dumps({"title": bad}))

    def everything(turns: Turns, **options: Any) -> str:
        return "".join(str(turn) for turn in turns) + str(options)

    tokens = PromptWriter(
        everything, tokenize, control_tokens=[MARK], bos=None, context=9000, form=QWEN
    ).write(messages, "", None, tools=[tool]).tokens  # fmt: skip
    assert tokens.count(2) == 0


def test_turns_left_out_take_their_tool_calls_and_results_with_them() -> None:
    rendered = Rendered()
    messages = [*CALLED, ChatMessage(role="assistant", content="y" * 200), ChatMessage(role="user", content="And now?")]
    prompt = thinker(QWEN, rendered, context=200).write(messages, "", 20, tools=[WEATHER])
    assert prompt.trimmed == 4
    assert [turn["role"] for turn in rendered.turns[-1]] == ["user"]
