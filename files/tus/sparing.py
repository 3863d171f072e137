"""The disk is never filled to its end by uploads: the site itself must be able to go on writing."""

import os
from pathlib import Path
from typing import Final

from files.blobs.trouble import DiskFull

LEFT_BYTES: Final = 256 << 20
"""Or a twentieth of a small disk."""


def spare(folder: Path, size: int) -> None:
    """Raises DiskFull where ``size`` more bytes would leave the site too little."""
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize - size < min(LEFT_BYTES, disk.f_blocks * disk.f_frsize // 20):
        raise DiskFull
