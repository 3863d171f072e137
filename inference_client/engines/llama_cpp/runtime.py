"""The model in llama.cpp, through llama-cpp-python's low-level API. Lives in the child process, for one thread.

Every slot is one sequence with memory of its own (``kv_unified`` off), so that no conversation can take another's room.
"""

import ctypes
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import llama_cpp
import numpy as np

from inference_client.engines.base import EngineError, Job
from inference_client.engines.llama_cpp import formats, sampling, template, threads
from inference_client.engines.llama_cpp.answer import AnswerStream
from inference_client.engines.llama_cpp.guard import Guard
from inference_client.engines.llama_cpp.native import NativeLog, backend, load_model
from inference_client.engines.llama_cpp.prompt import Prompt, PromptWriter
from inference_client.engines.llama_cpp.slots import Batch
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.llama_cpp.states import Saved
from inference_client.engines.llama_cpp.vision import LOOKING_SECONDS, marked

_ROOM: Final = 32
"""A batch holds at least so many prompt tokens beside one token of every slot."""

_INTERRUPTED: Final = 2

if TYPE_CHECKING:
    from inference_client.engines.llama_cpp.vision_runtime import NativeVision

_CONTROL: Final = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN


class NativeRuntime:
    """One model, one context. Raises EngineError if the file cannot be loaded."""

    def __init__(self, spec: ModelSpec, guard: Guard | None = None) -> None:
        self._log = NativeLog()
        self._guard = guard or Guard()
        self._model = load_model(spec, self._log)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._size = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.slots = spec.slots
        self.divisible = not (
            llama_cpp.llama_model_is_recurrent(self._model) or llama_cpp.llama_model_is_hybrid(self._model)
        )
        self.batch = max(spec.batch, spec.slots + _ROOM)
        self._context = self._open(spec)
        # The library rounds the context up; what was asked for is what counts.
        self.context = min(spec.context or self._trained(), int(llama_cpp.llama_n_ctx_seq(self._context)))
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._buffer = ctypes.create_string_buffer(256)
        self._pieces: dict[int, bytes] = {}
        self._vision = self._eye(spec)
        self._lags: dict[int, list[tuple[int, int]]] = {}
        self._words = sampling.Vocabulary(self._context, self._vocab, self._log)
        own = llama_cpp.llama_model_chat_template(self._model, None)
        text = template.source(spec.chat_template, own.decode("utf-8", "replace") if own else "")
        self.form = formats.of(text, spec.thinking)
        self._writer = self._prompt_writer(text)
        self._shown = self._tokens_of(self.form.marks)
        opening = self.tokenize(self.form.tags[0], True)
        self._opening = opening[0] if len(opening) == 1 else None
        self._ends: dict[int, bool] = {}
        self._make_batch()
        self._decoding = False
        self._flag = np.zeros(2, np.uint8)
        # Called at every node of every graph: strlen of one byte is as true as that byte, and no step of Python.
        asked = ctypes.cast(ctypes.CDLL("msvcrt" if os.name == "nt" else None).strlen, llama_cpp.ggml_abort_callback)
        if self.divisible:
            llama_cpp.llama_set_abort_callback(self._context, asked, ctypes.c_void_p(self._flag.ctypes.data))

    def interrupt(self) -> None:
        """Ends the decoding at work, if there is one; for another thread. A model that is not divisible goes on."""
        if self._decoding:
            self._flag[0] = 1

    @property
    def backend(self) -> str:
        return backend()

    # --- for the scheduler ------------------------------------------------------------------------------------------

    def prompt(self, job: Job) -> Prompt:
        if self._vision is not None:
            with self._guard.at_work_for(job.run, LOOKING_SECONDS):
                self._vision.open(job)
        elif any(message.images for message in job.messages):
            raise EngineError("no_vision", f"{job.model} cannot see images; ask a model that can, or leave them out")
        return self._writer.write(
            job.messages,
            job.prefix,
            job.sampling.max_tokens,
            prefix_thinking=job.prefix_thinking,
            tools=job.tools,
            thinking=job.sampling.thinking,
        )

    def answer(self, job: Job, prompt: Prompt) -> AnswerStream:
        return AnswerStream(
            self.form,
            stop=job.sampling.stop,
            tools=frozenset(tool.name for tool in job.tools),
            where=prompt.where,
            going_on=prompt.going_on,
            header=prompt.header,
            begun=prompt.begun,
        )

    def decode(self, batch: Batch) -> bool:
        count = len(batch)
        self._tokens[:count] = batch.tokens
        self._positions[:count] = batch.positions
        self._sequences[:count] = batch.slots
        self._outputs[:count] = batch.samples
        if self._lags:
            places = zip(batch.slots, batch.positions, strict=True)
            self._positions[:count] = [place - self._lag(slot, place) for slot, place in places]
        self._batch.n_tokens = count
        self._flag[0] = 0
        self._decoding = True
        outcome = llama_cpp.llama_decode(self._context, self._batch)
        # Images are read by other code, which does not expect to be interrupted.
        self._decoding = False
        self._flag[0] = 0
        if outcome == 1:
            raise EngineError("context_full", "the model's memory has no room for the next step")
        if outcome == _INTERRUPTED:
            return False
        if outcome != 0:
            raise RuntimeError(f"llama_decode returned {outcome}")
        return True

    def keep(self, slot: int, tokens: int) -> int:
        position = tokens - self._lag(slot, tokens)
        if not llama_cpp.llama_memory_seq_rm(self._memory, slot, position, -1):
            # Recurrent models can only forget everything.
            llama_cpp.llama_memory_seq_rm(self._memory, slot, -1, -1)
            tokens = 0
        if slot in self._lags:
            self._lags[slot] = [(end, lag) for end, lag in self._lags[slot] if end <= tokens]
        return tokens

    def size(self, slot: int) -> int:
        return int(llama_cpp.llama_state_seq_get_size(self._context, slot))

    def save(self, slot: int) -> Saved | None:
        try:
            room = np.empty(self.size(slot), np.uint8)
        except MemoryError:
            return None
        pointer = room.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        length = llama_cpp.llama_state_seq_get_data(self._context, pointer, room.size, slot)
        return Saved(room.data[:length], list(self._lags.get(slot, ()))) if length else None

    def restore(self, slot: int, saved: Saved) -> bool:
        self.keep(slot, 0)
        data = np.frombuffer(saved.data, np.uint8)
        pointer = data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        if not llama_cpp.llama_state_seq_set_data(self._context, pointer, data.size, slot):
            self.keep(slot, 0)
            return False
        if saved.extra:
            self._lags[slot] = list(saved.extra)
        return True

    def see(self, job: Job, token: int, position: int, slot: int) -> int:
        assert self._vision is not None
        before = self._lag(slot, position)
        self._flag[0] = 0
        with self._guard.at_work_for(job.run, LOOKING_SECONDS):
            piece = self._vision.see(job, token, self._context, position - before, slot)
        if piece is None:
            self.keep(slot, position)
            return 0
        if piece.positions != piece.cells:
            lag = before + piece.cells - piece.positions
            self._lags.setdefault(slot, []).append((position + piece.cells, lag))
        return piece.cells

    def _lag(self, slot: int, place: int) -> int:
        """By how much the model's count is behind at ``place``: an image may take more cells than positions."""
        return max((lag for end, lag in self._lags.get(slot, ()) if end <= place), default=0)

    def sampler(self, job: Job, prompt: Prompt) -> sampling.NativeSampler | sampling.GreedySampler:
        return sampling.sampler(self._words, job, prompt, self._guard, harmony=self.form.harmony, opening=self._opening)

    def piece(self, token: int) -> bytes:
        piece = self._pieces.get(token)
        if piece is None:
            piece = self._pieces[token] = self._to_piece(token, special=token in self._shown)
        return piece

    def ends(self, token: int) -> bool:
        over = self._ends.get(token)
        if over is None:
            over = self._ends[token] = bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))
        return over

    def tokenize(self, text: str, special: bool) -> list[int]:
        """Tokens of ``text``; control tokens are recognised only if ``special``."""
        blob = marked(text) if special else None
        if blob is not None and self._vision is not None:
            return self._vision.tokens(blob)
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), tokens, room, False, special)
        if count < 0:
            tokens = (llama_cpp.llama_token * -count)()
            count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), tokens, -count, False, special)
        return list(tokens[: max(0, count)])

    def _make_batch(self) -> None:
        self._batch = llama_cpp.llama_batch_init(self.batch, 0, 1)
        self._tokens, self._positions, counts, self._outputs = (
            np.ctypeslib.as_array(pointer, (self.batch,))
            for pointer in (self._batch.token, self._batch.pos, self._batch.n_seq_id, self._batch.logits)
        )
        counts[:] = 1
        # The library's lists of sequences, of one each, side by side: so they can be written at once.
        self._sequences = np.zeros(self.batch, np.int32)
        kind = ctypes.POINTER(llama_cpp.llama_seq_id)
        for index in range(self.batch):
            self._batch.seq_id[index] = ctypes.cast(self._sequences[index:].ctypes.data, kind)

    # --- loading ----------------------------------------------------------------------------------------------------

    def _eye(self, spec: ModelSpec) -> "NativeVision | None":
        if spec.mmproj is None:
            return None
        # Imported here: a model that only reads needs neither the library nor Pillow.
        from inference_client.engines.llama_cpp.vision_runtime import NativeVision

        count = int(llama_cpp.llama_n_threads_batch(self._context))
        return NativeVision(spec, self._model, self._log, batch=self.batch, threads=count)

    def _open(self, spec: ModelSpec) -> llama_cpp.llama_context_p:
        context = spec.context or self._trained()
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = context * spec.slots
        params.n_batch = self.batch
        params.n_ubatch = self.batch
        params.n_seq_max = spec.slots
        params.kv_unified = False
        params.no_perf = True
        params.n_threads = params.n_threads_batch = spec.threads or threads.default()
        opened: llama_cpp.llama_context_p | None = llama_cpp.llama_init_from_model(self._model, params)
        if not opened:
            reason = self._log.reason("not enough memory")
            raise EngineError(
                "model_too_big",
                f"llama.cpp cannot make room for {spec.slots} conversations of {context} tokens ({reason}); "
                "use a smaller --ctx or fewer --slots",
            )
        return opened

    def _trained(self) -> int:
        return int(llama_cpp.llama_model_n_ctx_train(self._model))

    def _prompt_writer(self, text: str) -> PromptWriter:
        bos, eos = llama_cpp.llama_vocab_bos(self._vocab), llama_cpp.llama_vocab_eos(self._vocab)
        filled = template.ChatTemplate(text, bos=self._name(bos), eos=self._name(eos))
        names = [self._name(token) for token in range(self._size) if self._is_control(token)]
        adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self._vocab)) and bos >= 0
        return PromptWriter(
            filled.render,
            self.tokenize,
            control_tokens=names,
            bos=bos if adds_bos else None,
            context=self.context,
            form=self.form,
        )

    def _tokens_of(self, marks: Sequence[str]) -> frozenset[int]:
        """The control tokens among ``marks``."""
        found = (self.tokenize(mark, True) for mark in marks)
        return frozenset(tokens[0] for tokens in found if len(tokens) == 1)

    def _is_control(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_get_attr(self._vocab, token) & _CONTROL)

    def _name(self, token: int) -> str:
        return self._to_piece(token, special=True).decode("utf-8", "replace") if token >= 0 else ""

    def _to_piece(self, token: int, *, special: bool) -> bytes:
        length = llama_cpp.llama_token_to_piece(self._vocab, token, self._buffer, len(self._buffer), 0, special)
        if length < 0:
            self._buffer = ctypes.create_string_buffer(-length)
            length = llama_cpp.llama_token_to_piece(self._vocab, token, self._buffer, -length, 0, special)
        return bytes(self._buffer.raw[:length])
