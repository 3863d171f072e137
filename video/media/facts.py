"""What is known of a file. All of it can be written as JSON: ``as_json`` and ``from_json``."""

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

from video.media.refusals import Refused

T = TypeVar("T")


class Json:
    """For frozen dataclasses of plain values, of lists and of each other."""

    def as_json(self) -> dict[str, Any]:
        return asdict(typing.cast("Any", self))

    @classmethod
    def from_json(cls: type[T], said: Mapping[str, Any]) -> T:
        """Raises KeyError or TypeError when it is not what :meth:`as_json` wrote."""
        return typing.cast("T", _read(cls, said))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        hints = _hints(typing.cast("type", kind))
        return typing.cast("Any", kind)(
            **{one.name: _read(hints[one.name], value[one.name]) for one in fields(kind) if one.name in value}
        )
    origin = typing.get_origin(kind)
    if origin is list:
        (inner,) = typing.get_args(kind)
        return [_read(inner, one) for one in value]
    if origin is tuple:
        return tuple(value)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (one for one in typing.get_args(kind) if one is not type(None))
        return None if value is None else _read(inner, value)
    return value


@dataclass(frozen=True, slots=True)
class Picture(Json):
    """A stream of pictures. ``width`` and ``height`` as they lie in the file; as they are to be seen: ``shown``.

    ``start`` and ``end`` in seconds of the file's own clock. ``rate``: pictures a second as numerator and denominator, the file's own where
    it is even, else the nearest usual one (``variable``). ``hdr``: empty, ``pq`` or ``hlg``.
    """

    index: int
    codec: str
    profile: str
    pixels: str
    width: int
    height: int
    shown: tuple[int, int]
    square: bool
    rotation: int
    rate: tuple[int, int]
    variable: bool
    start: float
    end: float
    bit_rate: int
    depth: int
    interlaced: bool
    matrix: str
    primaries: str
    transfer: str
    full_range: bool
    hdr: str
    alpha: bool

    @property
    def frame_rate(self) -> Fraction:
        return Fraction(*self.rate)


@dataclass(frozen=True, slots=True)
class Sound(Json):
    index: int
    codec: str
    channels: int
    sample_rate: int
    language: str
    title: str
    default: bool
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Words(Json):
    """Subtitles that the file carries; ``text``: they are letters, not pictures of letters."""

    index: int
    codec: str
    language: str
    title: str
    default: bool
    text: bool


@dataclass(frozen=True, slots=True)
class Probe(Json):
    """``zero``: the second of the file's clock at which the video begins. ``duration`` from there to the end of picture or sound.

    ``picture``: none in what is sound alone. ``regular``: a key frame lies at each place of the grid of four seconds, and nothing before it needs what comes after: it can be cut there.
    """

    container: str
    size: int
    zero: float
    duration: float
    bit_rate: int
    picture: Picture | None
    sounds: list[Sound]
    words: list[Words]
    chapters: list[tuple[float, str]]
    regular: bool = False

    @property
    def seen(self) -> Picture:
        """For what is made of pictures. Raises Refused."""
        if self.picture is None:
            raise Refused("no_video")
        return self.picture

    @property
    def width(self) -> int:
        return self.seen.shown[0]

    @property
    def height(self) -> int:
        return self.seen.shown[1]

    @property
    def frame_rate(self) -> float:
        return float(self.seen.frame_rate)
