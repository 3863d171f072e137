"""What apps add to the API, from their ``ready``: what a key may be allowed, and routers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_scopes: "dict[str, StrOrPromise]" = {}
_routers: "dict[str, Mounted]" = {}


@dataclass(frozen=True, slots=True)
class Mounted:
    prefix: str
    router: str
    """Dotted name, imported with the addresses of the site."""
    tag: str


def add_scope(name: str, label: "StrOrPromise") -> None:
    """Something that a key may be allowed, such as ``links:read``; ``label`` says it to the person who makes the key."""
    _scopes[name] = label


def add_router(prefix: str, router: str, tag: str) -> None:
    """``prefix`` below ``/api/v1``, as ``/links``; ``router`` names a :class:`ninja.Router`, as ``shortener.api.router``."""
    _routers[prefix] = Mounted(prefix, router, tag)


def scopes() -> "dict[str, StrOrPromise]":
    return dict(_scopes)


def routers() -> list[Mounted]:
    return list(_routers.values())
