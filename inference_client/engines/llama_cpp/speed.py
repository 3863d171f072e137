"""Measured speed of a model, from work it really did."""

from dataclasses import dataclass
from typing import Final

from inference_client.protocol.vocabulary import Usage

SHARE_OF_NEW: Final = 0.3
LEAST_TOKENS: Final = 16
"""Shorter work says more about overhead than about speed."""

CHANGE_WORTH_TELLING: Final = 0.1


@dataclass(slots=True)
class Speed:
    """Tokens per second of one conversation: reading a prompt, and writing an answer; None until measured."""

    prompt: float | None = None
    generation: float | None = None

    def add(self, usage: Usage, prefix: int = 0) -> None:
        """One finished run that began with ``prefix`` tokens of the answer already there."""
        read = usage.prompt_tokens - usage.cached_tokens + prefix
        if read >= LEAST_TOKENS and usage.prompt_seconds > 0:
            self.prompt = _mixed(self.prompt, read / usage.prompt_seconds)
        written = usage.completion_tokens - prefix
        if written >= LEAST_TOKENS and usage.completion_seconds > 0:
            self.generation = _mixed(self.generation, written / usage.completion_seconds)


def rounded(value: float | None, told: float | None) -> float | None:
    """What to publish: ``told`` as long as ``value`` is near it."""
    if value is None or (told is not None and abs(value - told) <= told * CHANGE_WORTH_TELLING):
        return told
    return round(value, 1)


def _mixed(old: float | None, new: float) -> float:
    return new if old is None else old + SHARE_OF_NEW * (new - old)
