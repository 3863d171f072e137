"""Places of the library's pages where other parts put something of theirs.

A template that is put into a slot is rendered with the page's context; in ``row``, ``tile`` and ``file`` it has ``entry``: ``entry.is_folder``, ``entry.row`` (the
:class:`~files.models.Folder` or :class:`~files.models.File`) and ``entry.facts``. Facts are read once for all rows of a page.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from uuid import UUID

if TYPE_CHECKING:
    from files.models import File, Folder
    from meatlizard.accounts.models import User

Place: TypeAlias = Literal["top", "selection", "row", "tile", "file", "scripts", "head"]
"""``top``: below the headline of a folder (a drop zone, a button to upload); ``selection``: among the buttons for what is selected, inside their form,
whose fields named ``items`` say what; ``row``: among the buttons of one entry; ``tile``: in place of the sign of its type (a thumbnail); ``file``: on the page
of versions of a file; ``head`` and ``scripts``: in the page's head and at its end."""

PLACES: tuple[Place, ...] = get_args(Place)

Facts: TypeAlias = "Callable[[User, Sequence[File], Sequence[Folder]], Mapping[UUID, Any]]"

_templates: dict[Place, dict[str, int]] = {}
_facts: dict[str, Facts] = {}


def add_slot(place: Place, template: str, order: int = 100) -> None:
    _templates.setdefault(place, {})[template] = order


def templates(place: Place) -> list[str]:
    found = _templates.get(place, {})
    return sorted(found, key=lambda name: (found[name], name))


def add_facts(name: str, read: Facts) -> None:
    """``read(viewer, files, folders)`` answers by the keys of files and folders; what it says of one is ``entry.facts.<name>``."""
    _facts[name] = read


def facts(viewer: "User", files: "Sequence[File]", folders: "Sequence[Folder]") -> dict[UUID, dict[str, Any]]:
    """All that is known of the rows of one page: as many queries as there are readers, however many rows."""
    known: dict[UUID, dict[str, Any]] = {row.pk: {} for row in (*files, *folders)}
    for name, read in _facts.items():
        for key, value in read(viewer, files, folders).items():
            known[key][name] = value
    return known
