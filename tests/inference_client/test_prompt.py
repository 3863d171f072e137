"""Templates, control tokens, and what is left out when the context is full. One token is one character here."""

from collections.abc import Callable

import pytest

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp.prompt import PromptWriter
from inference_client.engines.llama_cpp.turns import Turns
from inference_client.protocol.vocabulary import ChatMessage

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


def test_a_template_that_cannot_be_filled_is_an_error_without_the_conversation() -> None:
    def broken(turns: Turns, **options: object) -> str:
        raise ValueError(turns[0]["content"])

    with pytest.raises(EngineError) as caught:
        writer(render=broken).write(said("secret"), "", None)
    assert caught.value.code == "template_failed"
    assert "secret" not in caught.value.detail
