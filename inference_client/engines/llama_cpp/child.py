"""The engine's own process: a crash in native code ends this one, not the connection to the site."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from ctypes import c_longlong
from multiprocessing.connection import Connection
from typing import Final

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp.embedding import Embedder
from inference_client.engines.llama_cpp.guard import Guard
from inference_client.engines.llama_cpp.orders import Orders
from inference_client.engines.llama_cpp.parcel import packed
from inference_client.engines.llama_cpp.scheduler import Scheduler
from inference_client.engines.llama_cpp.spec import CancelRun, LoadFailed, ModelSpec, Ready
from inference_client.engines.llama_cpp.states import States

TALLY_SECONDS: Final = 0.5

Worker = Scheduler | Embedder


def main(pipe: Connection, spec: ModelSpec, blamed: c_longlong) -> None:
    """Loads the model, then works until the pipe says None or closes (the parent is gone). ``blamed``: see Guard."""
    # Ctrl-C in a terminal reaches both processes; the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        ready, worker, interrupt = _load(spec, Guard(blamed))
    except EngineError as problem:
        pipe.send(LoadFailed(problem.code, problem.detail))
        return
    except ImportError as problem:
        detail = f"llama-cpp-python cannot be used here ({problem}); install it with: make client"
        pipe.send(LoadFailed("engine_missing", detail))
        return
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        # The parent may have gone while this one loaded.
        pipe.send(ready)
        _work(pipe, worker, interrupt)
    if isinstance(worker, Scheduler):
        worker.close()
    # Native clean-up at exit can hang on some GPU drivers; the system frees everything anyway.
    os._exit(0)


def _load(spec: ModelSpec, guard: Guard) -> tuple[Ready, Worker, Callable[[], None]]:
    # Imported here: the parent never loads the native library.
    if spec.kind == "embedding":
        from inference_client.engines.llama_cpp.embedding_runtime import NativeEmbeddingRuntime

        texts = NativeEmbeddingRuntime(spec)
        return Ready(texts.context, texts.backend, texts.dimensions), Embedder(texts), lambda: None
    from inference_client.engines.llama_cpp.runtime import NativeRuntime

    runtime = NativeRuntime(spec, guard)
    states = States(spec.cache_bytes, spec.cache_dir, spec.cache_disk_bytes)
    return Ready(runtime.context, runtime.backend), Scheduler(runtime, states=states), runtime.interrupt


def _work(pipe: Connection, worker: Worker, interrupt: Callable[[], None]) -> None:
    orders = Orders(pipe, interrupt)
    told = time.monotonic()
    while True:
        for order in orders.take(wait=not worker.busy):
            if order is None:
                return
            if isinstance(order, CancelRun):
                worker.cancel(order.run)
            else:
                worker.submit(order)  # type: ignore[arg-type]
        events = worker.step()
        if events:
            # Before the events: who sees the last of an answer may ask for the figures next.
            if not worker.busy or time.monotonic() - told >= TALLY_SECONDS:
                pipe.send(worker.tally())
                told = time.monotonic()
            pipe.send_bytes(packed(events))
