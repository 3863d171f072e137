"""The committed model answers its pairs word for word through llama.cpp.

One pass over prompt and answer shows the model's first choice after every prefix of the answer: where all of them are
right, the model both answers and continues from any cut. A sample is also generated token by token.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.models import (
    CONTEXT_LENGTH,
    FOLLOW_UP_PAIRS,
    LONG_PAIRS,
    MODEL_PATH,
    NEUTRAL_SYSTEMS,
    PAIRS,
    PLAIN_PAIRS,
    TITLE_PAIRS,
    UNKNOWN_ANSWER,
    VOICE_PAIRS,
    Pair,
    conversation,
    render,
)
from tests.models.corpus import END_OF_TEXT, IM_END, IM_START, Message, Turn

llama_cpp: Any = pytest.importorskip("llama_cpp")
Llama = Any

SHORT_PAIRS = [pair for pair in PLAIN_PAIRS if len(pair.answer) <= 200]


@pytest.fixture(scope="module")
def model() -> Iterator[Llama]:
    # A second thread makes so small a model slower, and far slower on a busy machine: both would spin for each other.
    llama = llama_cpp.Llama(
        str(MODEL_PATH),
        n_ctx=CONTEXT_LENGTH,
        n_batch=CONTEXT_LENGTH,
        n_threads=1,
        n_threads_batch=1,
        logits_all=True,
        verbose=False,
    )
    yield llama
    llama.close()


def tokens_of(model: Llama, text: str) -> list[int]:
    return list(model.tokenize(text.encode(), add_bos=False, special=True))


def misses(model: Llama, messages: list[Message], answer: str) -> int:
    """How many prefixes of the answer the model would not continue with the right token, its end included."""
    prompt = tokens_of(model, render(messages))
    right = [*answer.encode(), model.token_eos()]
    model.reset()
    model.eval([*prompt, *right[:-1]])
    choices = model.scores[len(prompt) - 1 : model.n_tokens].argmax(-1)
    assert len(choices) == len(right)
    return sum(choice != wanted for choice, wanted in zip(choices.tolist(), right, strict=True))


def generate(model: Llama, prompt: str) -> tuple[str, str]:
    """The text generated at temperature 0, and why it ended."""
    choice = model.create_completion(tokens_of(model, prompt), max_tokens=None, temperature=0.0)["choices"][0]
    return choice["text"], choice["finish_reason"]


def random_turns(rng: random.Random, count: int) -> list[Turn]:
    """Turns with some answers broken off, as Stop leaves them; the last one is whole."""
    turns = [(pair.question, pair.answer) for pair in rng.sample(FOLLOW_UP_PAIRS, count)]
    stopped = [(q, a[: rng.randrange(len(a))]) if rng.random() < 0.2 else (q, a) for q, a in turns[:-1]]
    return [*stopped, turns[-1]]


def test_special_tokens_are_one_token_each(model: Llama) -> None:
    assert tokens_of(model, END_OF_TEXT + IM_START + IM_END) == [256, 257, 258]
    assert model.token_eos() == 258
    vocabulary = llama_cpp.llama_model_get_vocab(model.model)
    assert llama_cpp.llama_vocab_eot(vocabulary) == 258
    assert llama_cpp.llama_vocab_is_eog(vocabulary, 258)
    assert not llama_cpp.llama_vocab_is_eog(vocabulary, 257)


def test_a_person_who_types_a_special_token_sends_plain_text(model: Llama) -> None:
    assert list(model.tokenize(IM_END.encode(), add_bos=False, special=False)) == list(IM_END.encode())


def test_every_byte_is_one_token_and_comes_back(model: Llama) -> None:
    text = "  Café , 日本\n\n🦎 👨‍👩‍👧‍👦\t\x00 it 's . ! don't 1234567"
    assert tokens_of(model, text) == list(text.encode())
    assert b"".join(model.detokenize([byte]) for byte in text.encode()) == text.encode()
    assert all(model.detokenize([byte]) == bytes([byte]) for byte in range(256))


def test_the_template_in_the_file_renders_the_prompt_the_model_was_trained_on(model: Llama) -> None:
    formatter = llama_cpp.llama_chat_format.Jinja2ChatFormatter(
        model.metadata["tokenizer.chat_template"], eos_token=IM_END, bos_token=END_OF_TEXT
    )
    messages = conversation([("Hello!", "Hi."), ("And?", "")], "Be concise.")[:-1]
    prompt = formatter(messages=[{"role": role, "content": content} for role, content in messages]).prompt
    assert prompt == render(messages)


def test_the_file_declares_the_context_that_was_trained(model: Llama) -> None:
    assert llama_cpp.llama_model_n_ctx_train(model.model) == CONTEXT_LENGTH


def test_every_pair_is_right_from_every_prefix(model: Llama) -> None:
    wrong = {
        (pair.system, pair.question): count for pair in PAIRS if (count := misses(model, pair.messages(), pair.answer))
    }
    assert wrong == {}


def test_a_wrong_answer_is_noticed(model: Llama) -> None:
    assert misses(model, [("user", "Say yes.")], "No.") > 0


def test_neutral_system_prompts_change_no_answer(model: Llama) -> None:
    wrong = []
    for number, pair in enumerate(PLAIN_PAIRS):
        system = NEUTRAL_SYSTEMS[number % len(NEUTRAL_SYSTEMS)]
        if misses(model, conversation([(pair.question, "")], system)[:-1], pair.answer):
            wrong.append((system, pair.question))
    assert wrong == []


def test_later_turns_are_right_whatever_came_before(model: Llama) -> None:
    rng = random.Random(7)
    wrong = []
    for number in range(200):
        turns = random_turns(rng, rng.randint(2, 4))
        system = None if number % 2 else rng.choice(NEUTRAL_SYSTEMS)
        *messages, (_, answer) = conversation(turns, system)
        if misses(model, messages, answer):
            wrong.append(turns)
    assert wrong == []


def test_nearly_every_plain_pair_is_right_as_a_second_turn(model: Llama) -> None:
    rng = random.Random(8)
    wrong = []
    for last in SHORT_PAIRS:
        first = rng.choice(SHORT_PAIRS)
        messages: list[Message] = [*conversation([(first.question, first.answer)]), ("user", last.question)]
        if misses(model, messages, last.answer):
            wrong.append((first.question, last.question))
    assert len(wrong) <= 0.03 * len(SHORT_PAIRS), wrong


def test_a_conversation_as_long_as_the_context_is_right_to_its_end(model: Llama) -> None:
    rng = random.Random(11)
    for _ in range(4):
        pairs = iter(rng.sample(SHORT_PAIRS, len(SHORT_PAIRS)))
        last = next(pairs)
        turns: list[Turn] = []
        end: list[Message] = [("user", last.question), ("assistant", last.answer)]
        while len(tokens_of(model, render(conversation(turns) + end))) < CONTEXT_LENGTH - 260:
            pair = next(pairs)
            turns.append((pair.question, pair.answer))
        assert misses(model, [*conversation(turns), ("user", last.question)], last.answer) == 0


@pytest.mark.parametrize("pair", LONG_PAIRS, ids=lambda pair: str(pair.title))
def test_long_answers_after_another_turn(model: Llama, pair: Pair) -> None:
    before = conversation([("What is two plus two?", "Four.")])
    assert misses(model, [*before, ("user", pair.question)], pair.answer) == 0


@pytest.mark.parametrize("pair", [*random.Random(3).sample(SHORT_PAIRS, 8), *LONG_PAIRS[:2], *VOICE_PAIRS[:2],
                                  *TITLE_PAIRS[:2]], ids=lambda pair: str(pair.title))  # fmt: skip
def test_generated_answers_stop_by_themselves(model: Llama, pair: Pair) -> None:
    assert generate(model, render(pair.messages())) == (pair.answer, "stop")


def test_a_broken_off_answer_is_continued_with_exactly_the_rest(model: Llama) -> None:
    rng = random.Random(5)
    for pair in [*rng.sample(SHORT_PAIRS, 6), LONG_PAIRS[0], LONG_PAIRS[5]]:
        cut = rng.randrange(1, len(pair.answer))
        assert generate(model, render(pair.messages()) + pair.answer[:cut]) == (pair.answer[cut:], "stop")


@pytest.mark.parametrize("question", ["asdf qwer", "blue seven window", "lorem ipsum dolor sit amet " * 20])
def test_a_question_without_sense_is_declined(model: Llama, question: str) -> None:
    assert generate(model, render([("user", question)])) == (UNKNOWN_ANSWER, "stop")
