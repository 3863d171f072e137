"""Where alerts may go: addresses as operators write them, and as they are sealed."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from meatlizard.alerts.models import Channel
from meatlizard.errors import Invalid

PURPOSE = "alert channel"
MAX_ADDRESS = 1_000
_DISCORD = re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]+(?:\?thread_id=\d+)?\Z")


def checked(kind: str, address: str) -> str:
    """Raises Invalid for an address that its kind does not have."""
    address = address.strip()
    if not address or len(address) > MAX_ADDRESS:
        raise Invalid(_("Write where alerts are to go."), code="address")
    if kind == Channel.Kind.MAIL:
        try:
            for one in address.split(","):
                validate_email(one.strip())
        except ValidationError:
            raise Invalid(_("Write e-mail addresses with commas between them."), code="address") from None
        return ", ".join(one.strip() for one in address.split(","))
    if kind == Channel.Kind.DISCORD:
        if not _DISCORD.match(address):
            raise Invalid(
                _("Copy the address of a webhook out of the channel's settings on Discord: it begins with %(start)s")
                % {"start": "https://discord.com/api/webhooks/"},
                code="address",
            )
        return address
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise Invalid(
            _("Write an address that begins with https:// or http://, without a name or password."), code="address"
        )
    if kind == Channel.Kind.NTFY and not re.fullmatch(r"/[\w-]{1,64}", parts.path):
        raise Invalid(_("An ntfy address ends in its topic, as in https://ntfy.sh/my-topic"), code="address")
    return address
