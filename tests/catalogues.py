"""Compiled catalogues for tests, written as GNU gettext's msgfmt would, without it.

Format: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
"""

import struct
from collections.abc import Mapping
from pathlib import Path

HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
MAGIC = 0x950412DE


def write(
    folder: Path,
    locale: str,
    domain: str,
    words: Mapping[str, str],
    plurals: Mapping[tuple[str, str], tuple[str, str]] | None = None,
) -> Path:
    """``<folder>/<locale>/LC_MESSAGES/<domain>.mo``. A message of a context is named ``context\\x04message``."""
    entries = {"": HEADER, **words}
    entries |= {"\0".join(key): "\0".join(value) for key, value in (plurals or {}).items()}
    path = folder / locale / "LC_MESSAGES" / f"{domain}.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_compiled(entries))
    return path


def _compiled(entries: Mapping[str, str]) -> bytes:
    pairs = sorted((key.encode(), value.encode()) for key, value in entries.items())
    keys_at, values_at = 28, 28 + 8 * len(pairs)
    text_at = values_at + 8 * len(pairs)
    tables, text = [b"", b""], b""
    for which in (0, 1):
        for pair in pairs:
            tables[which] += struct.pack("<II", len(pair[which]), text_at + len(text))
            text += pair[which] + b"\0"
    return struct.pack("<7I", MAGIC, 0, len(pairs), keys_at, values_at, 0, 0) + tables[0] + tables[1] + text
