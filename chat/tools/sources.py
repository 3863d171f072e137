"""The sources of an answer: numbered once over all of it, so that ``[2]`` means the same on every page for ever."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext

from chat.fencing import visible
from chat.models import AnswerSource, Message, Told, ToolCall
from chat.moderating import outgoing
from chat.tools.registry import Source

MOST = 200
"""Of one answer."""


def add(message: UUID, found: Sequence[Source], call: ToolCall | None = None) -> list[AnswerSource]:
    """The rows of ``found``, in that order; what was read before, by the same address and title, keeps its number. Titles and excerpts
    stand below the answer, and moderation's rules for answers hold for them."""
    if not found:
        return []
    # Outside of the transaction: it takes as long as the texts are long.
    found = [_judged(one) for one in found]
    with transaction.atomic():
        # Two calls of one answer that end at once would give the same numbers.
        row = Message.objects.select_for_update(of=("self",)).only("pk", "cited").get(pk=message)
        known = {(one.address, one.title): one for one in AnswerSource.objects.filter(message=message)}
        # Passages that the model was told of at the beginning have the first numbers.
        told = Told.objects.filter(generation__message=message).aggregate(last=Max("number"))["last"] or 0
        last = max([told, *(one.number for one in known.values())])
        rows = []
        for one in found:
            key = (_line(one.address, 2_000), _line(one.title, 300) or _line(one.address, 300))
            if key not in known and len(known) < MOST:
                last += 1
                known[key] = AnswerSource.objects.create(
                    message=row, number=last, address=key[0], title=key[1], read=one.read, call=call,
                    excerpt=visible(one.excerpt)[:2_000],
                )  # fmt: skip
            if key in known and known[key] not in rows:
                rows.append(known[key])
        if len(known) != row.cited:
            Message.objects.filter(pk=message).update(cited=len(known))
    return rows


def _judged(source: Source) -> Source:
    title, excerpt = (outgoing.judged(text, 0) for text in (source.title, source.excerpt))
    if not (title.found or excerpt.found):
        return source
    withheld = gettext("Title withheld by a rule of this site")
    return replace(source, title=withheld if title.withheld else title.text, excerpt=excerpt.text)


def _line(text: str, most: int) -> str:
    return " ".join(visible(text).split())[:most]


def listed(rows: Sequence[AnswerSource]) -> str:
    """For a model, which cites them by number."""
    return "\n".join(f"[{one.number}] {one.title}" + (f" ({one.address})" if one.address else "") for one in rows)
