"""What this machine has to give: programs, their versions, open files, and who may read the secrets."""

import os
import re
import resource
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from meatlizard.ops.doctor.findings import Finding

ENOUGH_FILES: Final = 1024
"""Open at once: each page and each client holds a socket, at the front server's side another."""


def programs() -> Iterator[Finding]:
    missing = [name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None]
    if missing:
        yield Finding(
            "note",
            _("There is no %(name)s here: this process makes no videos and no pictures of recordings.")
            % {"name": missing[0]},
            _("apt install ffmpeg, where workers run; elsewhere set VIDEO_JOBS=0."),
        )
    else:
        yield Finding("good", _("ffmpeg is there."))
    if connection.vendor == "postgresql":
        yield _pg_dump()


def _pg_dump() -> Finding:
    """It refuses a server that is newer."""
    remedy = _("apt install postgresql-client of the server's version, or a newer one.")
    path = shutil.which("pg_dump")
    if path is None:
        return Finding("bad", _("There is no pg_dump: no backup can be made here."), remedy)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603
    found = re.search(r"(\d+)(?:\.\d+)*", said)
    connection.ensure_connection()
    ours, theirs = int(found[1]) if found else 0, connection.pg_version // 10_000  # type: ignore[attr-defined]
    if ours < theirs:
        return Finding(
            "bad",
            _("pg_dump is of version %(ours)d and the server of version %(theirs)d: no backup can be made.")
            % {"ours": ours, "theirs": theirs},
            remedy,
        )
    return Finding("good", _("pg_dump is new enough for the server."))


def limits() -> Iterator[Finding]:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < ENOUGH_FILES:
        yield Finding(
            "bad",
            _("A process may open %(count)d files and sockets: visitors will be refused.") % {"count": soft},
            _("LimitNOFILE=8192 in the unit, or ulimit -n 8192 before the start."),
        )
    else:
        yield Finding("good", _("A process may open enough files and sockets."))


def secrets() -> Iterator[Finding]:
    """The file that the settings came from."""
    named = os.environ.get("ENV_FILE", str(settings.BASE_DIR / ".env"))
    file = Path(named)
    if not named or not file.is_file():
        yield Finding("good", _("The settings come from the environment alone."))
        return
    if stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO:
        yield Finding(
            "bad",
            _("Every user of this machine may read the secrets in %(file)s.") % {"file": file},
            _("chmod o-rwx %(file)s") % {"file": file},
        )
    else:
        yield Finding("good", _("Others of this machine may not read %(file)s.") % {"file": file})
