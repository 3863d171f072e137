"""A bucket of any S3. Contents go there in parts, and a part that arrived before a crash is not sent again."""

import base64
import hashlib
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from files.blobs.answers import in_words
from files.blobs.place import Found
from files.blobs.ranged import Ranged
from files.blobs.trouble import Unreachable

log = logging.getLogger(__name__)

SINGLE = 8 << 20
"""Bytes that go in one request."""

PART = 16 << 20
MAX_PARTS = 10_000


class Bucket:
    """See :class:`files.blobs.place.Place`. ``storage``: django-storages' of S3, whose connection and names are used."""

    def __init__(self, name: str, storage: Any) -> None:
        self.name, self._storage = name, storage

    @property
    def _client(self) -> Any:
        return self._storage.connection.meta.client

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self._storage.bucket_name, "Key": f"{self._storage.location}{name}"}

    def put(self, source: Path, name: str) -> None:
        size = source.stat().st_size
        with source.open("rb") as file:
            try:
                with in_words():
                    self._send(file, size, name)
            except FileNotFoundError:
                # Who brings the same content at the same time has ended the upload that both went on with.
                log.info("files.upload_ended_by_another")
        if not self._has(name, size):
            log.warning("files.not_all_in_bucket")
            raise Unreachable

    def _has(self, name: str, size: int) -> bool:
        try:
            return self.look(name).size == size
        except FileNotFoundError:
            return False

    def _send(self, file: IO[bytes], size: int, name: str) -> None:
        if size <= SINGLE:
            data = file.read()
            self._client.put_object(**self._at(name), Body=data, ContentMD5=_md5(data))
        else:
            self._in_parts(file, size, name)

    def _in_parts(self, file: IO[bytes], size: int, name: str) -> None:
        length = max(PART, -(-size // MAX_PARTS))
        upload, there = self._continued(name)
        parts = []
        for number in range(1, -(-size // length) + 1):
            data = file.read(length)
            md5 = hashlib.md5(data, usedforsecurity=False)
            tag = f'"{md5.hexdigest()}"'
            if there.get(number) != tag:
                sent = self._client.upload_part(
                    **self._at(name), UploadId=upload, PartNumber=number, Body=data,
                    ContentMD5=base64.b64encode(md5.digest()).decode(),
                )  # fmt: skip
                tag = sent["ETag"]
            parts.append({"PartNumber": number, "ETag": tag})
        self._client.complete_multipart_upload(**self._at(name), UploadId=upload, MultipartUpload={"Parts": parts})

    def _continued(self, name: str) -> tuple[str, dict[int, str]]:
        """An upload of this name that was begun before, with the tags of its parts, or a new one."""
        at = self._at(name)
        listed = self._client.list_multipart_uploads(Bucket=at["Bucket"], Prefix=at["Key"])
        begun = [one["UploadId"] for one in listed.get("Uploads", []) if one["Key"] == at["Key"]]
        if not begun:
            return self._client.create_multipart_upload(**at, ContentType="application/octet-stream")["UploadId"], {}
        pages = self._client.get_paginator("list_parts").paginate(**at, UploadId=begun[0])
        return begun[0], {part["PartNumber"]: part["ETag"] for page in pages for part in page.get("Parts", [])}

    def open(self, name: str) -> IO[bytes]:
        return Ranged(self._client, self._at(name), self.look(name).size).buffered()

    def look(self, name: str) -> Found:
        with in_words():
            head = self._client.head_object(**self._at(name))
        return Found(name, head["ContentLength"], head["LastModified"])

    def delete(self, name: str) -> None:
        with in_words():
            self._client.delete_object(**self._at(name))

    def names(self, folder: str) -> Iterator[Found]:
        at = self._at(folder)
        with in_words():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=at["Bucket"], Prefix=at["Key"])
            for page in pages:
                for one in page.get("Contents", []):
                    name = one["Key"].removeprefix(self._storage.location)
                    yield Found(name, one["Size"], one["LastModified"])

    def path(self, name: str) -> Path | None:
        return None

    def presigned(self, name: str, seconds: int, disposition: str, media_type: str) -> str | None:
        says = {"ResponseContentDisposition": disposition, "ResponseContentType": media_type}
        says["ResponseCacheControl"] = "private, no-store"
        with in_words():
            return str(
                self._client.generate_presigned_url("get_object", Params={**self._at(name), **says}, ExpiresIn=seconds)
            )

    def tidy(self, before: datetime) -> None:
        at = self._at("blobs/")
        with in_words():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=at["Bucket"], Prefix=at["Key"])
            left = [one for page in pages for one in page.get("Uploads", []) if one["Initiated"] < before]
            for one in left:
                self._client.abort_multipart_upload(Bucket=at["Bucket"], Key=one["Key"], UploadId=one["UploadId"])


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
