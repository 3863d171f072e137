"""One request at a time has an upload's bytes. The lock is the kernel's, on the file they are in: it goes with the process that held it,
however that ended, and holds for all processes of the machine."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from files.blobs import incoming
from files.tus.protocol import Locked


class Lock:
    """Taken when it is made; raises Locked when somebody else has it, FileNotFoundError when the bytes have gone elsewhere."""

    def __init__(self, key: str) -> None:
        # To write, which nobody does by it: a folder that several machines have in common by NFS refuses the lock otherwise.
        self._file = os.open(incoming.folder() / key, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise Locked from None

    def release(self) -> None:
        os.close(self._file)


@contextmanager
def held(key: str) -> Iterator[None]:
    lock = Lock(key)
    try:
        yield
    finally:
        lock.release()
