"""GIF89a: pictures, their timing and how often they are shown. Comments, texts and what programs add go."""

from typing import Final

_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_TIMING, _PROGRAM = 0xF9, 0xFF


def bare(data: bytes) -> bytes:
    at = 13 + _table(data[10])
    kept = [data[:at]]
    while data[at] != _END:
        start = at
        if data[at] == _EXTENSION:
            label, blocks = data[at + 1], at + 2
            at = _after_blocks(data, blocks)
            if label == _TIMING or (label == _PROGRAM and data[blocks + 1 : blocks + 12] in _LOOPS):
                kept.append(data[start:at])
        elif data[at] == _IMAGE:
            at = _after_blocks(data, at + 10 + _table(data[at + 9]) + 1)
            kept.append(data[start:at])
        else:
            raise ValueError("neither picture nor extension")
    return b"".join([*kept, b"\x3b"])


def _table(flags: int) -> int:
    """Bytes of the table of colours that ``flags`` tell of."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while length := data[at]:
        at += length + 1
    return at + 1
