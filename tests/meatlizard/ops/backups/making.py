"""Short words for what the tests of backups do again and again."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command

from meatlizard.accounts.models import User
from meatlizard.ops.backups import listing, places, taking, verifying
from meatlizard.ops.backups.layout import Verified
from meatlizard.ops.backups.taking import Taken


def taken() -> Taken:
    return taking.take(places.usual())


def verified(which: str = "newest", **how: Any) -> Verified:
    return verifying.verify(which, settings.BACKUP_TO, how.pop("identities", []), **how)


def manage(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def held() -> dict[str, bytes]:
    return {one.name: default_storage.open(one.name).read() for one in listing.everything()}


def people() -> list[str]:
    return list(User.objects.order_by("username").values_list("username", flat=True))


def kept() -> Path:
    return Path(settings.BACKUP_TO)


def objects() -> Iterator[Path]:
    return (path for path in (kept() / "files").rglob("[!.]*") if path.is_file())
