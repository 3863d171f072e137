"""Which slot a prompt goes to, and how much of it need not be read again.

A conversation's memory may be in a free slot, in another slot that is at work with the same beginning (a common system
prompt), or among the states kept since its slot was given to somebody else.
"""

from collections.abc import Sequence
from typing import Final

from inference_client.engines.llama_cpp.slots import Runtime, Slot
from inference_client.engines.llama_cpp.states import Saved, States, common
from inference_client.engines.llama_cpp.vision import whole

COPY_RATE: Final = 1e9
"""Bytes a second that memory is surely copied at, to and from llama.cpp."""

LEAST_GAIN: Final = 32
KEPT_TOKENS: Final = 256
KEPT_SECONDS: Final = 2.0
"""Of reading. What is shorter and quicker to read again is not kept: most short questions never come back."""


class Reuse:
    """``states`` are those kept beside the slots."""

    def __init__(self, runtime: Runtime, states: States) -> None:
        self._runtime = runtime
        self._states = states

    def choose(self, free: Sequence[Slot], tokens: Sequence[int]) -> Slot:
        """The free slot that remembers most of ``tokens``, or one whose loss is the least."""
        return max(free, key=lambda slot: (_affinity(slot, tokens), not slot.memory, -slot.used))

    def prepare(self, slot: Slot, others: Sequence[Slot], tokens: list[int], speed: float | None) -> int:
        """Makes ``slot`` hold as many first ones of ``tokens`` as it can; returns how many. ``speed`` of reading, in
        tokens per second, is None until it is known.
        """
        # The last token is always read again: its outcome is what the first token of the answer is chosen from.
        most = len(tokens) - 1
        own = min(common(slot.memory, tokens), most)
        found = self._states.find(tokens, whole=not self._runtime.divisible)
        stored = min(found[2], most) if found else 0
        live = max(others, key=lambda other: common(other.memory, tokens), default=None)
        shared = min(common(live.memory, tokens), most) if live and self._runtime.divisible else 0
        saved: Saved | None = None
        if live and shared > stored and self._pays(self._runtime.size(live.index), shared - own, speed):
            held, saved = shared, self._runtime.save(live.index)
        elif found and self._pays(found[1].size, stored - own, speed):
            held = stored
        else:
            found, held = None, own
        self._part(slot, own, speed)
        if found and saved is None and held == stored:
            # Its own conversation: it lives in the slot from now on.
            saved = self._states.take(found[0], remove=found[2] * 2 >= len(found[1].tokens))
        if saved is not None:
            own = held if self._runtime.restore(slot.index, saved) else 0
        own = self._runtime.keep(slot.index, whole(tokens, own))
        slot.memory = tokens[:own]
        return own

    def _part(self, slot: Slot, kept: int, speed: float | None) -> None:
        """Keeps the slot's memory beside the slots if another conversation is about to take its place."""
        lost = len(slot.memory) - kept
        dear = lost >= KEPT_TOKENS or (speed is not None and lost / speed >= KEPT_SECONDS)
        if kept * 2 >= len(slot.memory) or not dear or not self._states.accepts(self._runtime.size(slot.index)):
            return
        saved = self._runtime.save(slot.index)
        if saved is not None:
            self._states.put(slot.memory, saved)

    @staticmethod
    def _pays(size: int, gain: int, speed: float | None) -> bool:
        """To copy ``size`` bytes takes less time than to read ``gain`` tokens."""
        return gain >= LEAST_GAIN and (speed is None or size / COPY_RATE < gain / speed)


def _affinity(slot: Slot, tokens: Sequence[int]) -> int:
    """Tokens worth reusing. Little in common with a long memory is none: another conversation may come back for it."""
    shared = common(slot.memory, tokens)
    return shared if shared * 2 >= len(slot.memory) else 0
