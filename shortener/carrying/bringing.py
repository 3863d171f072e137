"""Brings in what was read, or says what would become of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import AppError
from shortener import actions, targets
from shortener.access import links_of, slug_is_free
from shortener.carrying.reading import Found
from shortener.changes import gathering
from shortener.models import Domain, Link

What = Literal["made", "present", "refused"]


@dataclass(frozen=True, slots=True)
class Line:
    """Of one link: ``why`` it was refused, or that it got another slug."""

    place: int
    what: What
    slug: str
    target: str
    why: str = ""


def bring_in(
    by: User, found: Sequence[Found], domain: Domain | None = None, *, rename: bool = False, dry: bool = False
) -> list[Line]:
    """``rename``: a slug that is taken gives way to a random one. ``dry``: all is done as it would be, and undone. The same file twice makes
    nothing twice.

    Raises as :func:`shortener.actions.create_many`; what is wrong with one link is said in its line.
    """
    with transaction.atomic():
        with gathering():
            lines = _bring_in(by, found, domain, rename)
        if dry:
            transaction.set_rollback(True)
    return lines


def _bring_in(by: User, found: Sequence[Found], domain: Domain | None, rename: bool) -> list[Line]:
    lines: dict[int, Line] = {}
    wanted: list[tuple[Found, dict[str, Any], str]] = []
    for one in found:
        if one.trouble:
            lines[one.place] = Line(one.place, "refused", "", one.wanted.get("target", ""), one.trouble)
        elif (there := _present(by, one, domain)) is not None:
            lines[one.place] = Line(one.place, "present", there.slug, there.target)
        else:
            wanted.append((one, *_as_details(by, one, domain, rename)))
    outcomes = actions.create_many(by, [details for _one, details, _note in wanted], domain)
    for (one, details, note), outcome in zip(wanted, outcomes, strict=True):
        link = outcome.link
        what: What = "refused" if link is None else "made"
        slug, target = (details.get("slug", ""), details["target"]) if link is None else (link.slug, link.target)
        lines[one.place] = Line(one.place, what, slug, target, outcome.error or note)
    return [lines[place] for place in sorted(lines)]


def _present(by: User, one: Found, domain: Domain | None) -> Link | None:
    """One's own with the same slug and target; without a slug, with the same target."""
    try:
        target = targets.read(one.wanted["target"]).url
    except AppError:
        return None
    rows = links_of(by).filter(target=target, domain=domain)
    slug = one.wanted["slug"].replace("\x00", "").strip("/")
    return (rows.filter(slug=slug) if slug else rows).first()


def _as_details(by: User, one: Found, domain: Domain | None, rename: bool) -> tuple[dict[str, Any], str]:
    details = dict(one.wanted)
    name = details.pop("folder", "").strip()[:80]
    if name:
        details["folder"] = actions.make_folder(by, name.replace("\x00", ""))
    slug = details["slug"].replace("\x00", "").strip("/")
    if rename and slug and not slug_is_free(domain, slug):
        details["slug"] = ""
        return details, _("The slug {slug} is taken; it got another one.").format(slug=slug)
    return details, ""
