"""The answer of last resort: a Markov chain that the site runs itself when no inference machine is there.

Trained from the text an operator names in ``MARKOV_CORPUS``, otherwise from a small text of the site's own; never from
conversations.
"""

import functools
import random
from pathlib import Path

import markovify
from django.conf import settings

from chat import queueing

MAX_CORPUS = 2_000_000
"""Characters read from the operator's corpus: the chain stays within some tens of megabytes."""

OWN_CORPUS = Path(__file__).with_name("markov_corpus.txt")


def reply_if_offline(model: str, question: str, user: int) -> str | None:
    """A generated text, or None when a node offers ``model`` to ``user`` after all: then a real answer is to be had."""
    return None if queueing.offered(model, user) else reply(question)


def prepare() -> None:
    """Learns the corpus, if it was not learnt yet."""
    _chain(settings.MARKOV_CORPUS)


def reply(question: str, seed: int | None = None) -> str:
    """Two to four sentences that begin, where the chain allows, with a word of the question."""
    chain = _chain(settings.MARKOV_CORPUS)
    chance = random.Random(seed)  # noqa: S311  (no secret)
    sentences: list[str] = []
    words = [word.strip(".,;:!?\"'()").capitalize() for word in question.split() if len(word) > 3]
    chance.shuffle(words)
    for word in words[:5]:
        sentence = _sentence_with(chain, word)
        if sentence:
            sentences.append(sentence)
            break
    for _ in range(chance.randint(2, 3)):
        sentence = chain.make_sentence(tries=50) or chain.make_sentence(test_output=False)
        if sentence and sentence not in sentences:
            sentences.append(sentence)
    return " ".join(sentences)


def _sentence_with(chain: markovify.Text, start: str) -> str | None:
    try:
        sentence = chain.make_sentence_with_start(start, strict=False, tries=20)
    except (KeyError, markovify.text.ParamError):
        # The corpus does not have the word.
        return None
    return str(sentence) if sentence else None


@functools.lru_cache(maxsize=1)
def _chain(corpus: str) -> markovify.Text:
    path = Path(corpus) if corpus else OWN_CORPUS
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(MAX_CORPUS)
    return markovify.Text(text, state_size=2, well_formed=False)
