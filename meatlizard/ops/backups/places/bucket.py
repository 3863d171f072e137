"""A bucket of any S3. What is written goes there in parts while it is made; no more than one part is in memory."""

import base64
import contextlib
import datetime
import hashlib
import io
from collections.abc import Iterator
from typing import IO, Any, cast

from meatlizard.ops.backups.places.place import Lying
from meatlizard.ops.backups.trouble import BackupFailed

PART = 16 << 20
GROWING = 1_000
"""After so many parts they are twice as long: an upload has 10,000 at most, and may have 5 TB."""

GONE = frozenset({"404", "NoSuchKey", "NotFound"})


class Bucket:
    """See :class:`meatlizard.ops.backups.places.Place`. ``folder``: before every name, with a slash at its end, or empty."""

    def __init__(self, client: Any, bucket: str, folder: str = "") -> None:
        self._client, self._bucket, self._folder = client, bucket, folder

    @property
    def label(self) -> str:
        return f"s3://{self._bucket}/{self._folder}"

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        sending = Sending(self._client, self._at(name))
        try:
            yield cast(IO[bytes], sending)
            sending.end()
        except BaseException:
            sending.give_up()
            raise

    @contextlib.contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        with answered():
            body = self._client.get_object(**self._at(name))["Body"]
        with contextlib.closing(body):
            yield cast(IO[bytes], Arriving(body))

    def names(self, folder: str) -> Iterator[Lying]:
        with answered():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._folder}{folder}"
            )
            for page in pages:
                for one in page.get("Contents", []):
                    yield Lying(one["Key"].removeprefix(self._folder), one["Size"], one["LastModified"])

    def delete(self, name: str) -> None:
        with answered():
            self._client.delete_object(**self._at(name))

    def settle(self) -> None:
        """An answer of S3 is a promise already."""

    def tidy(self, before: datetime.datetime) -> None:
        with answered():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._bucket, Prefix=self._folder
            )
            left = [one for page in pages for one in page.get("Uploads", []) if one["Initiated"] < before]
            for one in left:
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=one["Key"], UploadId=one["UploadId"])

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._folder}{name}"}


class Sending:
    """A file that is written to a bucket."""

    def __init__(self, client: Any, at: dict[str, str]) -> None:
        self._client, self._at = client, at
        self._waiting = io.BytesIO()
        self._upload = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> int:
        self._waiting.write(data)
        if self._waiting.tell() >= PART << len(self._parts) // GROWING:
            self._send()
        return len(data)

    def flush(self) -> None:
        """Parts go when they are long enough."""

    def end(self) -> None:
        with answered():
            if not self._upload:
                data = self._waiting.getvalue()
                self._client.put_object(**self._at, Body=data, ContentMD5=_md5(data))
                return
            if self._waiting.tell():
                self._send()
            self._client.complete_multipart_upload(
                **self._at, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
            )

    def give_up(self) -> None:
        if self._upload:
            # What cannot be given up now is found by `tidy`.
            with contextlib.suppress(BackupFailed, OSError), answered():
                self._client.abort_multipart_upload(**self._at, UploadId=self._upload)

    def _send(self) -> None:
        data = self._waiting.getvalue()
        with answered():
            if not self._upload:
                self._upload = self._client.create_multipart_upload(**self._at)["UploadId"]
            number = len(self._parts) + 1
            sent = self._client.upload_part(
                **self._at, UploadId=self._upload, PartNumber=number, Body=data, ContentMD5=_md5(data)
            )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._waiting = io.BytesIO()


class Arriving:
    """A file that is read from a bucket."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        with answered():
            return cast(bytes, self._body.read(None if size < 0 else size))


@contextlib.contextmanager
def answered() -> Iterator[None]:
    """Says what the bucket, or the way to it, has answered."""
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in GONE:
            raise FileNotFoundError(code) from error
        raise BackupFailed(f"The bucket of the backups refused: {code}.", code="bucket_refused") from error
    except (BotoCoreError, HTTPError) as error:
        raise BackupFailed(
            f"The bucket of the backups does not answer as it should: {type(error).__name__}.", code="bucket_away"
        ) from error


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
