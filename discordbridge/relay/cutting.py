"""Where a line may be cut that is too long: at a blank, and not within code, a link, an address or emphasis if there is a way."""

import re
from dataclasses import dataclass, field
from typing import Final

from discordbridge.relay.units import fit, units

_ATOM: Final = re.compile(
    r"(?P<ticks>`+)(?:(?!(?P=ticks)).)*?(?P=ticks)(?!`)"
    r"|!?\[(?:[^\[\]\\]|\\.)*\]\((?:<[^<>]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)[^()]*\)(?: \([^\s()]+\))?"
    r"|<[^\s<>]+>|https?://[^\s<>]+|\\.|\$[^$\n]{1,200}\$"
    r"|(?P<marks>\*{1,3}|__?|~~|\|\|)|(?P<open>[\[`<])|(?P<blank>\s+)|[^\s\\`*_~|\[<!hH$]+|.",
    re.DOTALL,
)


@dataclass(slots=True)
class _Cuts:
    """Ends of heads that may be cut off: the last of each kind that was met, and the emphasis that is open there."""

    neutral: int = 0
    blank: int = 0
    atom: int = 0
    open: list[str] = field(default_factory=list)
    open_at_blank: tuple[str, ...] = ()
    open_at_atom: tuple[str, ...] = ()


def neutral_cut(text: str, least: int) -> int:
    """How much of ``text`` makes a head after which nothing is open, at a blank, no shorter than ``least`` if there is a way; else the
    best of what there is. At least one code point."""
    found = _cuts(text, len(text))
    for cut in (found.neutral, found.blank, found.atom):
        if cut >= least:
            return cut
    return found.neutral or found.blank or found.atom or len(text)


def cut(text: str, room: int) -> tuple[str, str]:
    """``text`` in a head of at most ``room`` units and the rest. Emphasis that is open at the cut ends in the head and begins again in
    the rest. ``room`` is 40 at least."""
    if units(text) <= room:
        return text, ""
    most = fit(text, room)
    found = _cuts(text, most)
    if found.neutral >= most // 2:
        return text[: found.neutral], text[found.neutral :]
    # What is open is written at both sides, and takes its own room.
    found = _cuts(text, fit(text, room - 12))
    if found.blank >= most // 3:
        return _cut_at(text, found.blank, found.open_at_blank)
    if found.neutral:
        return text[: found.neutral], text[found.neutral :]
    if found.atom >= most // 3:
        return _cut_at(text, found.atom, found.open_at_atom)
    return _within_atom(text, room)


def _within_atom(text: str, room: int) -> tuple[str, str]:
    """A head of one thing that is longer than a message: code stays code at both sides, the rest is cut where it must."""
    ticks = re.match(r"(`+)[^`]", text)
    if ticks and text.find(ticks[1], len(ticks[1])) > 0:
        end = fit(text, room - len(ticks[1]))
        if text.find(ticks[1], len(ticks[1])) >= end:
            return text[:end] + ticks[1], ticks[1] + text[end:]
    end = fit(text, room)
    # A backslash stays with what it is for, and what was put apart stays apart.
    while end > 1 and text[end - 1] in "\\@<`\u200b":
        end -= 1
    return text[:end], text[end:]


def _cut_at(text: str, index: int, open_marks: tuple[str, ...]) -> tuple[str, str]:
    head = text[:index].rstrip()
    blanks = text[len(head) : index]
    return head + "".join(reversed(open_marks)) + blanks, "".join(open_marks) + text[index:]


def _cuts(text: str, most: int) -> _Cuts:
    found = _Cuts()
    position, opened = 0, False
    while position < len(text):
        atom = _ATOM.match(text, position)
        assert atom is not None
        if atom.end() > most:
            break
        if atom["marks"]:
            _mark(found.open, atom["marks"], text, atom.start(), atom.end())
        opened = opened or atom["open"] is not None
        position = atom.end()
        if atom["blank"]:
            if not found.open and not opened:
                found.neutral = position
            found.blank, found.open_at_blank = position, tuple(found.open)
        found.atom, found.open_at_atom = position, tuple(found.open)
    return found


def _mark(open_marks: list[str], mark: str, text: str, start: int, end: int) -> None:
    """Emphasis begins before what is no blank and ends after it; anything else is a sign like others."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if open_marks and open_marks[-1] == mark and before and not before.isspace():
        open_marks.pop()
    elif after and not after.isspace() and len(open_marks) < 3 and not (mark.startswith("_") and before.isalnum()):
        open_marks.append(mark)
