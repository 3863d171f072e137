"""A tiny GGUF model that answers known questions word for word, for tests without a download."""

from pathlib import Path

from tests.models.corpus import (
    CHAT_TEMPLATE,
    CONTEXT_LENGTH,
    DIALOGUES,
    FOLLOW_UP_PAIRS,
    LONG_PAIRS,
    NEUTRAL_SYSTEMS,
    PAIRS,
    PLAIN_PAIRS,
    TITLE_PAIRS,
    TITLE_SYSTEM_PROMPT,
    UNKNOWN_ANSWER,
    UNKNOWN_TITLE,
    VOICE_PAIRS,
    Pair,
    answers,
    conversation,
    render,
    titles,
)

MODEL_PATH = Path(__file__).parent / "tiny.gguf"

__all__ = [
    "CHAT_TEMPLATE",
    "CONTEXT_LENGTH",
    "DIALOGUES",
    "FOLLOW_UP_PAIRS",
    "LONG_PAIRS",
    "MODEL_PATH",
    "NEUTRAL_SYSTEMS",
    "PAIRS",
    "PLAIN_PAIRS",
    "TITLE_PAIRS",
    "TITLE_SYSTEM_PROMPT",
    "UNKNOWN_ANSWER",
    "UNKNOWN_TITLE",
    "VOICE_PAIRS",
    "Pair",
    "answers",
    "conversation",
    "render",
    "titles",
]
