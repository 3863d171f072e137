"""What a message on Discord says, as a question: pure, of facts that the edge has collected."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

QUOTED = 4_000
"""Code points of a message that is asked about."""

_PERSON = re.compile(r"<@!?(\d{15,21})>")
_ROLE = re.compile(r"<@&(\d{15,21})>")
_CHANNEL = re.compile(r"<#(\d{15,21})>")
_EMOJI = re.compile(r"<a?(:\w{1,32}:)\d{15,21}>")
_COMMAND = re.compile(r"</([^:>]{1,100}):\d{15,21}>")
_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
"""Letters buried under marks: no language stacks more than four, and a model reads each of thousands."""

_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Signs that turn the direction of writing: the rest of a line would be shown backwards wherever the text is quoted."""


@dataclass(frozen=True, slots=True)
class Names:
    """How what is only a number in a message is called."""

    people: Mapping[int, str]
    roles: Mapping[int, str]
    channels: Mapping[int, str]


def question(text: str, names: Names, bot: int, about: tuple[str, str] | None = None) -> str:
    """``text`` with names for numbers, without the bot's own. ``about`` is the author and text of a message that is asked about."""
    asked = readable(text, names, bot)
    if about is None:
        return asked
    author, said = about
    said = readable(said, names, bot)[:QUOTED]
    if not said:
        return asked
    quote = "\n".join(f"> {line}" for line in said.splitlines())
    head = gettext("{author} wrote:").format(author=_line(author))
    return "\n\n".join(part for part in (asked, f"{head}\n{quote}") if part)


def readable(text: str, names: Names, bot: int) -> str:
    def person(match: re.Match[str]) -> str:
        key = int(match[1])
        return "" if key == bot else "@" + _line(names.people.get(key, gettext("somebody")))

    text = _PERSON.sub(person, text)
    text = _ROLE.sub(lambda match: "@" + _line(names.roles.get(int(match[1]), gettext("a role"))), text)
    text = _CHANNEL.sub(lambda match: "#" + _line(names.channels.get(int(match[1]), gettext("a channel"))), text)
    text = _EMOJI.sub(r"\1", text)
    text = _COMMAND.sub(r"/\1", text)
    return _TURNS.sub("", _MARKS.sub(r"\1", text)).strip()


def mentions(text: str, bot: int) -> bool:
    """Whether the bot is named in the text itself: an answer to its message names it, too, without the author's doing."""
    return any(int(match[1]) == bot for match in _PERSON.finditer(text))


_CALLED_OFF = re.compile(
    r"(?:please[, ]+)?(?:cancel|stop|abort)(?:[ ]+(?:that|this|it|the|my))?(?:[ ]+(?:last[ ]+)?(?:request|answer|question|reply))?"
    r"(?:[, ]+please)?[ .!]*",
    re.IGNORECASE,
)


def calls_off(text: str) -> bool:
    """Whether a message asks in words that the answer under way be stopped."""
    return len(text) <= 80 and _CALLED_OFF.fullmatch(_PERSON.sub("", text).strip()) is not None


def channel_name(name: str, kind: str = "chat") -> str:
    """Of a private channel: ``kind`` and what of a person's name Discord takes; channels of equal names are no trouble to it."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
    return f"{kind}-{slug}" if slug else kind


def thread_name(text: str) -> str:
    """Of a public thread: how the question begins."""
    line = _line(text)
    return (line[:77].rstrip() + "…" if len(line) > 78 else line) or gettext("Conversation")


def _line(text: str) -> str:
    return " ".join(_TURNS.sub("", "".join(sign if sign.isprintable() else " " for sign in text)).split())[:200]
