"""How the next token is chosen, by llama.cpp's own samplers. In the child process only."""

import ctypes
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import llama_cpp
import numpy as np

from inference_client.engines.base import EngineError, Job
from inference_client.engines.llama_cpp import grammar
from inference_client.engines.llama_cpp.guard import Guard
from inference_client.engines.llama_cpp.native import NativeLog
from inference_client.engines.llama_cpp.prompt import Prompt
from inference_client.protocol.vocabulary import LogitBias, Sampling

# llama.cpp's own defaults for what a request leaves open.
TEMPERATURE: Final = 0.8
TOP_K: Final = 40
TOP_P: Final = 0.95
MIN_P: Final = 0.05
PENALTY_WINDOW: Final = 64

_CANDIDATE: Final = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Vocabulary:
    """What every sampler of a context shares."""

    def __init__(self, context: llama_cpp.llama_context_p, vocab: llama_cpp.llama_vocab_p, log: NativeLog) -> None:
        self.context = context
        self.vocab = vocab
        self.log = log
        self.size = int(llama_cpp.llama_vocab_n_tokens(vocab))
        self._row = ctypes.c_float * self.size
        self._numbers = np.arange(self.size, dtype=np.int32)
        self._all = Candidates(self.size)
        self._one = Candidates(1)

    def logits(self, index: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """Of all tokens after entry ``index`` of the batch decoded last; gone with the next one."""
        start = ctypes.cast(llama_cpp.llama_get_logits_ith(self.context, index), ctypes.c_void_p).value
        row: Any = self._row.from_address(start or 0)
        return np.frombuffer(row, np.float32)

    def candidates(self, index: int) -> "Candidates":
        """All tokens with their logits after entry ``index`` of the batch."""
        return self._all.fill(self._numbers, self.logits(index))

    def one(self, token: int) -> "Candidates":
        return self._one.fill(token, 0.0)


class Candidates:
    """An array of llama.cpp's candidates, filled again for every token that is chosen from it."""

    def __init__(self, size: int) -> None:
        self.rows = np.zeros(size, _CANDIDATE)
        self._pointer = ctypes.cast(self.rows.ctypes.data, ctypes.POINTER(llama_cpp.llama_token_data))
        self._array = llama_cpp.llama_token_data_array(data=self._pointer, size=size, selected=-1, sorted=False)

    def fill(self, tokens: object, logits: object) -> "Candidates":
        self.rows["id"], self.rows["logit"], self.rows["p"] = tokens, logits, 0
        self._array.data = self._pointer  # type: ignore[assignment]
        self._array.size = len(self.rows)
        self._array.selected, self._array.sorted = -1, False
        return self

    def through(self, sampler: "llama_cpp.llama_sampler_p") -> "Candidates":
        llama_cpp.llama_sampler_apply(sampler, ctypes.byref(self._array))
        return self

    @property
    def possible(self) -> bool:
        """Some token is still allowed."""
        return bool(np.isfinite(self.rows["logit"][: self._array.size]).any())

    @property
    def chosen(self) -> int:
        return int(self._array.data[self._array.selected].id)


class NativeSampler:
    """A llama.cpp sampler chain."""

    constrained = False

    def __init__(self, words: Vocabulary, sampling: Sampling, history: Sequence[int]) -> None:
        self._words = words
        self._chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        self._bias(sampling.logit_bias)
        penalty = sampling.repeat_penalty
        if penalty is not None and penalty != 1.0:
            penalties = llama_cpp.llama_sampler_init_penalties(words.size, PENALTY_WINDOW, penalty, 0.0, 0.0)
            for token in history[-PENALTY_WINDOW:]:
                llama_cpp.llama_sampler_accept(penalties, token)
            self._add(penalties)
        temperature = TEMPERATURE if sampling.temperature is None else sampling.temperature
        if temperature <= 0:
            self._add(llama_cpp.llama_sampler_init_greedy())
        else:
            self._add(llama_cpp.llama_sampler_init_top_k(TOP_K if sampling.top_k is None else sampling.top_k))
            self._add(llama_cpp.llama_sampler_init_top_p(sampling.top_p or TOP_P, 1))
            self._add(llama_cpp.llama_sampler_init_min_p(MIN_P if sampling.min_p is None else sampling.min_p, 1))
            self._add(llama_cpp.llama_sampler_init_temp(temperature))
            seed = llama_cpp.LLAMA_DEFAULT_SEED if sampling.seed is None else sampling.seed
            self._add(llama_cpp.llama_sampler_init_dist(seed))

    def sample(self, index: int, *, answering: bool = True) -> int:
        return int(llama_cpp.llama_sampler_sample(self._chain, self._words.context, index))

    def close(self) -> None:
        llama_cpp.llama_sampler_free(self._chain)

    def _bias(self, wishes: Sequence[LogitBias]) -> None:
        if not wishes:
            return
        for wish in wishes:
            if wish.token >= self._words.size:
                llama_cpp.llama_sampler_free(self._chain)
                detail = f"logit_bias names token {wish.token}; this model has tokens 0 to {self._words.size - 1}"
                raise EngineError("invalid_logit_bias", detail)
        pairs = (llama_cpp.llama_logit_bias * len(wishes))(
            *(llama_cpp.llama_logit_bias(wish.token, wish.bias) for wish in wishes)
        )
        self._add(llama_cpp.llama_sampler_init_logit_bias(self._words.size, len(wishes), pairs))

    def _add(self, sampler: "llama_cpp.llama_sampler_p") -> None:
        llama_cpp.llama_sampler_chain_add(self._chain, sampler)


class GreedySampler:
    """The likeliest token of all and nothing else: found without the list of candidates that a chain makes of them."""

    constrained = False

    def __init__(self, words: Vocabulary) -> None:
        self._words = words

    def sample(self, index: int, *, answering: bool = True) -> int:
        return int(self._words.logits(index).argmax())

    def close(self) -> None:
        pass


class GrammarSampler(NativeSampler):
    """A chain that chooses only what a grammar allows, once the answer proper begins.

    ``active``: it has begun. ``opening``: the token with which the model may begin to think instead, which the grammar
    does not know. Raises EngineError ``invalid_grammar``.
    """

    constrained = True

    def __init__(
        self,
        words: Vocabulary,
        job: Job,
        sampling: Sampling,
        prompt: Prompt,
        text: str,
        *,
        guard: Guard,
        active: bool,
        opening: int | None,
    ) -> None:
        super().__init__(words, sampling, prompt.tokens)
        self._run = job.run
        self._guard = guard
        self._active = active
        self._opening = opening
        try:
            with guard.at_work_for(job.run):
                self._grammar = _parsed(words, text)
                self._follow(prompt.tokens[len(prompt.tokens) - prompt.answer_tokens :])
        except EngineError:
            super().close()
            raise

    def sample(self, index: int, *, answering: bool = True) -> int:
        free = self._words.candidates(index).through(self._chain).chosen
        if not self._active:
            opening, self._opening = self._opening, None
            self._active = answering or opening not in (None, free)
            if not self._active:
                return self._taken(free)
        with self._guard.at_work_for(self._run):
            token = free if self._allows(free) else self._among_allowed(index)
            llama_cpp.llama_sampler_accept(self._grammar, token)
        return self._taken(token)

    def close(self) -> None:
        llama_cpp.llama_sampler_free(self._grammar)
        super().close()

    def _taken(self, token: int) -> int:
        llama_cpp.llama_sampler_accept(self._chain, token)
        return token

    def _among_allowed(self, index: int) -> int:
        found = self._words.candidates(index).through(self._grammar)
        if not found.possible:
            raise grammar.invalid("the grammar allows nothing here that this model can write; correct it")
        return found.through(self._chain).chosen

    def _allows(self, token: int) -> bool:
        return self._words.one(token).through(self._grammar).possible

    def _follow(self, tokens: Sequence[int]) -> None:
        """Takes the grammar past what is written. To accept what is not allowed would end the process."""
        for token in tokens:
            if not self._allows(token):
                llama_cpp.llama_sampler_free(self._grammar)
                raise grammar.invalid("the answer so far does not follow the grammar, so it cannot go on under it")
            llama_cpp.llama_sampler_accept(self._grammar, token)


def sampler(
    words: Vocabulary, job: Job, prompt: Prompt, guard: Guard, *, harmony: bool = False, opening: int | None = None
) -> NativeSampler | GreedySampler:
    """``opening``: see GrammarSampler; None where thinking begins otherwise or not at all.

    Raises EngineError ``invalid_grammar`` or ``invalid_logit_bias``.
    """
    sampling = seeded(job.sampling, prompt.prefix_tokens)
    if not sampling.grammar and not sampling.json_schema:
        if _greedy(sampling):
            return GreedySampler(words)
        return NativeSampler(words, sampling, prompt.tokens)
    with guard.at_work_for(job.run):
        text = grammar.gbnf(sampling)
    assert text is not None
    undecided = prompt.where == "start" and not harmony
    if not undecided or prompt.prefix_tokens or sampling.thinking == "off":
        opening = None
    active = prompt.begun or prompt.where == "answer" or (undecided and opening is None)
    return GrammarSampler(words, job, sampling, prompt, text, guard=guard, active=active, opening=opening)


def _greedy(sampling: Sampling) -> bool:
    """The likeliest token is always taken, as the model has it."""
    always = sampling.top_k == 1 or (sampling.temperature is not None and sampling.temperature <= 0)
    return always and not sampling.logit_bias and sampling.repeat_penalty in (None, 1.0)


def seeded(sampling: Sampling, done: int) -> Sampling:
    """A continued answer must not draw the random numbers of its beginning again."""
    if sampling.seed is None or not done:
        return sampling
    return sampling.model_copy(update={"seed": (sampling.seed + done) % 2**32})


def _parsed(words: Vocabulary, text: str) -> "llama_cpp.llama_sampler_p":
    words.log.errors.clear()
    with _complaints() as said:
        parsed: llama_cpp.llama_sampler_p | None = llama_cpp.llama_sampler_init_grammar(
            words.vocab, text.encode("utf-8", "replace"), b"root"
        )
    if not parsed:
        raise grammar.invalid(f"llama.cpp cannot read the grammar: {_first(said, words.log)}; correct it")
    return parsed


def _first(said: Sequence[str], log: NativeLog) -> str:
    lines = [line.strip() for line in said if line.strip()]
    line = lines[0] if lines else log.reason("no reason given")
    return line.removeprefix("parse: ").removeprefix("error parsing grammar: ")[:120]


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What native code prints to standard error meanwhile: the reason, and with it the grammar, which is no matter for the
    owner's log."""
    said: list[str] = []
    try:
        kept = os.dup(2)
    except OSError:
        # There is no standard error to print to.
        yield said
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            said += file.read(4096).decode("utf-8", "replace").splitlines()
