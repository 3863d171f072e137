"""What of a long conversation a model reads: system prompt, summary, pinned messages, the latest turns. Pure: nothing is read or
written here.

Turns are left out in blocks, a quarter of the window at once: a conversation that begins otherwise than the time before is read anew
by the engine, which should happen seldom. The same conversation always loses the same turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import to_json

from chat.context import weights

ANSWER_TOKENS = 512
"""Room kept for the answer, as nodes keep it; never above a quarter of the window."""

MARGIN = 16
"""One part in so many of the window is kept free besides: the site estimates what the node then counts."""

STEPS = 4
PINNED_SHARE = 4
"""Pinned messages take one part in so many of the window at most."""

PINNED_BYTES = 60_000
"""And never more than this: they lie in the system prompt, which is kept with answers."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A message on the way from the first to the question."""

    key: UUID
    role: str
    content: str
    pinned: bool = False
    summed_up: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """``turns`` go to the model as they are, ``pinned`` ones from before them and ``summary`` in its system prompt. ``left_out``
    messages it does not get to know at all, of ``summarised`` the summary alone. ``tokens``: what this comes to, estimated.
    """

    turns: tuple[Turn, ...]
    pinned: tuple[Turn, ...]
    summary: str
    left_out: int
    summarised: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Room:
    """``window``: tokens the model reads, None when nobody knows. ``scale``: what estimates are multiplied by. ``bytes``: of
    contents that can be sent at all.
    """

    window: int | None = None
    scale: float = 1.0
    bytes: int = 700_000

    @property
    def tokens(self) -> int | None:
        """What there is for the prompt."""
        if self.window is None:
            return None
        return max(1, self.window - min(ANSWER_TOKENS, self.window // 4) - self.window // MARGIN)


def plan(system: str, turns: Sequence[Turn], room: Room, summary: str = "", replaced: int = 0) -> Plan:
    """``turns`` from the first message to the question, which is always kept. ``summary`` stands for the first ``replaced`` of
    them.
    """
    replaced = min(replaced, len(turns) - 1) if summary else 0
    choice = _Choice(system, turns, room, summary if replaced > 0 else "", replaced)
    cut = choice.cut()
    pinned = choice.pinned_before(cut)
    there = [turn for turn in turns[replaced:cut] if turn.content]
    return Plan(
        turns=tuple(turn for turn in turns[cut:] if turn.content),
        pinned=pinned,
        summary=choice.summary,
        left_out=len(there) - len({turn.key for turn in pinned}.intersection(turn.key for turn in there)),
        summarised=sum(bool(turn.content) for turn in turns[:replaced]),
        tokens=choice.tokens(cut),
    )


class _Choice:
    """Where the conversation that is sent begins."""

    def __init__(self, system: str, turns: Sequence[Turn], room: Room, summary: str, replaced: int) -> None:
        self.summary = summary
        self._turns, self._room, self._replaced = turns, room, replaced
        self._base = weights.message(system) + (weights.message(summary) + weights.HEAD_TOKENS if summary else 0)
        # Before each turn, and at the end: all that comes after it.
        self._tokens = _rests([weights.message(turn.content) if turn.content else 0 for turn in turns])
        self._bytes = _rests([len(to_json(turn.content)) for turn in turns])

    def cut(self) -> int:
        """Index of the first turn that is sent."""
        first, cuts = self._replaced, self._cuts()
        cut = first
        if (most := self._room.tokens) is not None:
            step = max(1, (self._room.window or 0) // STEPS)
            cut = _first_fitting([(at, self.tokens(at)) for at in (first, *cuts)], most, step)
        sizes = [(at, self._bytes[at]) for at in (first, *cuts)]
        return max(cut, _first_fitting(sizes, self._room.bytes, max(1, self._room.bytes // STEPS)))

    def _cuts(self) -> list[int]:
        """Later places where it may begin: at questions, for an answer without its question says little."""
        last = len(self._turns) - 1
        return [
            at
            for at, turn in enumerate(self._turns)
            if at > self._replaced and (turn.role == "user" or at == last) and turn.content
        ]

    def tokens(self, cut: int) -> int:
        """Of all that is sent when it begins at ``cut``."""
        pinned = [weights.message(turn.content) for turn in self.pinned_before(cut)]
        head = weights.HEAD_TOKENS if pinned else 0
        return int((self._base + head + sum(pinned) + self._tokens[cut]) * self._room.scale)

    def pinned_before(self, cut: int) -> tuple[Turn, ...]:
        """Those that would be missed otherwise, the newest if all are too many; from the oldest on."""
        window, size = self._room.window, PINNED_BYTES
        tokens = float(size) if window is None else window / self._room.scale / PINNED_SHARE
        found = []
        for turn in reversed(self._turns[:cut]):
            if turn.pinned and turn.content:
                tokens -= weights.message(turn.content)
                size -= len(to_json(turn.content))
                if tokens < 0 or size < 0:
                    break
                found.append(turn)
        return tuple(reversed(found))


def _rests(sizes: Sequence[int]) -> list[int]:
    rests = [0]
    for size in reversed(sizes):
        rests.append(rests[-1] + size)
    return rests[::-1]


def _first_fitting(sizes: Sequence[tuple[int, int]], most: int, step: int) -> int:
    """``sizes``: of what would be sent from each place on, the whole first. The first place that makes room in whole steps, or the
    last.
    """
    whole = sizes[0][1]
    if whole <= most:
        return sizes[0][0]
    goal = whole - -(-(whole - most) // step) * step
    return next((at for at, size in sizes if size <= goal), sizes[-1][0])
