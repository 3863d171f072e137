"""What went wrong, in words that are shown as they are: without passwords, and without paths."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from meatlizard.errors import AppError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class BackupFailed(AppError):
    default_code = "backup_failed"


class Damaged(BackupFailed):
    """The file is not, or no more, what was written."""

    default_code = "backup_damaged"


@contextmanager
def in_words(doing: str) -> Iterator[None]:
    """Says what the disk answered to whoever was ``doing`` something with it."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise BackupFailed(f"There is no room left on the disk for {doing}.", code="disk_full") from error
        raise BackupFailed(f"The disk refused {doing}: {error.strerror or type(error).__name__}.") from error
