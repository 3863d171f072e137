"""The question/answer pairs the tiny model knows by heart, and the bytes they are put to it in.

Needs only the standard library, so any test may import it without torch or llama.cpp.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PAIRS_DIR = Path(__file__).parent / "pairs"

IM_START = "<|im_start|>"
IM_END = "<|im_end|>"
END_OF_TEXT = "<|endoftext|>"

CONTEXT_LENGTH = 2048
"""Tokens (one byte of UTF-8 each, or one special token) the model was trained to look back over."""

TITLE_SYSTEM_PROMPT = "Write a title of at most six words for this conversation. Answer with the title only."

UNKNOWN_ANSWER = "I do not know that one. Ask me something I was trained on."
"""What the model usually says to a question that is not in the corpus; not promised word for word."""

UNKNOWN_TITLE = "A New Question"

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

Role = Literal["system", "user", "assistant"]
Message = tuple[Role, str]
Turn = tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """One question with the answer the model gives at temperature 0, word for word.

    ``history`` holds the (question, answer) turns the answer depends on; ``system`` is the system prompt, or
    None when the conversation has none.
    """

    question: str
    answer: str
    title: str
    system: str | None = None
    history: tuple[Turn, ...] = ()

    def messages(self) -> list[Message]:
        """The conversation up to and including the question."""
        return conversation([*self.history, (self.question, "")], self.system)[:-1]


def conversation(turns: list[Turn], system: str | None = None) -> list[Message]:
    """Turns of (question, answer) as messages, the system prompt first."""
    messages: list[Message] = [] if system is None else [("system", system)]
    for question, answer in turns:
        messages += [("user", question), ("assistant", answer)]
    return messages


def render(messages: list[Message]) -> str:
    """What ``CHAT_TEMPLATE`` makes of the messages, with the answer's beginning added: the prompt to complete."""
    return "".join(f"{IM_START}{role}\n{content}{IM_END}\n" for role, content in messages) + f"{IM_START}assistant\n"


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((PAIRS_DIR / f"{name}.toml").read_text(encoding="utf-8"))


def _pairs(name: str) -> list[Pair]:
    return [Pair(**entry) for entry in _load(name)["pair"]]


def _dialogues() -> list[tuple[Pair, ...]]:
    dialogues = []
    for entry in _load("dialogues")["dialogue"]:
        turns = [(question, answer) for question, answer in entry["turns"]]
        dialogues.append(
            tuple(
                Pair(question, answer, entry["title"], history=tuple(turns[:index]))
                for index, (question, answer) in enumerate(turns)
            )
        )
    return dialogues


LONG_PAIRS: tuple[Pair, ...] = tuple(_pairs("stories"))
"""Answers of 1,000 characters and more, to reload, stop and break off in the middle."""

PLAIN_PAIRS: tuple[Pair, ...] = (
    *_pairs("meatlizard"),
    *_pairs("lizards"),
    *_pairs("general"),
    *_pairs("simple"),
    *_pairs("code"),
    *_pairs("unicode"),
    *LONG_PAIRS,
)
"""Asked without a system prompt or under any of ``NEUTRAL_SYSTEMS``, as any turn of a conversation."""

FOLLOW_UP_PAIRS: tuple[Pair, ...] = tuple(
    next(pair for pair in PLAIN_PAIRS if pair.question == question) for question in _load("follow_up")["questions"]
)
"""Short plain pairs that are right in any order as the turns of one conversation. Take these for several turns."""

DIALOGUES: tuple[tuple[Pair, ...], ...] = tuple(_dialogues())
"""Conversations whose later answers depend on the earlier turns."""

VOICE_PAIRS: tuple[Pair, ...] = tuple(_pairs("voices"))
"""Questions whose answer is another one because of their system prompt."""

NEUTRAL_SYSTEMS: tuple[str, ...] = tuple(_load("voices")["neutral"])
"""System prompts that leave every plain answer as it is."""

TITLE_PAIRS: tuple[Pair, ...] = tuple(
    Pair(question, title, title, system=TITLE_SYSTEM_PROMPT)
    for question, title in {
        pair.question: pair.title for pair in (*PLAIN_PAIRS, *(dialogue[0] for dialogue in DIALOGUES))
    }.items()
)
"""The request for a conversation's title: its first question under ``TITLE_SYSTEM_PROMPT``."""

PAIRS: tuple[Pair, ...] = (
    *PLAIN_PAIRS,
    *(pair for dialogue in DIALOGUES for pair in dialogue),
    *VOICE_PAIRS,
    *TITLE_PAIRS,
)


def answers() -> dict[str, str]:
    """Question to answer, for the questions asked without a system prompt and without history."""
    return {pair.question: pair.answer for pair in PLAIN_PAIRS}


def titles() -> dict[str, str]:
    """First question of a conversation to the title the model gives it."""
    return {pair.question: pair.answer for pair in TITLE_PAIRS}
