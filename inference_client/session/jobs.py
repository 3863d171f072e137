"""From a message that asks for work to the engine's job."""

import itertools

from inference_client.engines.base import AnyJob, EmbedJob, Job, PaintJob, TranscribeJob
from inference_client.protocol import messages as wire
from inference_client.session.blobs import Blobs

Ask = wire.Generate | wire.Embed | wire.Transcribe | wire.Paint
"""The messages that give a node work."""


def job_of(run: int, message: Ask, blobs: Blobs) -> AnyJob | None:
    """None if bytes that it names are not here, or no more."""
    if isinstance(message, wire.Embed):
        return EmbedJob(run, message.model, message.texts, message.trace)
    if isinstance(message, wire.Paint):
        return PaintJob(run, message.model, message.prompt, message.width, message.height, message.trace)
    if isinstance(message, wire.Transcribe):
        return _transcription(run, message, blobs)
    return _answer(run, message, blobs)


def _transcription(run: int, message: wire.Transcribe, blobs: Blobs) -> TranscribeJob | None:
    audio = blobs.get(message.blob)
    if audio is None:
        return None
    return TranscribeJob(run, message.model, audio, message.media_type, message.language, message.format, message.trace)


def _answer(run: int, message: wire.Generate, blobs: Blobs) -> Job | None:
    images: dict[str, bytes] = {}
    for image in itertools.chain.from_iterable(turn.images for turn in message.messages):
        found = blobs.get(image.blob)
        if found is None:
            return None
        images[image.blob] = found
    return Job(
        run,
        message.model,
        message.messages,
        message.prefix,
        message.sampling,
        message.trace,
        prefix_thinking=message.prefix_thinking,
        tools=message.tools,
        images=images,
    )
