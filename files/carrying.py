"""All files of a person on their way out, for the archive of the account: never more than a piece of one in memory."""

import json
import uuid
from collections.abc import Iterator
from typing import TypeAlias

from files.blobs import reading
from files.blobs.trouble import Gone, Unreachable
from files.models import Blob, File, Folder, Version
from meatlizard.accounts.models import User

Paths: TypeAlias = dict[uuid.UUID, str]

PIECE = 1 << 20


def of(user: User) -> Iterator[tuple[str, bytes | Iterator[bytes]]]:
    """Below ``files/``, in the folders they lie in, earlier versions beside them; what is in the trash below ``trash/``. ``files.json`` says
    when each came and which tags it has. What is in quarantine or lost is named there alone."""
    folders = _folders(user)
    facts = []
    keys = list(File.objects.filter(owner=user.pk).order_by("created", "pk").values_list("pk", flat=True))
    taken: set[str] = set()
    for key in keys:
        file = File.objects.filter(pk=key, owner=user.pk).first()
        if file is None:
            continue
        versions = list(Version.objects.filter(file=file).select_related("blob").order_by("number"))
        paths = {version.number: _path(file, version, folders, taken) for version in versions}
        facts.append(_facts(file, versions, paths))
        for version in versions:
            if (pieces := _pieces(version.blob)) is not None:
                yield paths[version.number], pieces
    if facts:
        yield "files/files.json", json.dumps(facts, ensure_ascii=False, indent=1).encode()


def _folders(user: User) -> Paths:
    """Paths of all of one's folders. A circle, which there cannot be, would end at its beginning."""
    rows = {row.pk: row for row in Folder.objects.filter(owner=user.pk)}
    paths: Paths = {}
    for key, row in rows.items():
        parts, at, seen = [row.name], row.parent_id, {key}
        while at in rows and at not in seen:
            seen.add(at)
            parts.append(rows[at].name)
            at = rows[at].parent_id
        paths[key] = "/".join(reversed(parts)) + "/"
    return paths


def _path(file: File, version: Version, folders: Paths, taken: set[str]) -> str:
    where = "trash/" if file.trashed else "files/"
    folder = folders.get(file.folder_id, "") if file.folder_id else ""
    name = file.name if version.number == file.number else f"{file.name}.v{version.number}"
    path = f"{where}{folder}{name}"
    while path in taken or path == "files/files.json":
        path = f"{where}{folder}{version.number} {uuid.uuid4().hex[:6]} {name}"
    taken.add(path)
    return path


def _pieces(blob: Blob) -> Iterator[bytes] | None:
    """None for what cannot be had: that takes nothing else from anybody."""
    if not blob.readable:
        return None
    try:
        file = reading.open(blob)
    except (Gone, Unreachable):
        return None

    def read() -> Iterator[bytes]:
        with file:
            while piece := file.read(PIECE):
                yield piece

    return read()


def _facts(file: File, versions: list[Version], paths: dict[int, str]) -> dict[str, object]:
    return {
        "name": file.name, "created": file.created.isoformat(), "changed": file.changed.isoformat(), "starred": file.starred is not None,
        "tags": list(file.tagged.order_by("tag__name").values_list("tag__name", flat=True)),
        "versions": [
            {
                "path": paths[one.number], "number": one.number, "name": one.name, "size": one.size, "sha256": one.blob_id,
                "media_type": one.media_type, "created": one.created.isoformat(), "state": one.blob.state,
            }
            for one in versions
        ],
    }  # fmt: skip
