"""Frames of text on a browser's websocket, the one thing there that is no JSON."""


def pack_delta(stream: int, offset: int, text: str) -> bytes:
    """Binary frame of text: one byte ``stream`` (with THINKING for thinking), ``offset`` as LEB128 varint (code points), then
    UTF-8 text.

    Five bytes around a token where JSON with ids needs eighty.
    """
    head = bytearray((stream,))
    while offset > 0x7F:
        head.append(offset & 0x7F | 0x80)
        offset >>= 7
    head.append(offset)
    return bytes(head) + text.encode()
