"""How to mend a part that is not well."""

from typing import Final

from django.utils.translation import gettext_lazy as _

REMEDIES: Final = {
    "database": _("Is the server of DATABASE_URL running, and do name and password hold?"),
    "cache": _("Is the server of REDIS_URL running?"),
    "channel_layer": _("Is the server of REDIS_URL running?"),
    "storage": _("Look at the permissions of VAR_DIR/media, or at the S3_ settings and the rights of their key: it has to read, write and delete."),
    "disk": _("Delete old backups, or give the disk room: nothing can be accepted once it is full."),
    "memory": _("Stop something else, or run fewer site processes and workers."),
    "jobs": _("Run another: manage.py worker"),
    "inference": _("Start a client, or pair one: Admin, Inference clients."),
    "discord": _("manage.py discord_setup tells what is missing."),
}  # fmt: skip
