"""What programs are told: an address as text to command lines, an object to those who ask for JSON. Refusals likewise."""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from files.asgi.asked import Asked
from files.asgi.refusals import JSON_TYPE, body_of, headers_of, wait_of
from files.library import addresses
from files.models import File
from meatlizard.errors import AppError

TEXT = ("content-type", "text/plain; charset=utf-8")


async def made(asked: Asked, files: Sequence[File]) -> None:
    """201 with the addresses of their pages, one a line."""
    location = [("location", address_of(files[0]))] if len(files) == 1 else []
    if not wants_json(asked):
        await asked.answer(201, [TEXT, *location], _lines(files).encode())
        return
    described = [described_as(file) for file in files]
    await asked.answer(201, [JSON_TYPE, *location], json.dumps(described[0] | {"files": described}).encode())


async def refused(asked: Asked, error: AppError, stored: Sequence[File] = ()) -> None:
    """``stored``: those that came before the one that was refused, and stay."""
    if not wants_json(asked):
        await asked.answer(error.status, [*headers_of(error), TEXT], f"{error.message}\n{_lines(stored)}".encode())
        return
    body = json.loads(body_of(error.status, error.code, error.message, wait_of(error)))
    if stored:
        body["files"] = [described_as(file) for file in stored]
    await asked.answer(error.status, [*headers_of(error), JSON_TYPE], json.dumps(body).encode())


def _lines(files: Sequence[File]) -> str:
    return "".join(f"{address_of(file)}\n" for file in files)


def wants_json(asked: Asked) -> bool:
    return "json" in asked.headers.get("accept", "") or "x-requested-with" in asked.headers


def address_of(file: File) -> str:
    """Of its page."""
    return settings.SITE_URL + addresses.page(file)


def described_as(file: File) -> dict[str, Any]:
    return {
        "id": str(file.pk), "name": file.name, "folder": str(file.folder_id) if file.folder_id else None, "size": file.size,
        "media_type": file.media_type, "sha256": file.blob_id, "version": file.number, "url": address_of(file),
    }  # fmt: skip
