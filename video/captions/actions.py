"""Verbs on captions of one's videos."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.errors import AppError, Invalid, LimitReached, NotFound
from meatlizard.languages import number, own_name
from video.actions import line
from video.captions import formats
from video.captions.cues import MOST_CHARACTERS, MOST_CUES, MOST_MS, Cue, clean, of_row, placed, put_in_order
from video.models import Captions, Video

MOST: Final = 60
"""Captions of one video."""

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")
"""Of BCP 47: a language, perhaps with its script and region. Longer ones are rare, and players do not tell them apart."""


class Outdated(AppError):
    """Somebody has saved since."""

    status: ClassVar[int] = 409
    default_code: ClassVar[str] = "captions_outdated"
    default_message = gettext_lazy(
        "These captions were changed in another window since you opened them. Copy your changes, and reload the page."
    )


def of(video: Video) -> list[Captions]:
    """Those that viewers get, without their cues."""
    return list(video.captions.filter(state=Captions.State.READY).exclude(text="").defer("cues", "text"))


def first_of(rows: Iterable[Captions], video: Video) -> Captions | None:
    """Those that are shown by themselves before others, then those in the video's own language."""
    found = sorted(rows, key=lambda row: (not row.default, row.language != video.language, row.created))
    return found[0] if found else None


def access(video: Video, key: UUID) -> Captions:
    """Raises NotFound."""
    row = Captions.objects.filter(video=video, pk=key).first()
    if row is None:
        raise NotFound(_("There are no such captions."), code="no_such_captions")
    return row


def add(
    video: Video, language: str, label: str, cues: Sequence[Cue] = (), *, source: str = Captions.Source.FILE
) -> Captions:
    """None of them is shown before somebody asks for it. Raises Invalid, LimitReached."""
    language, label = checked(language), named(label, language)
    with transaction.atomic():
        Video.objects.select_for_update(no_key=True).get(pk=video.pk)
        count = Captions.objects.filter(video=video).count()
        if count >= MOST:
            raise LimitReached(
                _("A video has at most {most} captions.").format(most=number(MOST)), code="captions_limit"
            )
        _free(video, label)
        return Captions.objects.create(
            video=video, language=language, label=label, source=source, cues=[one.row() for one in cues], text=_text(cues),
            default=False,
        )  # fmt: skip


def read_file(video: Video, data: bytes, language: str, label: str = "") -> Captions:
    """Raises Invalid for a file that is none of captions."""
    checked(language)
    return add(video, language, label, formats.read(data))


def save(captions: Captions, edition: int, rows: Any) -> int:
    """``rows``: cues as the page sends them, ``[start, end, text, settings]`` with times in milliseconds. Returns the new edition; raises Invalid,
    and Outdated when ``edition`` is not the newest."""
    cues = _sent(rows)
    changed = Captions.objects.filter(pk=captions.pk, edition=edition, state=Captions.State.READY).update(
        cues=[one.row() for one in cues], text=_text(cues), edition=F("edition") + 1, changed=timezone.now()
    )
    if not changed:
        if Captions.objects.filter(pk=captions.pk).exists():
            raise Outdated
        raise NotFound(_("There are no such captions."), code="no_such_captions")
    return edition + 1


def replace(captions: Captions, data: bytes) -> None:
    """Another file in the place of what was there."""
    cues = formats.read(data)
    Captions.objects.filter(pk=captions.pk).update(
        cues=[one.row() for one in cues], text=_text(cues), edition=F("edition") + 1, changed=timezone.now(),
        state=Captions.State.READY, source=Captions.Source.FILE, error="", tasks=[],
    )  # fmt: skip


def describe(captions: Captions, *, language: str, label: str, default: bool) -> None:
    """Raises Invalid."""
    language, label = checked(language), named(label, language)
    with transaction.atomic():
        Video.objects.select_for_update(no_key=True).get(pk=captions.video_id)
        _free(captions.video, label, but=captions)
        if default:
            Captions.objects.filter(video=captions.video_id, default=True).exclude(pk=captions.pk).update(default=False)
        Captions.objects.filter(pk=captions.pk).update(language=language, label=label, default=default)


def remove(captions: Captions) -> None:
    captions.delete()


def cues_of(captions: Captions) -> list[Cue]:
    return [of_row(row) for row in captions.cues]


def checked(language: str) -> str:
    """Raises Invalid."""
    parts = language.strip().replace("_", "-").split("-")
    tidy = "-".join(
        part.lower() if at == 0 else part.title() if len(part) == 4 else part.upper() for at, part in enumerate(parts)
    )
    if not LANGUAGE.fullmatch(tidy):
        raise Invalid(
            _("Write the language as its short name, for example “en”, “de” or “pt-BR”."), code="captions_language"
        )
    return tidy


def named(label: str, language: str) -> str:
    """What they are offered as: the language's own name unless somebody says otherwise."""
    return line(label, 60) or own_name(language)


def _free(video: Video, label: str, but: Captions | None = None) -> None:
    others = Captions.objects.filter(video=video, label=label)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise Invalid(
            _("This video has captions of that name already. Give these another name, as “English (commentary)”."),
            code="captions_name_taken",
        )


def _text(cues: Sequence[Cue]) -> str:
    return "\n".join(one.text for one in cues)


def _sent(rows: Any) -> list[Cue]:
    if not isinstance(rows, list) or len(rows) > MOST_CUES:
        raise _bad()
    cues = []
    for place, row in enumerate(rows, 1):
        if not isinstance(row, list) or not 3 <= len(row) <= 4 or not all(isinstance(one, str) for one in row[2:]):
            raise _bad()
        start, end = row[0], row[1]
        # A truth value is an int to Python.
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= MOST_MS:
            raise Invalid(
                _("Caption {place} ends before it begins, or its times are not times.").format(place=number(place)),
                code="caption_times",
            )
        markup = clean(row[2])
        if len(markup) > MOST_CHARACTERS:
            raise Invalid(
                _("Caption {place} has more than {most} characters.").format(
                    place=number(place), most=number(MOST_CHARACTERS)
                ),
                code="caption_long",
            )
        cues.append(Cue(start, end, markup, placed(row[3]) if len(row) > 3 else ""))
    return put_in_order(cues)


def _bad() -> Invalid:
    return Invalid(_("The site did not understand these captions. Reload the page and try again."), code="captions_bad")
