"""Jobs whose result comes in one piece: vectors, speech, images."""

import asyncio
import base64
import binascii
import math
import struct
from dataclasses import dataclass
from typing import Any, Final, Literal

from inference_client.engines.base import EmbedJob, PaintJob, Picture, Text, TranscribeJob, Vectors
from inference_client.engines.openai_compatible import faults
from inference_client.engines.openai_compatible.echo import Surrogates
from inference_client.engines.openai_compatible.faults import Fault
from inference_client.engines.openai_compatible.transport import Transport
from inference_client.protocol.messages import MAX_BLOB

MAX_TRANSCRIPT: Final = 8 * 2**20
MAX_PICTURE_JSON: Final = MAX_BLOB * 4 // 3 + 2**20
MAX_VECTORS_JSON: Final = 128 * 2**20
"""100 vectors of 65,536 numbers in decimal stay below."""

MediaType = Literal["image/png", "image/jpeg", "image/webp"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where to send it: ``name`` is the model's own there. ``seconds`` for the whole answer."""

    http: Transport
    name: str
    seconds: float


async def embed(job: EmbedJob, place: Place, dimensions: int | None) -> tuple[Vectors, int]:
    """(vectors, tokens read). ``dimensions``: how many there have to be, if that is known. Raises Fault."""
    body = {"model": place.name, "input": list(job.texts), "encoding_format": "float"}
    answer = await place.http.ask(
        "POST", "/v1/embeddings", body=body, seconds=place.seconds, model=place.name, limit=MAX_VECTORS_JSON
    )
    return await asyncio.to_thread(_vectors, job, answer.json, place.http.host, dimensions)


def _vectors(job: EmbedJob, read: Any, host: str, dimensions: int | None) -> tuple[Vectors, int]:
    answer = read()
    data = answer.get("data")
    if not isinstance(data, list) or len(data) != len(job.texts):
        raise faults.garbled(host, f"another number of vectors than the {len(job.texts)} asked for")
    by_index: dict[int, bytes] = {}
    for place, entry in enumerate(data):
        numbers = entry.get("embedding") if isinstance(entry, dict) else None
        index = entry.get("index", place) if isinstance(entry, dict) else None
        if not isinstance(index, int) or not isinstance(numbers, list):
            raise faults.garbled(host, "vectors of an unknown shape")
        by_index[index] = _unit(numbers, host, dimensions)
    sizes = {len(vector) for vector in by_index.values()}
    if sorted(by_index) != list(range(len(job.texts))) or len(sizes) != 1:
        raise faults.garbled(host, "vectors out of order or of different lengths")
    usage = answer.get("usage")
    tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else 0
    counted = tokens if isinstance(tokens, int) and 0 <= tokens < 2**31 else 0
    return Vectors(job.run, tuple(by_index[index] for index in range(len(job.texts)))), counted


def _unit(numbers: list[Any], host: str, dimensions: int | None) -> bytes:
    """Of length 1, as little-endian 32-bit floats."""
    if not 1 <= len(numbers) <= 65_536 or (dimensions is not None and len(numbers) != dimensions):
        raise faults.garbled(host, f"vectors of {len(numbers)} dimensions, not {dimensions or 'a possible number'}")
    try:
        length = math.sqrt(math.fsum(number * number for number in numbers))
        if not (math.isfinite(length) and length > 0):
            raise ValueError
        return struct.pack(f"<{len(numbers)}f", *(number / length for number in numbers))
    except (TypeError, ValueError, OverflowError, struct.error):
        raise faults.garbled(host, "a vector that cannot be made to length 1") from None


async def transcribe(job: TranscribeJob, place: Place) -> Text:
    """Raises Fault."""
    subtype = job.media_type.partition("/")[2]
    ending = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "x-m4a": "m4a", "quicktime": "mov"}.get(subtype, subtype)
    form = {"model": place.name, "response_format": job.format} | ({"language": job.language} if job.language else {})
    answer = await place.http.ask(
        "POST",
        "/v1/audio/transcriptions",
        form=form,
        # Servers look at the name's ending to know the format; the true name stays at home.
        files={"file": (f"recording.{ending}", job.audio, job.media_type)},
        seconds=place.seconds,
        model=place.name,
        limit=MAX_TRANSCRIPT,
    )
    kind = answer.headers.get("content-type", "")
    if "html" in kind:
        raise faults.garbled(place.http.host, "a web page instead of a transcript")
    if "json" in kind:
        text = answer.json().get("text")
        if not isinstance(text, str) or job.format != "text":
            raise faults.garbled(place.http.host, f"JSON instead of a transcript as {job.format}")
    else:
        text = answer.content.decode("utf-8", "replace").removeprefix("\ufeff")
    if job.format == "vtt" and not text.lstrip().startswith("WEBVTT"):
        raise faults.garbled(place.http.host, "a transcript that is no WebVTT")
    return Text(job.run, Surrogates().feed(text))


async def paint(job: PaintJob, place: Place) -> Picture:
    """Raises Fault."""
    size = f"{job.width}x{job.height}"
    body = {"model": place.name, "prompt": job.prompt, "n": 1, "size": size, "response_format": "b64_json"}
    answer = await place.http.ask(
        "POST", "/v1/images/generations", body=body, seconds=place.seconds, model=place.name, limit=MAX_PICTURE_JSON
    )
    data = answer.json().get("data")
    first = data[0] if isinstance(data, list) and data else None
    if not isinstance(first, dict):
        raise faults.garbled(place.http.host, "no image")
    image = await _image(first, place)
    if len(image) > MAX_BLOB:
        raise faults.too_much(place.http.host, f"an image of more than {MAX_BLOB} bytes")
    return Picture(job.run, media_type(image, place.http.host), image)


async def _image(entry: dict[str, Any], place: Place) -> bytes:
    packed, url = entry.get("b64_json"), entry.get("url")
    if isinstance(packed, str):
        try:
            return base64.b64decode(packed, validate=True)
        except (binascii.Error, ValueError):
            raise faults.garbled(place.http.host, "an image that is no base64") from None
    if not isinstance(url, str):
        raise faults.garbled(place.http.host, "no image")
    if not place.http.is_own(url):
        # Whoever writes the answer must not choose where this machine goes, nor get the key.
        detail = f"the upstream {place.http.host} names an image on another host; make it answer with b64_json"
        raise Fault("upstream_elsewhere", detail, retry=True)
    return (await place.http.ask("GET", url, seconds=place.seconds, limit=MAX_BLOB)).content


def media_type(image: bytes, host: str) -> MediaType:
    """By the first bytes. Raises Fault for what no page shows."""
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    raise faults.garbled(host, "an image that is neither PNG, JPEG nor WebP")
