"""Reads the header of a GGUF file: metadata, and whether the tensors it announces are really there.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian). Only the header is
read; long arrays (the vocabulary) are passed over, not kept.
"""

import os
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from struct import Struct, error, unpack
from typing import Final

from inference_client.engines.base import EngineError

MAGIC: Final = b"GGUF"
SUPPORTED: Final = (2, 3)
_STRING: Final = 8
_ARRAY: Final = 9
_KEPT_ITEMS: Final = 4096
_MAX_STRING: Final = 64 * 1024 * 1024
_MAX_COUNT: Final = 10_000_000
_FORMATS: Final = {
    0: Struct("<B"),
    1: Struct("<b"),
    2: Struct("<H"),
    3: Struct("<h"),
    4: Struct("<I"),
    5: Struct("<i"),
    6: Struct("<f"),
    7: Struct("<?"),
    10: Struct("<Q"),
    11: Struct("<q"),
    12: Struct("<d"),
}
_U32: Final = _FORMATS[4]
_U64: Final = _FORMATS[10]

# ggml type: (elements in a block, bytes of a block); from ggml's type traits.
BLOCKS: Final[dict[int, tuple[int, int]]] = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 36),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    34: (256, 54),
    35: (256, 66),
    39: (32, 17),
}

# general.file_type, the names llama.cpp itself prints.
QUANTISATIONS: Final = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4",
}

Value = int | float | bool | str | list["Value"]


@dataclass(frozen=True, slots=True)
class GgufFile:
    """One file. ``weights`` are the bytes of all its tensors, ``parameters`` their elements, ``vocabulary`` tokens."""

    path: Path
    size: int
    weights: int
    parameters: int
    vocabulary: int
    metadata: dict[str, Value] = field(repr=False)

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    @property
    def quantisation(self) -> str:
        """Such as ``Q4_K_M``; empty if the file does not say."""
        kind = self.metadata.get("general.file_type")
        return QUANTISATIONS.get(kind, "") if isinstance(kind, int) else ""

    def number(self, key: str, default: int = 0) -> int:
        """An integer under the architecture's name, such as ``block_count``; of an array, its greatest."""
        value = self.metadata.get(f"{self.architecture}.{key}")
        if isinstance(value, list):
            return max((item for item in value if isinstance(item, int)), default=default)
        return value if isinstance(value, int) else default


def read(path: Path) -> GgufFile:
    """Header of ``path``. Raises EngineError ``model_missing``, ``model_not_gguf``, ``model_truncated``,
    ``model_unsupported``."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _read(file, path, size)
    except FileNotFoundError:
        raise EngineError(
            "model_missing", f"there is no file {path}; check --model, or download one with --hf-repo"
        ) from None
    except OSError as problem:
        raise EngineError("model_missing", f"{path} cannot be read: {problem.strerror}") from None
    except (error, EOFError):
        raise EngineError("model_truncated", f"{path} ends inside its header; download it again") from None


def parts(path: Path, first: GgufFile) -> list[Path]:
    """All files of a model that is cut in several, ``path`` first. Raises EngineError if one is not there."""
    count = first.metadata.get("split.count")
    if not isinstance(count, int) or count < 2:
        return [path]
    marker = f"-00001-of-{count:05d}.gguf"
    if not path.name.endswith(marker):
        raise EngineError(
            "model_missing", f"{path.name} is a later part of a model; give the part that ends in {marker}"
        )
    stem = path.name.removesuffix(marker)
    found = [path.with_name(f"{stem}-{number:05d}-of-{count:05d}.gguf") for number in range(1, count + 1)]
    for part in found:
        if not part.exists():
            raise EngineError(
                "model_missing", f"{part.name} is missing beside {path.name}; a model of {count} parts needs all"
            )
    return found


def _read(file: BufferedReader, path: Path, size: int) -> GgufFile:
    if size == 0:
        raise EngineError("model_truncated", f"{path} is empty; download it again")
    magic = file.read(4)
    if magic != MAGIC:
        raise EngineError("model_not_gguf", f"{path} is no GGUF file; llama.cpp needs a model in that format")
    (version,) = unpack("<I", _exactly(file, 4))
    if version not in SUPPORTED:
        what = "big-endian" if version in (2 << 24, 3 << 24) else f"version {version}"
        raise EngineError("model_unsupported", f"{path} is GGUF {what}; versions 2 and 3, little-endian, can be read")
    tensors, pairs = _count(file), _count(file)
    metadata: dict[str, Value] = {}
    vocabulary = 0
    for _ in range(pairs):
        key = _string(file)
        kind = _number(file, _U32)
        if key == "tokenizer.ggml.tokens":
            vocabulary = unpack("<IQ", file.peek(12)[:12])[1]
        metadata[key] = _value(file, kind)
    infos = [_tensor(file) for _ in range(tensors)]
    alignment = metadata.get("general.alignment", 32)
    step = alignment if isinstance(alignment, int) and alignment > 0 else 32
    start = -(-file.tell() // step) * step
    end = max((start + offset + octets for offset, octets, _ in infos), default=0)
    if size < end:
        raise EngineError(
            "model_truncated", f"{path} has {size:,} bytes, {end - size:,} are missing; download it again"
        )
    weights = sum(octets for _, octets, _ in infos)
    return GgufFile(path, size, weights, sum(elements for _, _, elements in infos), vocabulary, metadata)


def _tensor(file: BufferedReader) -> tuple[int, int, int]:
    """(offset, bytes, elements) of one tensor; bytes 0 for a type newer than this table."""
    _string(file)
    elements = 1
    for _ in range(min(_number(file, _U32), 16)):
        elements *= _number(file, _U64)
    kind = _number(file, _U32)
    offset = _number(file, _U64)
    block, octets = BLOCKS.get(kind, (1, 0))
    return offset, elements // block * octets, elements


def _value(file: BufferedReader, kind: int) -> Value:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        return _array(file)
    if kind not in _FORMATS:
        raise EngineError("model_unsupported", f"the file's metadata has a value of unknown kind {kind}")
    value: int | float | bool = _FORMATS[kind].unpack(_exactly(file, _FORMATS[kind].size))[0]
    return value


def _array(file: BufferedReader) -> Value:
    kind, count = _number(file, _U32), _number(file, _U64)
    if count > _MAX_COUNT:
        raise EngineError("model_unsupported", f"the file's metadata has an array of {count} values")
    if kind in _FORMATS and count > _KEPT_ITEMS:
        file.seek(_FORMATS[kind].size * count, os.SEEK_CUR)
        return []
    items: list[Value] = []
    for number in range(count):
        item = _value(file, kind)
        if number < _KEPT_ITEMS:
            items.append(item)
    return items if count <= _KEPT_ITEMS else []


def _string(file: BufferedReader) -> str:
    length = _number(file, _U64)
    if length > _MAX_STRING:
        raise EngineError("model_unsupported", "the file's metadata has a text of impossible length")
    return _exactly(file, length).decode("utf-8", "replace")


def _count(file: BufferedReader) -> int:
    count = _number(file, _U64)
    if count > _MAX_COUNT:
        raise EngineError("model_unsupported", f"the file announces {count} entries")
    return count


def _number(file: BufferedReader, form: Struct) -> int:
    number: int = form.unpack(_exactly(file, form.size))[0]
    return number


def _exactly(file: BufferedReader, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data
