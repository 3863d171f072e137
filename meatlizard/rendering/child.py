"""The process in which texts are rendered: requests come in on standard input, answers go out, each after its length.

It is started by :mod:`meatlizard.rendering.workers` without the site's environment, and ended from there when one takes too long.
"""

import contextlib
import json
import resource
import struct
import sys
import zlib
from typing import BinaryIO

MEMORY = 1_500_000_000
"""Bytes of address space."""

sys.path.insert(0, sys.argv[1])


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """A request: JSON of ``text``, ``format``, ``mark``. Its answer: the kind, then each piece packed, then nothing."""
    from meatlizard.rendering.render import render

    while len(head := source.read(4)) == 4:
        asked = json.loads(source.read(struct.unpack(">I", head)[0]))
        kind, pieces = render(asked["text"], asked["format"], asked["mark"])
        _put(sink, kind.encode())
        for piece in pieces:
            _put(sink, zlib.compress(piece.encode(errors="replace"), 1))
        _put(sink, b"")
        sink.flush()


def _put(sink: BinaryIO, data: bytes) -> None:
    sink.write(struct.pack(">I", len(data)) + data)


if __name__ == "__main__":
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    serve(sys.stdin.buffer, sys.stdout.buffer)
