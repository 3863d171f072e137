"""Programs of ours in processes of their own, which are given nothing of the site: decoders of strangers' files may come to grief there."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PREFIX = "attachment-"
LEFT_SECONDS = 3600.0
"""A working folder that old belongs to nobody any more: reading a file takes a minute or two at most."""


@contextmanager
def working_folder() -> Iterator[Path]:
    """An empty one, gone with the context."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_leftovers() -> None:
    """Deletes the working folders of processes that were killed while they read a file: what people sent is in them."""
    before = time.time() - LEFT_SECONDS
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_dir() and not folder.is_symlink() and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)


def run(child: Path, arguments: Sequence[str], folder: Path, seconds: float) -> "subprocess.CompletedProcess[bytes]":
    """Runs ``child``, a file of ours that gets the root of the program as its first argument, in ``folder``. What bounds itself within is
    its own affair; raises subprocess.TimeoutExpired after ``seconds``."""
    command = [sys.executable, "-I", "-B", str(child), str(settings.BASE_DIR), *arguments]
    # Nothing of the site's own: neither its secrets nor an open file.
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": str(folder), "HOME": str(folder)}
    return subprocess.run(  # noqa: S603  (our own program; what follows goes as arguments, to no shell)
        command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, timeout=seconds, check=False,
    )  # fmt: skip
