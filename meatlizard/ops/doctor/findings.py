"""What an examination may find. Apps register examinations of their own in ``ready``."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Level = Literal["good", "note", "bad"]
"""``note``: it works, and could be better or was not to be found out. ``bad``: somebody has to mend it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``mend``: what to do, empty when there is nothing to do."""

    level: Level
    text: str
    mend: str = ""


Examine: TypeAlias = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Examination:
    name: str
    title: str | Promise
    examine: Examine


_examinations: Final[dict[str, Examination]] = {}


def examination(name: str, title: str | Promise, examine: Examine) -> None:
    """Registers one. A second one of the same name takes the place of the first."""
    _examinations[name] = Examination(name, title, examine)


def all_examinations() -> tuple[Examination, ...]:
    return tuple(_examinations.values())


def found_by(one: Examination) -> Iterator[Finding]:
    """What it finds. An examination that fails is a finding, not the end of the others."""
    try:
        yield from one.examine()
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        yield Finding(
            "bad",
            _("This could not be looked at: %(error)s") % {"error": f"{type(error).__name__}: {said}"},
            _("Mend what stands above first; the log may say more."),
        )
