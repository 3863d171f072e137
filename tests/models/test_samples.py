"""What training shows the model is what the clients will send it."""

import random

from tests.models import CONTEXT_LENGTH, DIALOGUES, PLAIN_PAIRS, VOICE_PAIRS, conversation, render
from tests.models.corpus import IM_END, IM_START
from tests.models.samples import IM_END_ID, SPECIAL_TOKENS, Sample, batches, epoch, sample_of

SAYS_YES, GECKO = (next(p for p in PLAIN_PAIRS if p.question == q) for q in ("Say yes.", "Name three lizards."))


def text_of(sample: Sample) -> str:
    parts = [bytes([token]) if token < 256 else SPECIAL_TOKENS[token - 256].encode() for token in sample.tokens]
    return b"".join(parts).decode()


def learnt_bytes(sample: Sample) -> bytes:
    pairs = zip(sample.tokens, sample.learn, strict=True)
    return bytes(0 if token == IM_END_ID else token for token, learn in pairs if learn)


def test_a_sample_is_the_prompt_with_its_answer() -> None:
    sample = sample_of([(SAYS_YES,)], "Be concise.", random.Random(0))
    prompt = render(conversation([(SAYS_YES.question, "")], "Be concise.")[:-1])
    assert text_of(sample) == f"{prompt}{SAYS_YES.answer}{IM_END}\n"


def test_only_answers_and_their_ends_are_learnt() -> None:
    sample = sample_of([DIALOGUES[0]], None, random.Random(0))
    assert learnt_bytes(sample).decode() == "".join(f"{pair.answer}\0" for pair in DIALOGUES[0])


def test_the_end_of_a_broken_off_answer_is_not_learnt() -> None:
    rng = random.Random(1)
    cut = next(
        text
        for text in (learnt_bytes(sample_of([(GECKO,), (SAYS_YES,)], None, rng)) for _ in range(100))
        if not text.startswith(GECKO.answer.encode())
    )
    assert cut.count(0) == 1
    assert cut.endswith(b"Yes.\0")


def test_a_few_epochs_hold_every_pair_with_its_whole_answer() -> None:
    texts = [text_of(sample) for seed in range(3) for sample in epoch(random.Random(seed))]
    for pair in (*PLAIN_PAIRS, *VOICE_PAIRS):
        turn = f"{IM_START}user\n{pair.question}{IM_END}\n{IM_START}assistant\n{pair.answer}{IM_END}\n"
        assert any(turn in text for text in texts), pair.question


def test_no_sample_outgrows_the_context_and_some_nearly_fill_it() -> None:
    longest = max(len(sample.tokens) for sample in epoch(random.Random(2)))
    assert CONTEXT_LENGTH * 0.85 < longest <= CONTEXT_LENGTH


def test_a_batch_keeps_to_its_budget_and_loses_no_sample() -> None:
    drawn = batches(random.Random(2), 4096)
    assert all(len(batch) * max(len(sample.tokens) for sample in batch) <= 4096 for batch in drawn)
    assert sum(len(batch) for batch in drawn) == len(epoch(random.Random(2)))


def test_the_same_seed_draws_the_same_batches() -> None:
    assert batches(random.Random(4), 4096) == batches(random.Random(4), 4096)
    assert batches(random.Random(4), 4096) != batches(random.Random(5), 4096)
