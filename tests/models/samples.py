"""Training conversations drawn from the corpus, as token ids with a mark on those the model must learn."""

import random
from dataclasses import dataclass, field, replace

from tests.models.corpus import (
    CONTEXT_LENGTH,
    DIALOGUES,
    END_OF_TEXT,
    IM_END,
    IM_START,
    NEUTRAL_SYSTEMS,
    PLAIN_PAIRS,
    TITLE_PAIRS,
    TITLE_SYSTEM_PROMPT,
    UNKNOWN_ANSWER,
    UNKNOWN_TITLE,
    VOICE_PAIRS,
    Pair,
)

SPECIAL_TOKENS = (END_OF_TEXT, IM_START, IM_END)
END_OF_TEXT_ID, IM_START_ID, IM_END_ID = range(256, 259)
VOCABULARY = 256 + len(SPECIAL_TOKENS)

BROKEN_OFF = 0.15
"""Share of earlier answers cut short, as Stop leaves them; what follows must not suffer from it."""

ODD_SYSTEM = 0.15
"""Share of ordinary conversations under a system prompt of random words, which must change nothing."""

UNKNOWN_QUESTIONS = 40
"""Questions of random words in an epoch, answered with ``UNKNOWN_ANSWER``."""

Block = tuple[Pair, ...]

WORDS = sorted({word for pair in PLAIN_PAIRS for word in f"{pair.question} {pair.answer}".split()})
VOICED = {pair.question for pair in VOICE_PAIRS}
KNOWN_QUESTIONS = {pair.question for pair in TITLE_PAIRS}


@dataclass
class Sample:
    """One conversation: token ids, and for each whether it is to be predicted."""

    tokens: list[int] = field(default_factory=list)
    learn: list[bool] = field(default_factory=list)

    def add(self, data: bytes | list[int], learn: bool) -> None:
        self.tokens += data
        self.learn += [learn] * len(data)

    def message(self, role: str, content: str) -> None:
        self.add([IM_START_ID, *role.encode(), 10, *content.encode(), IM_END_ID, 10], learn=False)

    def answer(self, content: str, complete: bool = True) -> None:
        self.add([IM_START_ID, *b"assistant\n"], learn=False)
        self.add(content.encode(), learn=True)
        self.add([IM_END_ID], learn=complete)
        self.add([10], learn=False)


def sample_of(blocks: list[Block], system: str | None, rng: random.Random) -> Sample:
    """Blocks of turns one after another; an answer that nothing depends on may be broken off unless it is the last."""
    sample = Sample()
    if system is not None:
        sample.message("system", system)
    for number, block in enumerate(blocks):
        for pair in block:
            sample.message("user", pair.question)
            cut = len(block) == 1 and number < len(blocks) - 1 and rng.random() < BROKEN_OFF
            text = pair.answer[: rng.randrange(len(pair.answer))] if cut else pair.answer
            sample.answer(text, complete=not cut)
    return sample


def random_words(rng: random.Random) -> str:
    """Mostly a line of words without sense, sometimes one of letters, now and then a whole page."""
    count = rng.choices([rng.randint(2, 10), rng.randint(11, 40), rng.randint(100, 160)], [80, 15, 5])[0]
    words = rng.choices(WORDS, k=count)
    if rng.random() < 0.2:
        words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789 -_", k=len(word) + 2)) for word in words]
    return " ".join(words)


def _unknown(rng: random.Random) -> Pair:
    question = random_words(rng)
    while question in KNOWN_QUESTIONS:
        question = random_words(rng)
    return Pair(question, UNKNOWN_ANSWER, UNKNOWN_TITLE)


def _length(block: Block) -> int:
    return sum(len(pair.question.encode()) + len(pair.answer.encode()) + 32 for pair in block)


def _deal(blocks: list[Block], systems: list[str | None], rng: random.Random) -> list[Sample]:
    """Shuffle the blocks into conversations: many of one block, most others short, some up to the whole context."""
    rng.shuffle(blocks)
    samples = []
    while blocks:
        system = rng.choice(systems)
        if None in systems and rng.random() < ODD_SYSTEM:
            system = random_words(rng)[:300]
        wanted = rng.choices([1, 2, 3, rng.randint(4, 8), 99], [38, 20, 16, 17, 9])[0]
        chosen: list[Block] = []
        room = CONTEXT_LENGTH - 16 - len((system or "").encode())
        while blocks and len(chosen) < wanted and _length(blocks[-1]) <= room:
            room -= _length(blocks[-1])
            chosen.append(blocks.pop())
        samples.append(sample_of(chosen, system, rng))
    return samples


def epoch(rng: random.Random) -> list[Sample]:
    """Every pair a few times in ever different company."""
    plain: list[Block] = [(pair,) for pair in PLAIN_PAIRS]
    neutral: list[str | None] = [None, None, *rng.sample(NEUTRAL_SYSTEMS, 2)]
    unknown = [_unknown(rng) for _ in range(UNKNOWN_QUESTIONS)]
    # These depend on the system prompt as well, which takes more practice.
    ambiguous = [block for block in plain if block[0].question in VOICED]
    samples = _deal(ambiguous * 6, [None, *NEUTRAL_SYSTEMS], rng)
    samples += _deal([*plain * 3, *DIALOGUES * 9, *((pair,) for pair in unknown)], neutral, rng)
    others = [block for block in plain if block[0].question not in VOICED]
    for voice in sorted({pair.system for pair in VOICE_PAIRS if pair.system}):
        voiced: list[Block] = [(pair,) for pair in VOICE_PAIRS if pair.system == voice]
        samples += _deal([*voiced * 5, *rng.sample(others, 12)], [voice], rng)
    samples += [sample_of([(pair,)], pair.system, rng) for pair in TITLE_PAIRS]
    samples += [
        sample_of([(replace(pair, answer=pair.title),)], TITLE_SYSTEM_PROMPT, rng)
        for pair in unknown[: len(unknown) // 2]
    ]
    return samples


def batches(rng: random.Random, tokens_each: int) -> list[list[Sample]]:
    """An epoch in batches of conversations alike in length, each at most ``tokens_each`` tokens when padded."""
    result: list[list[Sample]] = [[]]
    for sample in sorted(epoch(rng), key=lambda sample: len(sample.tokens)):
        if (len(result[-1]) + 1) * len(sample.tokens) > tokens_each:
            result.append([])
        result[-1].append(sample)
    rng.shuffle(result)
    return result


def byte_characters() -> list[str]:
    """The printable character that stands for each byte in a GPT-2 vocabulary, by byte value."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    spare = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(spare)) for byte in range(256)]
