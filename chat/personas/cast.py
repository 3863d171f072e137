"""Who speaks in a conversation, as a model reads it: the role, what is told of the world, and what is said to it at the end. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chat.personas.character import Character
from chat.personas.lorebook import CHARACTERS_A_TOKEN, Book, Entry, Work, chosen
from chat.personas.macros import expanded
from chat.prompting.layers import Layer, Source, text_version
from inference_client.protocol.vocabulary import ChatMessage

USER = "User"
"""What a persona calls somebody who has given no name. Not the name of the account: a node never learns who asked."""

ROLE = "You are {{char}}. Write what {{char}} says and does next in a conversation with {{user}}, and never speak for {{user}}."

MAX_LORE = 10_000
"""Tokens of all books together."""

MAX_AT_DEPTH = 20_000
"""Characters of entries that stand among the messages."""

NOTHING: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """What one answer's model reads beside the conversation. ``layers`` are of its system prompt, ``asides`` stand so many messages
    before the end, ``last`` at the end.
    """

    layers: tuple[Layer, ...] = ()
    asides: tuple[tuple[int, ChatMessage], ...] = ()
    last: str = ""

    def directed(self, messages: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
        """``messages`` with what is said among them and after them. The system prompt stays first."""
        read = list(messages)
        first = 1 if read and read[0].role == "system" else 0
        # Counted from an end that does not move: the deepest last.
        for depth, aside in sorted(self.asides, key=lambda one: one[0]):
            read.insert(max(first, len(messages) - depth) if depth else len(messages), aside)
        if self.last:
            read.append(ChatMessage(role="system", content=self.last))
        return tuple(read)


@dataclass(frozen=True, slots=True)
class Cast:
    """``character`` None: nobody but the model itself speaks, with ``books`` at hand."""

    character: Character | None = None
    version: str = ""
    called: str = ""
    books: tuple[Book, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    def expanded(self, text: str) -> str:
        return expanded(text, self.names)

    def script(self, said: Sequence[str], original: str = "") -> Script:
        """``said``: the texts of the conversation, the oldest first. ``original``: what a model reads as its role where no persona
        speaks.
        """
        entries = self._entries(said)
        steady = (
            tuple(entry for entry in entries if entry.constant and entry.depth is None) if self.character else NOTHING
        )
        moving = [entry for entry in entries if entry.depth is None and entry not in steady]
        moving.sort(key=lambda entry: entry.place == "after")
        role = [self._role(self.character, steady, original)] if self.character else []
        return Script(
            layers=(*role, *self._lore(moving)),
            asides=self._asides([entry for entry in entries if entry.depth is not None]),
            last=self._last(),
        )

    def _entries(self, said: Sequence[str]) -> list[Entry]:
        found: list[Entry] = []
        room, work = MAX_LORE * CHARACTERS_A_TOKEN, Work()
        for book in self.books:
            for entry in chosen(book, said, self.expanded, work).entries:
                room -= len(self.expanded(entry.content))
                if room < 0:
                    return found
                found.append(entry)
        return found

    def _role(self, who: Character, steady: Sequence[Entry], original: str) -> Layer:
        """What does not change from turn to turn, so that engines need not read it again."""
        prompt = expanded(who.system_prompt or ROLE, {**self.names, "original": original})
        parts = [
            prompt,
            *self._contents(steady, "before"),
            self.expanded(who.description),
            self._under("Personality of {{char}}:", who.personality),
            self._under("Scenario:", who.scenario),
            *self._contents(steady, "after"),
            self._under("Examples of how {{char}} speaks:", who.examples),
        ]
        text = "\n\n".join(part.strip() for part in parts if part.strip())
        return Layer("role", text, "persona", self.version)

    def _contents(self, entries: Sequence[Entry], place: str) -> list[str]:
        return [self.expanded(entry.content) for entry in entries if entry.place == place]

    def _under(self, head: str, text: str) -> str:
        return self.expanded(f"{head}\n{text.strip()}") if text.strip() else ""

    def _lore(self, entries: Sequence[Entry]) -> list[Layer]:
        text = "\n\n".join(self.expanded(entry.content).strip() for entry in entries)
        source: Source = "persona" if self.character else "conversation"
        return [Layer("lore", text, source, text_version(text))] if text else []

    def _asides(self, entries: Sequence[Entry]) -> tuple[tuple[int, ChatMessage], ...]:
        found, room = [], MAX_AT_DEPTH
        for entry in entries:
            text = self.expanded(entry.content).strip()
            room -= len(text)
            if room < 0:
                break
            found.append((entry.depth or 0, ChatMessage(role=entry.role, content=text)))
        return tuple(found)

    def _last(self) -> str:
        # There are no instructions of the site's own at this place.
        values = {**self.names, "original": ""}
        return expanded(self.character.post_history, values).strip() if self.character else ""


def cast(character: Character | None, version: str, called: str, books: Sequence[Book]) -> Cast:
    """``called``: what the character calls the person."""
    names = {"user": called or USER}
    if character is not None:
        names["char"] = character.nickname or character.name
    return Cast(character, version, called, tuple(books), names)
