"""What administrators set for their guild with ``/admin config``: each setting's name, column, and how it is read from a line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from discordbridge.models import Guild
from meatlizard.errors import Invalid

MOST_IDS = 50
NOTHING = frozenset({"", "-", "none", "off", "no"})

_ID = re.compile(r"<?(?:#|@&|@!?)?(\d{15,20})>?")


def _yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word in ("on", "yes", "true", "1"):
        return True
    if word in NOTHING | {"false", "0"}:
        return False
    raise Invalid(gettext("This setting is on or off."), code="not_on_or_off")


def _ids(text: str) -> list[int]:
    """Numbers or mentions of channels or roles, with blanks or commas between."""
    if text.strip().lower() in NOTHING:
        return []
    parts = re.split(r"[\s,]+", text.strip())
    found = [_ID.fullmatch(part) for part in parts]
    if not all(found) or len(parts) > MOST_IDS:
        raise Invalid(
            gettext("Name up to {most} channels or roles, by mention or number; none for no one.").format(
                most=MOST_IDS
            ),
            code="bad_ids",
        )
    return list(dict.fromkeys(int(one[1]) for one in found if one))


def _id_or_none(text: str) -> int | None:
    found = _ids(text)
    if len(found) > 1:
        raise Invalid(gettext("Name one channel, or none."), code="bad_ids")
    return found[0] if found else None


def _kind(text: str) -> str:
    word = text.strip().lower()
    if word not in Guild.SessionKind.values:
        raise Invalid(gettext("Sessions are kept in a channel or in a thread."), code="bad_choice")
    return word


def _offline(text: str) -> str:
    word = text.strip().lower()
    if word not in ("wait", "markov"):
        raise Invalid(
            gettext("Without a machine, questions wait, or the Markov generator answers: wait or markov."),
            code="bad_choice",
        )
    return word


@dataclass(frozen=True, slots=True)
class Option:
    """``key``: it lies in the column ``options`` under this name. ``permission``: what setting it takes on the site."""

    column: str
    read: Callable[[str], Any]
    about: "str | Promise"
    key: str = ""
    permission: str = ""

    def get(self, guild: Guild) -> Any:
        return guild.options.get(self.key) if self.key else getattr(guild, self.column)


OPTIONS: dict[str, Option] = {
    "admin-roles": Option("admin_roles", _ids, _("roles that see private channels and may use /admin")),
    "session-kind": Option("session_kind", _kind, _("what /chat opens: channel or thread")),
    "thread-home": Option("thread_home", _id_or_none, _("the channel under which private threads are opened")),
    "mirror": Option(
        "mirror",
        _yes_or_no,
        _("whether administrators of this server see all web sessions: on or off; operators only"),
        permission="ops.operate",
    ),
    "metrics-channel": Option("metrics_channel", _id_or_none, _("where figures and alerts are posted")),
    "memory-channels": Option(
        "memory_channels", _ids, _("channels whose messages are remembered; members are told there")
    ),
    "memory-context": Option(
        "options",
        _yes_or_no,
        _("whether models are told of what is remembered and the asker can see: on or off"),
        key="memory_context",
    ),
    "offline": Option("options", _offline, _("what is done while no machine is there: wait, or markov"), key="offline"),
    "transcripts-channel": Option("transcripts_channel", _id_or_none, _("where closed sessions are told of")),
    "announcements-channel": Option(
        "options", _id_or_none, _("where announcements of the whole site are posted"), key="announcements_channel"
    ),
}


def shown(value: Any) -> str:
    """As it can be typed in again."""
    if isinstance(value, bool) or value is None:
        return "on" if value else "off" if value is False else "none"
    if isinstance(value, list):
        return " ".join(str(one) for one in value) or "none"
    return str(value)
