"""The services of the site, which apps register, and whether they are there for somebody. Asking costs no query.

A service that is switched off is off for everybody, on pages, for programs and on websockets. One that is closed to a tier or to guests goes on
for the others; what it shows to the whole world (short links, shared pages) is not touched by that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.control import state
from meatlizard.errors import Forbidden, Unavailable
from meatlizard.ops import switches

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

GUESTS: Final = 0
"""Stands for them among the numbers of tiers."""


@dataclass(frozen=True, slots=True)
class Service:
    """``paths``: what its addresses begin with, without a slash at the end; ``world``: those of them that are for everybody who has an address of something. ``scopes``:
    beginnings of what keys may be allowed. ``owns`` tells requests that are its own whatever their path."""

    name: str
    title: "StrOrPromise"
    paths: tuple[str, ...]
    world: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    owns: Callable[[dict[str, Any]], bool] | None = field(default=None, compare=False)


_services: dict[str, Service] = {}


def register(service: Service) -> None:
    """To be called in ``ready``."""
    _services[service.name] = service


def all_services() -> tuple[Service, ...]:
    return tuple(_services.values())


def of_path(path: str) -> list[Service]:
    """Whose address this is: more than one's where programs reach a service."""
    return [one for one in _services.values() if any(_below(path, begin) for begin in one.paths)]


def of_request(scope: dict[str, Any]) -> list[Service]:
    return of_path(scope["path"]) or [one for one in _services.values() if one.owns is not None and one.owns(scope)]


def of_scope(scope: str) -> Service | None:
    kind = scope.partition(":")[0]
    return next((one for one in _services.values() if kind in one.scopes), None)


def any_touched() -> bool:
    """Whether any service is not as it comes: every request of the site asks."""
    return bool(state.remembered().services)


def is_off(name: str) -> bool:
    """For everybody."""
    switch = state.remembered().services.get(name)
    return switch is not None and not switch.on


def is_limited(name: str) -> bool:
    """Whether it matters who asks."""
    switch = state.remembered().services.get(name)
    return switch is not None and switch.on and bool(switch.closed_to)


def is_there(name: str, user: User | AnonymousUser | None) -> bool:
    """For this person; None: a guest."""
    return not is_off(name) and not _closed(name, user)


def check(name: str, user: User | AnonymousUser | None) -> None:
    """Raises Unavailable while the service is off, and Forbidden while it is closed to people like this."""
    if is_off(name):
        raise off(name)
    if _closed(name, user):
        raise closed(name, user)


def may_ask(name: str, user: User) -> None:
    """Also raises Unavailable while questions are not taken."""
    check(name, user)
    switches.may_ask(user)


def check_path(path: str, user: User | AnonymousUser | None) -> None:
    """As :func:`check`, for whatever services have this address."""
    for service in of_path(path) if any_touched() else ():
        if is_off(service.name):
            raise off(service.name)
        if not of_the_world(service, path):
            check(service.name, user)


def of_the_world(service: Service, path: str) -> bool:
    """Whether whoever has this address may open it, as long as the service is on."""
    return any(_below(path, begin) for begin in service.world)


def off(name: str) -> Unavailable:
    said = gettext("%(service)s is switched off for now.") % {"service": _services[name].title}
    switch = state.remembered().services.get(name)
    return Unavailable(f"{said} {switch.reason if switch else ''}".strip(), code="service_off")


def closed(name: str, user: User | AnonymousUser | None) -> Forbidden:
    named = {"service": _services[name].title}
    if _tier(user) == GUESTS:
        said = gettext("%(service)s is for members. Sign in to go on.") % named
    else:
        said = gettext("%(service)s is not open to your tier. Ask the operators of this site.") % named
    return Forbidden(said, code="service_closed")


def _closed(name: str, user: User | AnonymousUser | None) -> bool:
    switch = state.remembered().services.get(name)
    return switch is not None and bool(switch.closed_to) and _tier(user) in switch.closed_to


def _tier(user: User | AnonymousUser | None) -> int:
    return user.tier_id if isinstance(user, User) else GUESTS


def _below(path: str, begin: str) -> bool:
    return path == begin or path.startswith(f"{begin}/")
