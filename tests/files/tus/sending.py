"""What a client of tus sends, one request at a time."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from tests.files.asking import Answer, Asking

ENDPOINT = "/files/uploads/"
BYTES = "application/offset+octet-stream"


def metadata(**said: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())


def checksum(data: bytes, algorithm: str = "sha1") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


class Tus(Asking):
    """Speaks the version; everything else is given."""

    def tus(self, method: str, path: str, body: bytes | Iterable[Any] = b"", /, **headers: str | None) -> Answer:
        return self.ask(method, path, body, **{"tus_resumable": "1.0.0", **headers})

    def create(
        self, length: int | None, body: bytes | Iterable[Any] = b"", /, name: str = "", **headers: str | None
    ) -> Answer:
        said: dict[str, str | None] = {"upload_length": str(length)} if length is not None else {}
        if body:
            said["content_type"] = BYTES
        if name:
            said["upload_metadata"] = metadata(filename=name)
        return self.tus("POST", ENDPOINT, body, **{**said, **headers})

    def begin(self, length: int | None, name: str = "a.txt", **headers: str | None) -> str:
        """The address of a new upload."""
        if length is None:
            headers["upload_defer_length"] = "1"
        made = self.create(length, name=name, **headers)
        assert made.status == 201, made
        return made["location"]

    def patch(self, path: str, offset: int, body: bytes | Iterable[Any], /, **headers: str | None) -> Answer:
        return self.tus("PATCH", path, body, **{"upload_offset": str(offset), "content_type": BYTES, **headers})

    def head(self, path: str) -> Answer:
        return self.tus("HEAD", path)

    def offset(self, path: str) -> int:
        found = self.head(path)
        assert found.status == 200, found
        return int(found["upload-offset"])
