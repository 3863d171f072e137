"""The way most programs begin: one ``llama_cpp.Llama``, one question after another."""

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Self

from bench.engine.sides import BATCH, Setting

if TYPE_CHECKING:
    from llama_cpp import Llama

_model: "Llama | None" = None


class Naive:
    """In a process of its own, as our engine is."""

    def __init__(self, setting: Setting) -> None:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), _load, (setting,))

    def __enter__(self) -> Self:
        self.goodput(["Warm up."], 4)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def goodput(self, questions: Sequence[str], tokens: int) -> float:
        """Tokens a second from the first question to the last end."""
        return self._pool.submit(_answer_all, list(questions), tokens).result()


def _load(setting: Setting) -> None:
    global _model
    from llama_cpp import Llama

    threads = setting.threads
    _model = Llama(
        str(setting.model), n_ctx=setting.context, n_batch=BATCH, n_threads=threads, n_threads_batch=threads, verbose=False
    )  # fmt: skip


def _answer_all(questions: list[str], tokens: int) -> float:
    assert _model is not None
    begin, written = time.perf_counter(), 0
    for question in questions:
        message = {"role": "user", "content": question}
        answer = _model.create_chat_completion([message], max_tokens=tokens, temperature=0.0)  # type: ignore[list-item]
        assert isinstance(answer, dict)
        written += answer["usage"]["completion_tokens"]
    assert written == tokens * len(questions), "an answer ended by itself"
    return written / (time.perf_counter() - begin)
