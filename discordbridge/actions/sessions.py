"""Verbs of sessions: begin, open, close. The row first, the channel second, and each step may come twice."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from discordbridge.models import GuildSession
from meatlizard.accounts.models import User
from meatlizard.errors import LimitReached

MOST_OF_A_MEMBER = 20
"""Open private channels and threads of one member: a guild has 500 places for everybody."""

State = GuildSession.State
Kind = GuildSession.Kind


@dataclass(frozen=True, slots=True)
class Begun:
    """``made``: the row is new, and its channel is the caller's to make."""

    session: GuildSession
    made: bool


def begin(
    owner: User,
    conversation: Callable[[], UUID],
    *,
    kind: str,
    guild: int | None = None,
    member: int | None = None,
    request: int | None = None,
    place: int | None = None,
    parent: int | None = None,
) -> Begun:
    """A session that is being made; ``conversation`` makes its conversation within the transaction. The same ``request`` (the
    snowflake of what asked for it), or the same ``place``, gets the same session.

    Raises LimitReached for a member with too many.
    """
    now = timezone.now()
    with transaction.atomic():
        # The line to stand in: of two requests at once the second finds what the first has made.
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first()
        if found := _begun(request, place):
            return Begun(found, made=False)
        if kind in (Kind.CHANNEL, Kind.THREAD):
            _within_limit(owner)
        try:
            with transaction.atomic():
                row = GuildSession.objects.create(
                    conversation_id=conversation(), owner=owner, member=member, guild_id=guild, kind=kind,
                    request=request, place=place, parent=parent, created=now, used=now,
                )  # fmt: skip
        except IntegrityError:
            # Another person's message in the same place, at the same moment.
            if found := _begun(request, place):
                return Begun(found, made=False)
            raise
    return Begun(row, made=True)


def begin_mirror(conversation: UUID, owner: int, guild: int, since: datetime.datetime) -> GuildSession | None:
    """Of a web session that has no place at Discord yet; what was said before ``since`` is not shown there. None: it has one."""
    try:
        with transaction.atomic():
            return GuildSession.objects.create(
                conversation_id=conversation, owner_id=owner, guild_id=guild, kind=Kind.MIRROR, created=since,
                used=timezone.now(),
            )  # fmt: skip
    except IntegrityError:
        return None


def taken(session: UUID, by: User | None, former: str = "") -> None:
    """Who answers there in place of the model; None: the model does again."""
    GuildSession.objects.filter(pk=session).update(taken_by=by, former_model=former)


def _begun(request: int | None, place: int | None) -> GuildSession | None:
    rows = GuildSession.objects.select_related("guild")
    if request is not None and (row := rows.filter(request=request).first()):
        return row
    return rows.filter(place=place).exclude(state=State.CLOSED).first() if place is not None else None


def _within_limit(owner: User) -> None:
    live = GuildSession.objects.filter(owner=owner, kind__in=[Kind.CHANNEL, Kind.THREAD]).exclude(state=State.CLOSED)
    if live.count() >= MOST_OF_A_MEMBER:
        raise LimitReached(
            gettext("You have {most} sessions open. Close one with /close first.").format(most=MOST_OF_A_MEMBER),
            code="too_many_sessions",
        )


def opened(session: UUID, place: int, parent: int | None = None, kind: str = "") -> bool:
    """Its channel is there. False when the session was closed meanwhile: the channel has to go again."""
    values = {"place": place, "parent": parent, "state": State.OPEN, **({"kind": kind} if kind else {})}
    return GuildSession.objects.filter(pk=session, state=State.CREATING).update(**values) == 1


def failed(session: UUID) -> UUID | None:
    """No channel could be made. Returns the conversation, which nothing was said in and nobody has seen."""
    row = GuildSession.objects.filter(pk=session, state=State.CREATING).first()
    if row is None or not _close(row.pk, "failed", [State.CREATING]):
        return None
    return row.conversation_id


def closing(session: UUID, reason: str) -> bool:
    """From now on nothing more is taken there. Whoever gets True goes on to archive and close; a second one gets False."""
    rows = GuildSession.objects.filter(pk=session, state__in=[State.CREATING, State.OPEN])
    return rows.update(state=State.CLOSING, reason=reason[:40]) == 1


def closed(session: UUID, reason: str = "") -> bool:
    """It is over, whatever state it was in. False when it was before."""
    return _close(session, reason, [State.CREATING, State.OPEN, State.CLOSING])


def _close(session: UUID, reason: str, states: list[str]) -> bool:
    rows = GuildSession.objects.filter(pk=session, state__in=states)
    if reason:
        rows.filter(reason="").update(reason=reason[:40])
    return rows.update(state=State.CLOSED, closed=timezone.now()) == 1


def used(session: UUID, newest: int = 0) -> None:
    """Something was said there; ``newest``: the message, which need not be looked for again after a restart."""
    now = timezone.now()
    GuildSession.objects.filter(pk=session).update(used=now)
    if newest:
        GuildSession.objects.filter(pk=session, newest__lt=newest).update(newest=newest)


def began(session: UUID) -> datetime.datetime | None:
    """What was said before is not repeated at its place. None for one that is over."""
    rows = GuildSession.objects.filter(pk=session).exclude(state=State.CLOSED)
    return rows.values_list("created", flat=True).first()


def newest(session: UUID) -> int:
    """The newest message there that was dealt with; 0 when there was none."""
    return GuildSession.objects.filter(pk=session).values_list("newest", flat=True).first() or 0


def idlest(guild: int, before: datetime.datetime) -> GuildSession | None:
    """The open private channel of a guild that nobody has used for the longest time, if that was before ``before``."""
    rows = GuildSession.objects.select_related("guild").filter(guild=guild, state=State.OPEN)
    rows = rows.filter(kind__in=[Kind.CHANNEL, Kind.MIRROR])
    return rows.filter(used__lt=before).order_by("used").first()


def behind(session: UUID, behind: bool) -> None:
    """Whether something could not be shown there and has to be made up for."""
    GuildSession.objects.filter(pk=session).exclude(behind=behind).update(behind=behind)
