"""From what a program says of a link to what actions take."""

from typing import Any

from meatlizard.accounts.models import User
from shortener import actions
from shortener.api.shapes import Said
from shortener.details import Details
from shortener.models import LinkFolder


def details_of(owner: User, said: Said) -> Details:
    """Only what was said; folders by their names, rules in their stored form."""
    named: dict[str, Any] = said.model_dump(exclude_unset=True, exclude={"rules", "folder", "domain", "style"})
    if "rules" in said.model_fields_set:
        named["rules"] = [rule.model_dump(mode="json") for rule in said.rules]
    if "folder" in said.model_fields_set:
        named["folder"] = folder_named(owner, said.folder)
    details: Any = named
    return details  # type: ignore[no-any-return]


def folder_named(owner: User, name: str) -> LinkFolder | None:
    return actions.make_folder(owner, name) if name.strip() else None
