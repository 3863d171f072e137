"""What all processes of a session need and one of them makes: the first that comes to it, while the others wait."""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.services.programs import new_folder

FOLDER = "SUITE_SHARED"
"""In the environment, which workers and the sessions within the session inherit; the first process makes the folder and removes it."""


def begin() -> None:
    os.environ.setdefault(FOLDER, "")
    if not Path(os.environ[FOLDER]).is_absolute():
        os.environ[FOLDER] = str(new_folder("shared"))


def made(name: str, make: Callable[[Path], None]) -> Path:
    """The folder that ``make`` has filled once. One that could not be filled is tried again by the next."""
    begin()
    folder = Path(os.environ[FOLDER])
    place = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            begun = new_folder(name)
            make(begun)
            with suppress(FileNotFoundError):
                place.rmdir()
            begun.rename(place)
    return place
