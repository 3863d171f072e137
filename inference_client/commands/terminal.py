"""What the commands share: arguments, a progress bar, and words for the person at the terminal."""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from inference_client.protocol import keys
from inference_client.state import Home

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction


def default_alias(path: Path) -> str:
    """The file's name without its ending, in the characters an alias may have."""
    return re.sub(r"[^A-Za-z0-9._:-]+", "-", path.stem).lstrip("._:-")[:100] or "model"


def at_least(least: int) -> Callable[[str], int]:
    """An argument's type: a whole number, ``least`` or more."""

    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return value

    return number


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Yields what wants bytes done and bytes in all."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def python() -> str:
    """This interpreter as one would type it here."""
    program, here = Path(sys.executable), Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)


def fingerprint(home: Home) -> str:
    """Of this machine's public key, as the site's administration shows it. Raises Problem."""
    return keys.fingerprint(keys.public_bytes(home.key()))
