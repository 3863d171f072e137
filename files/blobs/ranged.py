"""An object of a bucket as a file: what is asked for is fetched, and no more."""

import io
from typing import Any

from files.blobs.answers import in_words

AHEAD = 1 << 20


class Ranged(io.RawIOBase):
    """One answer of the bucket is read on while reading goes on; a seek begins another one."""

    def __init__(self, client: Any, at: dict[str, str], size: int) -> None:
        self._client, self._at, self._size = client, at, size
        self._place = 0
        self._body: Any = None

    def buffered(self) -> io.BufferedReader:
        return io.BufferedReader(self, AHEAD)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        place = max(0, base + offset)
        if place != self._place:
            self._forget()
            self._place = place
        return place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        if self._place >= self._size or not len(buffer):
            return 0
        with in_words():
            if self._body is None:
                answer = self._client.get_object(**self._at, Range=f"bytes={self._place}-")
                self._body = answer["Body"]
            data = self._body.read(min(len(buffer), self._size - self._place))
        if not data:
            raise OSError("the bucket's answer ended early")
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._forget()
        super().close()

    def _forget(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()
