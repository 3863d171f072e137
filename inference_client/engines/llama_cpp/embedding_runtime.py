"""An embedding model in llama.cpp, through llama-cpp-python's low-level API. Lives in the child process, for one thread."""

import ctypes
from collections.abc import Sequence
from typing import Final

import llama_cpp
import numpy as np

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import threads
from inference_client.engines.llama_cpp.native import NativeLog, backend, load_model
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.llama_cpp.wordpiece import WordPiece

SEQUENCES: Final = 128
"""Texts in one batch. llama.cpp takes at most 256."""

_CHARACTERS: Final = 64
"""Of a text for each token that can be read: more than tokens are long."""

_LOWERCASE: Final = b"tokenizer.ggml.normalizer.lowercase"


class NativeEmbeddingRuntime:
    """One model, one context. Raises EngineError if the file cannot be loaded or does not turn texts into vectors."""

    def __init__(self, spec: ModelSpec) -> None:
        self._log = NativeLog()
        self._model = load_model(spec, self._log)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        trained = int(llama_cpp.llama_model_n_ctx_train(self._model))
        self.context = min(spec.context or trained, trained)
        self.slots = spec.slots
        self.sequences = SEQUENCES
        # A text must be read in one piece: each of its tokens looks at all others.
        self.batch = max(spec.batch, self.context)
        self._context = self._open(spec)
        self.dimensions = int(llama_cpp.llama_model_n_embd_out(self._model))
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._frame = self._framing()
        self._words = self._word_pieces()
        self._batch = llama_cpp.llama_batch_init(self.batch, 0, 1)
        self._fields = [
            np.ctypeslib.as_array(pointer, (self.batch,))
            for pointer in (self._batch.token, self._batch.pos, self._batch.n_seq_id, self._batch.logits)
        ]
        self._fields[2][:] = 1
        self._fields[3][:] = 1

    @property
    def backend(self) -> str:
        return backend()

    def tokens(self, text: str) -> list[int]:
        """``text`` between the model's own marks of beginning and end, cut to the window. Control tokens written in
        the text are read as text."""
        before, after = self._frame
        room = self.context - len(before) - len(after)
        if self._words is not None:
            found = self._words.tokens(text, room)
        else:
            read = text[: self.context * _CHARACTERS]
            found = self._tokenize(read.encode("utf-8", "replace"), framed=False)[:room]
        # A model without marks must still be given something for an empty text.
        return [*before, *found, *after] or [max(0, int(llama_cpp.llama_vocab_eos(self._vocab)))]

    def embed(self, texts: Sequence[Sequence[int]]) -> list[bytes]:
        tokens, positions, _, _ = self._fields
        count = 0
        for sequence, text in enumerate(texts):
            end = count + len(text)
            tokens[count:end] = text
            positions[count:end] = range(len(text))
            for index in range(count, end):
                self._batch.seq_id[index][0] = sequence
            count = end
        self._batch.n_tokens = count
        if self._memory:
            llama_cpp.llama_memory_clear(self._memory, False)
        outcome = llama_cpp.llama_decode(self._context, self._batch)
        if outcome != 0:
            raise EngineError(
                "embedding_failed", f"llama.cpp could not read the texts (llama_decode returned {outcome})"
            )
        return [self._vector(sequence) for sequence in range(len(texts))]

    def _vector(self, sequence: int) -> bytes:
        pointer = llama_cpp.llama_get_embeddings_seq(self._context, sequence)
        if not pointer:
            raise EngineError("embedding_failed", "llama.cpp gave no vector for a text")
        vector = np.ctypeslib.as_array(pointer, (self.dimensions,)).astype(np.float64)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or length == 0:
            raise EngineError("embedding_failed", "the model gave a vector without direction; its file may be damaged")
        return (vector / length).astype("<f4").tobytes()

    # --- loading ----------------------------------------------------------------------------------------------------

    def _open(self, spec: ModelSpec) -> llama_cpp.llama_context_p:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = self.batch
        params.n_batch = params.n_ubatch = self.batch
        params.n_seq_max = SEQUENCES
        params.kv_unified = True
        params.embeddings = True
        params.no_perf = True
        params.n_threads = params.n_threads_batch = spec.threads or threads.default()
        opened = self._init(params)
        pooling = llama_cpp.llama_pooling_type(opened)
        if pooling == llama_cpp.LLAMA_POOLING_TYPE_RANK:
            raise EngineError("model_unsupported", f"{spec.path.name} ranks texts; it does not turn them into vectors")
        if pooling == llama_cpp.LLAMA_POOLING_TYPE_NONE:
            # The file does not say how a text's vector is made of its tokens'.
            llama_cpp.llama_free(opened)
            params.pooling_type = llama_cpp.LLAMA_POOLING_TYPE_MEAN
            opened = self._init(params)
        return opened

    def _init(self, params: "llama_cpp.llama_context_params") -> llama_cpp.llama_context_p:
        opened: llama_cpp.llama_context_p | None = llama_cpp.llama_init_from_model(self._model, params)
        if not opened:
            reason = self._log.reason("not enough memory")
            raise EngineError("model_too_big", f"llama.cpp cannot make room for {self.batch} tokens ({reason})")
        return opened

    # --- tokens -----------------------------------------------------------------------------------------------------

    def _tokenize(self, raw: bytes, *, framed: bool) -> list[int]:
        room = len(raw) + 8
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), tokens, room, framed, False)
        if count < 0:
            tokens = (llama_cpp.llama_token * -count)()
            count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), tokens, -count, framed, False)
        return list(tokens[: max(0, count)])

    def _framing(self) -> tuple[list[int], list[int]]:
        """What llama.cpp puts (before, after) every text."""
        bare, framed = self._tokenize(b"a", framed=False), self._tokenize(b"a", framed=True)
        before = next((at for at in range(len(framed)) if framed[at : at + len(bare)] == bare), 0)
        return framed[:before], framed[before + len(bare) :]

    def _word_pieces(self) -> WordPiece | None:
        if llama_cpp.llama_vocab_type(self._vocab) != llama_cpp.LLAMA_VOCAB_TYPE_WPM:
            return None
        count = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        words = [
            bytes(llama_cpp.llama_vocab_get_text(self._vocab, token)).decode("utf-8", "replace")
            for token in range(count)
        ]
        unknown = words.index("[UNK]") if "[UNK]" in words else 0
        value = ctypes.create_string_buffer(8)
        length = llama_cpp.llama_model_meta_val_str(self._model, _LOWERCASE, value, len(value))
        return WordPiece(words, unknown, lowercase=length < 0 or value.value != b"false")
