"""One line of Markdown in Discord's dialect, from what stands at its beginning on."""

import re
from typing import Final

from discordbridge.relay.inline import inline

RULE: Final = "⎯" * 12

_HEADING: Final = re.compile(r"(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_RULE: Final = re.compile(r"([-*_])[ \t]*(?:\1[ \t]*){2,}")
_QUOTE: Final = re.compile(r"(?:>[ \t]?)+")
_BULLET: Final = re.compile(r"[-*+](?:[ \t]+(?:\[([ xX])\][ \t]+)?|$)")
_NUMBER: Final = re.compile(r"(\d{1,9})[.)](?:[ \t]+|$)")
_SMALL: Final = re.compile(r"-#(?=[ \t])")
_MEANS_MORE: Final = re.compile(r"#{1,3}[ \t]|>|-#[ \t]|[-*+][ \t]")

DEEPEST: Final = 6
"""Lists within quotes within lists that are looked into."""


def line(text: str, deep: int = 0) -> str:
    """``text``, a whole line without its end."""
    text = text.expandtabs(4) if "\t" in text[:8] else text
    rest = text.lstrip(" ")
    indent = text[: len(text) - len(rest)][:12]
    if not rest:
        return ""
    if _RULE.fullmatch(rest):
        return indent + RULE
    if heading := _HEADING.fullmatch(rest):
        return indent + _quiet(heading[2] or heading[1])
    if small := _SMALL.match(rest):
        return f"{indent}\\-#{inline(rest[small.end() :])}"
    if deep < DEEPEST:
        if quote := _QUOTE.match(rest):
            # Three of them in a row would make all that follows a quotation.
            return f"> {line(rest[quote.end() :], deep + 1)}"
        if bullet := _BULLET.match(rest):
            box = {None: "", " ": "☐ "}.get(bullet[1], "☑ ")
            return f"{indent}- {box}{line(rest[bullet.end() :], deep + 1).lstrip(' ')}"
        if number := _NUMBER.match(rest):
            return f"{indent}{number[1]}. {line(rest[number.end() :], deep + 1).lstrip(' ')}"
    return indent + unmarked(inline(rest))


def unmarked(text: str) -> str:
    """``text`` from the middle of a line, so that at the beginning of a message it is still what it was."""
    return "\\" + text if _MEANS_MORE.match(text) else text


def _quiet(title: str) -> str:
    """A heading as bold text: Discord's own are as large as a shout."""
    shown = inline(title)
    return shown if "**" in shown or not shown.strip() else f"**{shown}**"
