"""The frame: 12 bytes of header in the clear (authenticated), then the sealed, padded content.

::

    0        1        2                 4                                 12
    +--------+--------+--------+--------+--------+-- ... --+--------+------+-- ... --+------------+
    | version|  type  |      flags      |        seq (u64)          |  sealed content  | tag (16)  |
    +--------+--------+-----------------+---------------------------+------------------+-----------+

All numbers are big-endian. The header is the associated data of the seal; its ``seq`` is also the nonce's counter.
"""

from struct import Struct
from typing import Final

from inference_client.protocol.aead import TAG_BYTES
from inference_client.protocol.padding import MAX_PADDED, STEP

HEADER: Final = Struct(">BBHQ")
HEADER_BYTES: Final = HEADER.size
SEQ: Final = slice(4, 12)
MIN_FRAME: Final = HEADER_BYTES + STEP + TAG_BYTES
MAX_FRAME: Final = HEADER_BYTES + MAX_PADDED + TAG_BYTES
"""65 308 bytes: below 64 KiB, and the sealed part below the 65 535 bytes Noise allows."""

MAX_MESSAGE: Final = 1024 * 1024
"""Bytes of one message, over all its fragments."""

WEBSOCKET_MAX_SIZE: Final = 65536
"""What both ends set as the greatest websocket message they accept."""

REKEY: Final = 0x02
"""New keys for this connection; handled inside the channel."""
ENROL: Final = 0x03
"""The one-time code of a client whose key is not known yet, and the site's answer to it."""
MESSAGE: Final = 0x10
"""One application message (``messages.py``) as JSON."""

KNOWN_TYPES: Final = frozenset({MESSAGE})
"""Application types of this version. REKEY and ENROL belong to the channel."""

FLAG_MUST_UNDERSTAND: Final = 0x0001
"""A receiver that does not know the type closes instead of ignoring the frame."""
FLAG_FIRST: Final = 0x0002
"""First fragment of a message that does not fit in one frame; its content begins with the message's size (u32)."""
FLAG_NEXT: Final = 0x0004
"""A later fragment."""
FLAG_MASK: Final = FLAG_MUST_UNDERSTAND | FLAG_FIRST | FLAG_NEXT
"""Every other bit must be zero in version 1."""
