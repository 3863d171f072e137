"""All pastes of a person on their way out, for the archive of the account."""

import json
import re
from collections.abc import Iterator
from typing import Any

from meatlizard.accounts.models import User
from meatlizard.errors import NotFound
from paste import contents, files
from paste.models import File, Paste

_NOT_IN_NAMES = re.compile(r"[^\w ,.()-]+")


def of(user: User) -> Iterator[tuple[str, bytes]]:
    """Of each paste a folder: ``paste.json`` says what it is, ``files/`` has what it shows now, and ``earlier/`` what only older revisions
    have. What is encrypted is so here, too: its key is in its address alone. What waits to be deleted is left out."""
    keys = list(
        Paste.objects.filter(owner=user.pk, state=Paste.State.READY)
        .order_by("created", "pk")
        .values_list("pk", flat=True)
    )
    for key in keys:
        paste = Paste.objects.filter(pk=key, owner=user.pk, state=Paste.State.READY).first()
        if paste is not None:
            yield from _folder(paste)


def _folder(paste: Paste) -> Iterator[tuple[str, bytes]]:
    folder = f"pastes/{paste.created:%Y-%m-%d} {paste.slug}"
    rows = list(File.objects.filter(paste=paste.pk, since__gt=0).order_by("since", "position", "pk"))
    paths = {row.pk: _path(row, number) for number, row in enumerate(rows, 1)}
    facts = _facts(paste, rows, paths)
    yield f"{folder}/paste.json", json.dumps(facts, ensure_ascii=False, indent=1).encode()
    for row in rows:
        try:
            yield f"{folder}/{paths[row.pk]}", contents.read(row)
        except NotFound:
            # Its storage has lost it: that takes nothing else from anybody.
            continue


def _path(row: File, number: int) -> str:
    """One that every file system takes, and no two files of a paste have."""
    name = _NOT_IN_NAMES.sub(" ", files.file_name(row, "")).strip(" .")[-80:] or "text.txt"
    return f"{'files' if row.until is None else 'earlier'}/{number:03d} {name}"


def _facts(paste: Paste, rows: list[File], paths: dict[int, str]) -> dict[str, Any]:
    return {
        "slug": paste.slug, "title": paste.title, "privacy": paste.privacy, "sealed": paste.sealed, "adata": paste.adata,
        "created": paste.created.isoformat(), "updated": paste.updated.isoformat(), "views": paste.views, "views_left": paste.views_left,
        "expires": None if paste.expires is None else paste.expires.isoformat(), "revision": paste.revision,
        "files": [
            {"path": paths[row.pk], "name": row.name, "format": row.format, "from_revision": row.since, "until_revision": row.until}
            for row in rows
        ],
        "revisions": [
            {"number": one.number, "note": one.note, "created": one.created.isoformat()} for one in paste.revisions.all()
        ],
        "comments": [
            {"author": one.author.get_username() if one.author else "", "text": one.text, "created": one.created.isoformat()}
            for one in paste.comments.filter(removed=False).select_related("author")
        ],
    }  # fmt: skip
