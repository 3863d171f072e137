"""SHA-256 of model files, computed once: a file of the same path, size and time of change is not read again."""

import hashlib
import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

_BLOCK: Final = 1024 * 1024
_NAME: Final = "hashes.json"
_ONE: Final = threading.Lock()
"""Several models read at once would only make the disk slower, and write the cache over each other."""


def sha256(files: list[Path], cache_dir: Path | None = None) -> str:
    """64 hex digits over the content of ``files`` in order. Blocks for seconds: call it in a thread."""
    marks = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    key = json.dumps(marks)
    with _ONE:
        known = _load(cache_dir)
        if key not in known:
            known[key] = _compute(files)
            if cache_dir is not None:
                # On a full disk the next start reads the file again; the hash is right all the same.
                with suppress(OSError):
                    _save(cache_dir, known)
        return known[key]


def _compute(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _load(cache_dir: Path | None) -> dict[str, str]:
    if cache_dir is None:
        return {}
    try:
        known = json.loads((cache_dir / _NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in known.items() if isinstance(value, str)} if isinstance(known, dict) else {}


def _save(cache_dir: Path, known: dict[str, str]) -> None:
    cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = cache_dir / f".{_NAME}.{os.getpid()}"
    draft.write_text(json.dumps(known, indent=1), "utf-8")
    draft.replace(cache_dir / _NAME)
