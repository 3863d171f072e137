"""What moderation asks of the apps whose texts it looks after: each registers itself when it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TO_COME = {"paste": _("pastes"), "link": _("short links"), "discord": _("Discord")}
"""Services that rule sets may name before their app is there."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One text of those around a thing, and who wrote it."""

    who: str
    text: str


class Service(Protocol):
    """``target`` is the service's own name of a thing. All are synchronous, and called within a transaction or none."""

    @property
    def label(self) -> str | Promise: ...

    def read(self, target: str) -> str | None:
        """Its text as it stands; None when it is gone."""

    def write(self, target: str, text: str) -> bool:
        """Shows ``text`` in its place, to everybody who looks at it now too. False when it is gone."""

    def remove(self, target: str) -> bool:
        """Leaves nothing of its text. False when it is gone."""

    def around(self, target: str, place: str) -> Sequence[Turn]:
        """What stands before it."""


_services: dict[str, Service] = {}


def register(name: str, service: Service) -> None:
    """To be called in an app's ``ready``."""
    _services[name] = service


def find(name: str) -> Service | None:
    return _services.get(name)


def choices() -> list[tuple[str, str]]:
    """Names and labels, for forms."""
    known = {name: str(service.label) for name, service in _services.items()}
    return [*known.items(), *((name, str(label)) for name, label in TO_COME.items() if name not in known)]
