"""Parts of a text, counted in code points."""

from collections.abc import Iterable

Span = tuple[int, int]

BAR = "\u2588"
"""Stands for one masked character, so that every offset stays what it was."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order and apart from each other."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def masked(text: str, spans: Iterable[Span]) -> str:
    """As many characters as before. Blanks and line ends stay, or paragraphs would run together."""
    parts = []
    at = 0
    for start, end in merged(spans):
        parts.append(text[at:start])
        parts.append("".join(one if one.isspace() else BAR for one in text[start:end]))
        at = end
    return "".join([*parts, text[at:]])


def without(spans: Iterable[Span], allowed: list[Span]) -> list[Span]:
    """Those that do not lie whole within one of ``allowed``."""
    return [(a, b) for a, b in spans if not any(start <= a and b <= end for start, end in allowed)]


def excerpt(text: str, spans: Iterable[Span], most: int = 500) -> str:
    """What the spans cover, apart by an ellipsis."""
    return " … ".join(text[start:end] for start, end in merged(spans))[:most]
