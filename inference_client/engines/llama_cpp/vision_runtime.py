"""Looking at images through llama.cpp's mtmd library. Lives in the child process, for one thread.

While an image is encoded and read into its conversation's memory, the other conversations pause: the library does not mix
images and tokens in one batch. An image cut in pieces pauses them once for each piece, with a step of theirs in between.
"""

import ctypes
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import llama_cpp
from llama_cpp import mtmd_cpp

from inference_client.engines.base import EngineError, Job
from inference_client.engines.llama_cpp import vision
from inference_client.engines.llama_cpp.native import NativeLog
from inference_client.engines.llama_cpp.pictures import pixels
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.llama_cpp.vision import Look, Piece

INTERRUPTED: Final = 2
"""What llama.cpp returns when its abort callback said so."""

HELD: Final = 2
"""Images kept unpacked until they are read; others are unpacked again when it is their turn."""

LOOKS: Final = 1000
"""Images whose sizes for the model are remembered, so that later turns need not unpack them."""


class NativeVision:
    """The eye of one model. Raises EngineError if the file does not fit the model or is no eye."""

    def __init__(
        self, spec: ModelSpec, model: llama_cpp.llama_model_p, log: NativeLog, *, batch: int, threads: int
    ) -> None:
        assert spec.mmproj is not None
        self._log = log
        self._batch = batch
        self._open: dict[str, Look] = {}
        self._looks: OrderedDict[str, Look] = OrderedDict()
        self._held: OrderedDict[str, _Unpacked] = OrderedDict()
        mtmd_cpp.mtmd_helper_log_set(log.callback, ctypes.c_void_p(0))
        params = mtmd_cpp.mtmd_context_params_default()
        params.use_gpu = spec.gpu_layers != 0
        params.print_timings = False
        params.n_threads = threads
        self._context = mtmd_cpp.mtmd_init_from_file(os.fsencode(spec.mmproj), model, params)
        if not self._context:
            detail = f"{spec.mmproj.name} cannot be used with {spec.path.name}: {log.reason('no reason given')}"
            raise EngineError("projector_unsupported", f"{detail}; take the mmproj file made for this model")
        if not mtmd_cpp.mtmd_support_vision(self._context):
            raise EngineError("projector_unsupported", f"{spec.mmproj.name} is not made for images")

    def look(self, blob: str, data: bytes) -> Look:
        """What the image of SHA-256 ``blob`` becomes. Raises EngineError ``bad_image``."""
        if blob not in self._looks:
            chunks = self._unpacked(blob, data).chunks
            self._require_room(chunks)
            self._looks[blob] = tuple(_parts(chunks))
            while len(self._looks) > LOOKS:
                self._looks.popitem(last=False)
        self._looks.move_to_end(blob)
        return self._looks[blob]

    def open(self, job: Job) -> None:
        """Looks at all images of ``job``, whose ``tokens`` are asked for next. Raises EngineError ``bad_image``."""
        self._open = {blob: self.look(blob, data) for blob, data in _images(job)}

    def tokens(self, blob: str) -> list[int]:
        """The places of an image of the job opened last."""
        return vision.tokens(blob, self._open.get(blob, ()))

    def see(self, job: Job, token: int, context: llama_cpp.llama_context_p, position: int, slot: int) -> Piece | None:
        """Reads the piece of an image that begins with ``token`` into a sequence; None if it was interrupted, and some of
        it may be there. Raises EngineError."""
        for blob, data in _images(job):
            pieces = [part for part in self.look(blob, data) if isinstance(part, Piece)]
            for piece in pieces:
                if vision.places(blob, piece)[0] == token:
                    whole = self._read(self._unpacked(blob, data), piece, context, position, slot)
                    if whole and piece is pieces[-1]:
                        self._held.pop(blob).free()
                    return piece if whole else None
        raise EngineError("bad_image", "an image of the conversation is not there")

    def _read(
        self, image: "_Unpacked", piece: Piece, context: llama_cpp.llama_context_p, position: int, slot: int
    ) -> bool:
        chunk = image.chunks[piece.number]
        if mtmd_cpp.mtmd_encode_chunk(self._context, chunk) != 0:
            raise EngineError("image_failed", f"the model could not look at the image: {self._log.reason('')}")
        vectors = mtmd_cpp.mtmd_get_output_embd(self._context)
        after = llama_cpp.llama_pos(position)
        outcome = mtmd_cpp.mtmd_helper_decode_image_chunk(
            self._context, context, chunk, vectors, position, slot, self._batch, ctypes.byref(after),
            mtmd_cpp.mtmd_helper_post_decode_callback(), ctypes.c_void_p(0),
        )  # fmt: skip
        if outcome not in (0, INTERRUPTED):
            raise EngineError("image_failed", f"the image does not fit the model's memory (llama.cpp: {outcome})")
        return bool(outcome != INTERRUPTED)

    def _unpacked(self, blob: str, data: bytes) -> "_Unpacked":
        """Raises EngineError ``bad_image``."""
        if blob not in self._held:
            while len(self._held) >= HELD:
                self._held.popitem(last=False)[1].free()
            self._held[blob] = _Unpacked(self._context, data, self._log)
        self._held.move_to_end(blob)
        return self._held[blob]

    def _require_room(self, chunks: Sequence[Any]) -> None:
        # llama.cpp ends the process if a model that reads a piece in one go is given more than a batch.
        for chunk in chunks:
            cells = int(mtmd_cpp.mtmd_input_chunk_get_n_tokens(chunk))
            if cells > self._batch and mtmd_cpp.mtmd_decode_use_non_causal(self._context, chunk):
                detail = f"the image takes {cells} tokens, and the model reads {self._batch} in one go"
                raise EngineError("bad_image", f"{detail}; send a smaller image, or raise the model's batch")


class _Unpacked:
    """The library's own pieces of an image, tokens around it included, until ``free``. Raises EngineError ``bad_image``."""

    def __init__(self, context: Any, data: bytes, log: NativeLog) -> None:
        width, height, rgb = pixels(data)
        self._bitmap = mtmd_cpp.mtmd_bitmap_init(width, height, (ctypes.c_uint8 * len(rgb)).from_buffer_copy(rgb))
        self._owner = mtmd_cpp.mtmd_input_chunks_init()
        marker = mtmd_cpp.mtmd_default_marker()
        text = mtmd_cpp.mtmd_input_text(marker, len(marker), False, True)
        bitmaps = (mtmd_cpp.mtmd_bitmap_p_ctypes * 1)(self._bitmap)
        if mtmd_cpp.mtmd_tokenize(context, self._owner, ctypes.byref(text), bitmaps, 1) != 0:
            self.free()
            raise EngineError("bad_image", f"the model cannot look at this image: {log.reason('')}")
        count = mtmd_cpp.mtmd_input_chunks_size(self._owner)
        self.chunks = [mtmd_cpp.mtmd_input_chunks_get(self._owner, number) for number in range(count)]

    def free(self) -> None:
        """Nothing of it may be used any more."""
        mtmd_cpp.mtmd_input_chunks_free(self._owner)
        mtmd_cpp.mtmd_bitmap_free(self._bitmap)


def _parts(chunks: Sequence[Any]) -> Iterator[tuple[int, ...] | Piece]:
    for number, chunk in enumerate(chunks):
        cells = int(mtmd_cpp.mtmd_input_chunk_get_n_tokens(chunk))
        if mtmd_cpp.mtmd_input_chunk_get_type(chunk) == mtmd_cpp.MTMD_INPUT_CHUNK_TYPE_TEXT:
            count = ctypes.c_size_t(0)
            found = mtmd_cpp.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
            yield tuple(found[: count.value]) if found else ()
        else:
            yield Piece(number, cells, int(mtmd_cpp.mtmd_input_chunk_get_n_pos(chunk)))


def _images(job: Job) -> Iterator[tuple[str, bytes]]:
    for message in job.messages:
        for image in message.images:
            if image.blob not in job.images:
                raise EngineError("bad_image", "an image of the conversation did not arrive; send it again")
            yield image.blob, job.images[image.blob]
