"""Many conversations in one batch do not disturb each other: what continuous batching relies on."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.models import CONTEXT_LENGTH, MODEL_PATH, PLAIN_PAIRS, Pair, render

llama_cpp: Any = pytest.importorskip("llama_cpp")
Context = Any

CONVERSATIONS = 20


@pytest.fixture
def context() -> Iterator[Context]:
    """A context for twenty sequences over one unified cache."""
    model = llama_cpp.llama_model_load_from_file(str(MODEL_PATH).encode(), llama_cpp.llama_model_default_params())
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = 4 * CONTEXT_LENGTH
    parameters.n_batch = 4 * CONTEXT_LENGTH
    parameters.n_seq_max = CONVERSATIONS
    parameters.kv_unified = True
    parameters.n_threads = parameters.n_threads_batch = 1
    context = llama_cpp.llama_init_from_model(model, parameters)
    yield context
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)


def tokenize(context: Context, text: str) -> list[int]:
    vocabulary = llama_cpp.llama_model_get_vocab(llama_cpp.llama_get_model(context))
    data = text.encode()
    room = (llama_cpp.llama_token * (len(data) + 8))()
    return list(room[: llama_cpp.llama_tokenize(vocabulary, data, len(data), room, len(room), False, True)])


def answer_together(context: Context, prompts: list[str]) -> list[bytes]:
    """Greedy answers to all prompts, each its own sequence, one decode call a step for all that still run."""
    end = llama_cpp.llama_vocab_eot(llama_cpp.llama_model_get_vocab(llama_cpp.llama_get_model(context)))
    greedy = llama_cpp.llama_sampler_init_greedy()
    batch = llama_cpp.llama_batch_init(llama_cpp.llama_n_batch(context), 0, 1)
    answers = [bytearray() for _ in prompts]
    pending = {number: tokenize(context, prompt) for number, prompt in enumerate(prompts)}
    position = dict.fromkeys(pending, 0)
    while pending:
        batch.n_tokens = 0
        row_of = {}
        for number, tokens in pending.items():
            for token in tokens:
                row = batch.n_tokens
                batch.token[row], batch.pos[row], batch.n_seq_id[row] = token, position[number], 1
                batch.seq_id[row][0] = number
                batch.logits[row] = False
                position[number] += 1
                batch.n_tokens += 1
            row_of[number] = batch.n_tokens - 1
            batch.logits[row_of[number]] = True
        assert llama_cpp.llama_decode(context, batch) == 0
        chosen = {number: llama_cpp.llama_sampler_sample(greedy, context, row) for number, row in row_of.items()}
        pending = {number: [token] for number, token in chosen.items() if token != end}
        for number, (token,) in pending.items():
            answers[number].append(token)
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_sampler_free(greedy)
    return [bytes(answer) for answer in answers]


def test_twenty_people_ask_at_once_and_each_gets_their_own_answer(context: Context) -> None:
    short = [pair for pair in PLAIN_PAIRS if len(pair.answer) <= 200]
    pairs: list[Pair] = random.Random(13).sample(short, CONVERSATIONS)
    answers = answer_together(context, [render(pair.messages()) for pair in pairs])
    assert [answer.decode() for answer in answers] == [pair.answer for pair in pairs]
