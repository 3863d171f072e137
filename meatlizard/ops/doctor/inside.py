"""Settings, tables and files of this installation."""

import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from meatlizard.ops.doctor.findings import Finding


def configuration() -> Iterator[Finding]:
    """Django's checks for deployment and our own."""
    found = checks.run_checks(include_deployment_checks=not settings.LOOPBACK)
    for message in found:
        if not message.is_silenced():
            yield Finding("bad" if message.is_serious() else "note", f"{message.id}: {message.msg}", message.hint or "")
    if not any(message.is_serious() for message in found):
        yield Finding(
            "good", _("The settings go together; the address is %(address)s.") % {"address": settings.SITE_URL}
        )


def tables() -> Iterator[Finding]:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations or {})
    ours = sorted(f"{app}.{name}" for app, name in unknown if app in executor.loader.migrated_apps)
    if plan:
        yield Finding(
            "bad",
            _("%(count)d migrations have not been made, the first is %(first)s.")
            % {"count": len(plan), "first": plan[0][0]},
            _("Back up, then: manage.py migrate"),
        )
    if ours:
        yield Finding(
            "bad",
            _("The database was used by a newer version of the site: it has %(name)s, which this one does not know.")
            % {"name": ours[0]},
            _("Run the version that made it, or restore the backup from before."),
        )
    if not plan and not ours:
        yield Finding("good", _("All migrations are made."))


def files() -> Iterator[Finding]:
    folder = Path(settings.VAR_DIR)
    if not folder.is_dir():
        yield Finding(
            "bad",
            _("There is no folder %(folder)s.") % {"folder": folder},
            _("Make it, or set VAR_DIR to one that is there."),
        )
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & stat.S_IRWXO:
        yield Finding(
            "note",
            _("Every user of this machine may look into %(folder)s.") % {"folder": folder},
            _("chmod o-rwx %(folder)s") % {"folder": folder},
        )
    else:
        yield Finding("good", _("Others of this machine may not look into %(folder)s.") % {"folder": folder})
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.is_file():
        yield Finding("good", _("Static files are collected."))
    else:
        yield Finding(
            "bad",
            _("Static files are not collected: pages would come without looks."),
            _("make assets, or: manage.py collectstatic --no-input"),
        )
