"""All links of a person, as JSON and as a table. Both come in again; passwords do not go out."""

import datetime
import json
from collections.abc import Iterator
from typing import Any

from meatlizard.accounts.models import User
from shortener import files
from shortener.access import links_of
from shortener.addresses import address_of
from shortener.carrying.reading import SIGNS
from shortener.models import Link

FORMAT, VERSION = "meatlizard-links", 1
FIELDS = (
    "slug", "domain", "short_url", "target", "title", "tags", "folder", "notes", "status", "forward_query", "has_password", "not_before",
    "not_after", "max_clicks", "passed", "fallback", "rules", "public_stats", "disabled", "taken_down", "created", "clicks", "bot_clicks", "last_click",
)  # fmt: skip


def as_json(owner: User) -> str:
    links = list(_links(owner))
    return json.dumps({"format": FORMAT, "version": VERSION, "links": links}, ensure_ascii=False, indent=1)


def as_table(owner: User) -> str:
    rows = ([_cell(link[name]) for name in FIELDS] for link in _links(owner))
    return files.table(FIELDS, rows)


def files_of(owner: User) -> Iterator[tuple[str, bytes]]:
    """For the archive of the account."""
    yield "links/links.json", as_json(owner).encode()
    yield "links/links.csv", as_table(owner).encode()


def _links(owner: User) -> Iterator[dict[str, Any]]:
    for link in links_of(owner).order_by("created", "pk").iterator(chunk_size=500):
        yield _plain(link)


def _plain(link: Link) -> dict[str, Any]:
    plain = {name: getattr(link, name, None) for name in FIELDS}
    for name in ("not_before", "not_after", "taken_down", "created", "last_click"):
        moment: datetime.datetime | None = getattr(link, name)
        plain[name] = None if moment is None else moment.isoformat()
    return plain | {
        "domain": link.domain.host if link.domain is not None else "", "short_url": address_of(link), "has_password": bool(link.password),
        "tags": [tag.name for tag in link.tags.all()], "folder": link.folder.name if link.folder is not None else "",
    }  # fmt: skip


def _cell(value: Any) -> Any:
    """Tags stand as a text with commas between, as others write and read them; as JSON where one has such a sign in itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        plain = all(isinstance(one, str) and not SIGNS.intersection(one) for one in value)
        return (",".join(value) if plain else json.dumps(value, ensure_ascii=False)) if value else ""
    return value
