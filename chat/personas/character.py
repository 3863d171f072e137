"""What a character is made of, whatever door it came in by. Pure: no database, no files."""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from chat.models import PersonaVersion
from chat.models.personas import NAME
from chat.personas.writable import UNWRITABLE
from inference_client.protocol.vocabulary import Sampling
from meatlizard.errors import Invalid

MAX_TEXT = 60_000
"""Characters of one text."""

MAX_READ = 80_000
"""Characters of all that a model reads of it; its lorebooks have budgets of their own."""

MAX_ALTERNATIVES = 100
MAX_GREETINGS = 400_000
"""Characters of all first messages together."""

MAX_TAGS = 50
MAX_TAG = 60
MAX_BOOK = 1_000_000
"""Characters of a lorebook, as JSON."""

MAX_BOOKS = 10
"""Lorebooks beside its own."""

SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens", "thinking")

READ = ("description", "personality", "scenario", "examples", "system_prompt", "post_history")
TEXTS = (*READ, "first_message", "creator_notes")
LINES = ("name", "nickname", "creator", "character_version", "model")


@dataclass(frozen=True, slots=True)
class Character:
    """As :class:`chat.models.PersonaVersion`, without what makes that a row."""

    name: str
    nickname: str = ""
    description: str = ""
    personality: str = ""
    scenario: str = ""
    first_message: str = ""
    alternatives: tuple[str, ...] = ()
    examples: str = ""
    system_prompt: str = ""
    post_history: str = ""
    creator_notes: str = ""
    creator: str = ""
    character_version: str = ""
    tags: tuple[str, ...] = ()
    model: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)
    book: dict[str, Any] | None = None
    books: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def greetings(self) -> tuple[str, ...]:
        """The first message and its alternatives, without empty ones."""
        return tuple(text for text in (self.first_message, *self.alternatives) if text.strip())


FIELDS = tuple(one.name for one in dataclasses.fields(Character))
LISTS = ("alternatives", "tags", "books")


def of(version: PersonaVersion) -> Character:
    values = {name: getattr(version, name) for name in FIELDS}
    return Character(**{**values, **{name: tuple(values[name]) for name in LISTS}})


def columns(character: Character) -> dict[str, Any]:
    """The fields of a row."""
    values = {name: getattr(character, name) for name in FIELDS}
    return {**values, **{name: list(values[name]) for name in LISTS}}


def line(text: str) -> str:
    """A text of one line: without controls and superfluous blanks."""
    return " ".join(UNWRITABLE.sub("", text).split())


def text(value: str) -> str:
    """A text of many lines, in the way this site ends them."""
    return UNWRITABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def tag(value: str) -> str:
    return line(value)[:MAX_TAG].strip()


def checked(character: Character) -> Character:
    """The same, cleaned. Raises Invalid in words for what is missing, too long or not a number that models take."""
    texts: dict[str, Any] = {name: line(getattr(character, name)) for name in LINES}
    texts |= {name: text(getattr(character, name)) for name in TEXTS}
    cleaned = dataclasses.replace(
        character,
        **texts,
        alternatives=tuple(filter(str.strip, map(text, character.alternatives))),
        tags=tuple(dict.fromkeys(filter(None, map(tag, character.tags)))),
        sampling=checked_sampling(character.sampling),
    )
    if not cleaned.name:
        raise Invalid(_("A persona needs a name."), code="name_empty")
    for name in LINES:
        if len(getattr(cleaned, name)) > NAME:
            raise Invalid(
                _("%(field)s has at most %(most)s characters.") % {"field": words(name), "most": NAME}, code="too_long"
            )
    _check_lengths(cleaned)
    check_book(cleaned.book)
    return cleaned


def check_book(book: dict[str, Any] | None) -> None:
    """Raises Invalid for a lorebook that is too long."""
    if book and len(json.dumps(book)) > MAX_BOOK:
        said = {"most": f"{MAX_BOOK:,}"}
        raise Invalid(_("A lorebook has at most %(most)s characters.") % said, code="book_too_long")


def _check_lengths(character: Character) -> None:
    texts = {name: getattr(character, name) for name in TEXTS}
    texts |= {f"alternatives {at}": one for at, one in enumerate(character.alternatives, 1)}
    for name, value in texts.items():
        if len(value) > MAX_TEXT:
            said = {"field": words(name.split()[0]), "most": f"{MAX_TEXT:,}", "count": f"{len(value):,}"}
            raise Invalid(
                _("%(field)s has at most %(most)s characters; this one has %(count)s.") % said, code="too_long"
            )
    read = sum(len(getattr(character, name)) for name in READ)
    if read > MAX_READ:
        said = {"most": f"{MAX_READ:,}", "count": f"{read:,}"}
        raise Invalid(
            _("A model reads at most %(most)s characters of a persona; these are %(count)s. Move some into a lorebook.")
            % said,
            code="too_long",
        )
    greetings = len(character.first_message) + sum(map(len, character.alternatives))
    if greetings > MAX_GREETINGS:
        said = {"most": f"{MAX_GREETINGS:,}", "count": f"{greetings:,}"}
        raise Invalid(
            _("All first messages have at most %(most)s characters; these have %(count)s.") % said, code="too_long"
        )
    for count, most, what in (
        (len(character.alternatives), MAX_ALTERNATIVES, _("alternative first messages")),
        (len(character.tags), MAX_TAGS, _("tags")),
        (len(character.books), MAX_BOOKS, _("lorebooks")),
    ):
        if count > most:
            said = {"most": str(most), "what": what, "count": str(count)}
            raise Invalid(_("A persona has at most %(most)s %(what)s; these are %(count)s.") % said, code="too_many")


def checked_sampling(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is not set. Raises Invalid for an unknown name and a value that models do not take."""
    given = {name: value for name, value in values.items() if value not in (None, "")}
    for name in given:
        if name not in SAMPLING:
            raise Invalid(_("“%(name)s” is not a setting of a persona.") % {"name": name[:40]}, code="sampling_unknown")
    try:
        Sampling.model_validate(given)
    except ValidationError as error:
        name = str(error.errors(include_url=False)[0]["loc"][0])
        raise Invalid(
            _("%(field)s is out of its range.") % {"field": words(name)}, code="sampling_out_of_range"
        ) from None
    return given


def words(name: str) -> str:
    """What people call a field."""
    return {
        "name": _("Name"),
        "nickname": _("Name in conversations"),
        "description": _("Description"),
        "personality": _("Personality"),
        "scenario": _("Scenario"),
        "first_message": _("First message"),
        "alternatives": _("Alternative first message"),
        "examples": _("Example dialogue"),
        "system_prompt": _("System prompt"),
        "post_history": _("Instructions after the conversation"),
        "creator_notes": _("Creator's notes"),
        "creator": _("Creator"),
        "character_version": _("Version given by the creator"),
        "tags": _("Tags"),
        "model": _("Preferred model"),
        "sampling": _("Sampling"),
        "book": _("Lorebook"),
        "books": _("Other lorebooks"),
        "temperature": _("Temperature"),
        "top_p": _("Top P"),
        "top_k": _("Top K"),
        "min_p": _("Min P"),
        "repeat_penalty": _("Repeat penalty"),
        "max_tokens": _("Longest answer"),
        "thinking": _("Thinking"),
        "avatar": _("Avatar"),
        "extra": _("Other things from a card"),
    }.get(name, name)


def without_books(character: Character) -> Character:
    """Its own lorebook stays; those that belong to somebody do not."""
    return dataclasses.replace(character, books=())
