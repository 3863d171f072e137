"""What stands within a line, in Discord's Markdown: code, links with their true hosts, formulas, and nothing that means more there."""

import re
from typing import Final
from urllib.parse import urlsplit

from discordbridge.relay.formula import readable
from discordbridge.relay.mentions import APART, defused
from meatlizard.markup.math import formula_at

_LABEL = r"((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)"
_TARGET = r"(<[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)"
_LINK: Final = re.compile(rf"!?\[{_LABEL}\]\(\s*{_TARGET}(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)")
_ADDRESS: Final = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_POINTED: Final = re.compile(r"<(?:https?://|mailto:)[^\s<>]+>", re.IGNORECASE)
_TICKS: Final = re.compile(r"`+")
_STRONG: Final = re.compile(r"__(?=[^\s_])((?:(?!__|\*\*).)+?)(?<=[^\s_])__(?!\w)")
_TRAILING: Final = ".,;:!?'\"*_~|"
_LOOKS_LIKE_ADDRESS: Final = re.compile(r"://|(?:^|[\s@])(?:[\w-]+\.)+[a-z]{2,}(?=$|[\s/:?#])", re.IGNORECASE)
_NO_HOST: Final = re.compile(r"[\s<>()\\|*`]")
_SPECIAL: Final = re.compile(r"[\\`$!\[<h_|~]", re.IGNORECASE)
_MARKUP: Final = re.compile(r"([\\*_~|`>#\[\]])")


def inline(text: str) -> str:
    """A line of Markdown, without what stands at its beginning, as Discord shows it."""
    written: list[str] = []
    position = plain = 0
    while found := _SPECIAL.search(text, position):
        position = found.start()
        taken = _one(text, position)
        if taken is None:
            position += 1
            continue
        shown, end = taken
        written += (defused(text[plain:position]), shown)
        position = plain = end
    written.append(defused(text[plain:]))
    return "".join(written)


def escaped(text: str) -> str:
    """``text`` as itself, whatever signs it holds."""
    return defused(_MARKUP.sub(r"\\\1", text))


def code(text: str) -> str:
    """``text`` as code within a line."""
    # Discord ends such code at the next ticks of their number, and knows one and two only.
    text = re.sub(r"`(?=`)", "`" + APART, text.replace("\n", " "))
    if "`" not in text:
        return f"`{text}`"
    return f"``{' ' if text.startswith('`') else ''}{text}{' ' if text.endswith('`') else ''}``"


def _one(text: str, at: int) -> tuple[str, int] | None:
    """What begins at ``at`` if it needs another form, and where it ends."""
    first = text[at]
    if first in "\\$":
        if formula := formula_at(text, at):
            shown = readable(formula[1].strip())
            return (code(formula[1].strip()) if shown is None else escaped(shown)), formula.end()
        return (text[at : at + 2], at + 2) if first == "\\" and len(text) > at + 1 else None
    if first == "`":
        return _code_at(text, at)
    if first in "![":
        return _link_at(text, at)
    if first == "<":
        pointed = _POINTED.match(text, at)
        return (pointed[0], pointed.end()) if pointed else None
    if first in "hH":
        return _address_at(text, at)
    if first == "|" and text.startswith("||", at):
        return r"\|\|", at + 2
    if first == "_" and text.startswith("__", at):
        return _underlined_at(text, at)
    return None


def _code_at(text: str, at: int) -> tuple[str, int]:
    opening = _TICKS.match(text, at)
    assert opening is not None
    for closing in _TICKS.finditer(text, opening.end()):
        if len(closing[0]) == len(opening[0]):
            inside = text[opening.end() : closing.start()]
            if inside.startswith(" ") and inside.endswith(" ") and inside.strip():
                inside = inside[1:-1]
            return code(inside), closing.end()
    # Never closed, so no code: three would begin a block at Discord that takes in all that follows.
    return r"\`" * len(opening[0]), opening.end()


def _underlined_at(text: str, at: int) -> tuple[str, int]:
    """Two of them mean bold in Markdown and underlined at Discord."""
    end = at
    while end < len(text) and text[end] == "_":
        end += 1
    strong = _STRONG.match(text, at)
    within_word = at > 0 and text[at - 1].isalnum()
    if strong is None or within_word or end - at > 2:
        return r"\_" * (end - at), end
    return f"**{inline(strong[1])}**", strong.end()


def _address_at(text: str, at: int) -> tuple[str, int] | None:
    """A bare address, whose signs are no markup."""
    found = _ADDRESS.match(text, at)
    if found is None or (at > 0 and text[at - 1].isalnum()):
        return None
    address = found[0].rstrip(_TRAILING)
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(_TRAILING)
    return (address, at + len(address)) if host_of(address) else None


def _link_at(text: str, at: int) -> tuple[str, int] | None:
    found = _LINK.match(text, at)
    if found is None:
        return None
    label, target = " ".join(found[1].split()), found[2].strip("<>").strip()
    host = host_of(target)
    if host is None:
        place = f" ({code(target)})" if target else ""
        return inline(label) + place, found.end()
    if not label or label == target:
        return f"<{target}>", found.end()
    if _LOOKS_LIKE_ADDRESS.search(label):
        # Who reads an address presses it in good faith, so it is not to be pressed, and the true one stands beside it.
        return f"{code(label)} (<{target}>)", found.end()
    return f"[{_in_label(label)}](<{target}>) ({host})", found.end()


def _in_label(label: str) -> str:
    """Within brackets there is no other link, and nothing that ends them."""
    shown = re.sub(r"!?\[([^\[\]]*)\](?:\([^()]*\))?", r"\1", label)
    return inline(re.sub(r"(?<!\\)([\[\]])", r"\\\1", shown))


def host_of(address: str) -> str | None:
    """Where an address leads to, as the network knows it; None for what leads to no web page."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.scheme.lower() not in ("http", "https") or not host or _NO_HOST.search(parts.netloc):
            return None
        return host if host.isascii() else host.encode("idna").decode()
    except (UnicodeError, ValueError):
        return None
