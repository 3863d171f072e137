"""Keys and passwords that somebody is about to publish with a text. Shapes that are given out by their makers, and nothing vaguer: who
is warned too often reads no warning."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

MOST = 20
"""That are told of in one file."""


@dataclass(frozen=True, slots=True)
class Leak:
    """``shown``: its first characters, as much as tells which one it is."""

    what: str
    line: int
    shown: str


# Each begins with letters that hardly any text has, so that the search is quick; every repetition is bounded.
_SHAPES: Final = [
    (_("a private key"), re.compile(r"-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")),
    (_("a private key of age"), re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b")),
    (_("a key of AWS"), re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    (_("a token of GitHub"), re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,90})\b")),
    (_("a token of GitLab"), re.compile(r"\bglpat-[A-Za-z0-9_-]{20}\b")),
    (_("a token of Slack"), re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,80}")),
    (_("a key of Stripe"), re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,100}\b")),
    (_("a key of Google"), re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    (_("a key of OpenAI or Anthropic"), re.compile(r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,200}\b")),
    (_("a token of Hugging Face"), re.compile(r"\bhf_[A-Za-z0-9]{34}\b")),
    (_("a token of npm"), re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    (_("a token of PyPI"), re.compile(r"\bpypi-AgEI[A-Za-z0-9_-]{50,300}")),
    (_("a token of a Discord bot"), re.compile(r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}\b")),
    (_("a key of SendGrid"), re.compile(r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b")),
    (_("a token of Telegram"), re.compile(r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b")),
    (_("a signed token (JWT)"), re.compile(r"\beyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{20,700}")),
    (_("an address with a password in it"), re.compile(r"\b[a-z][a-z0-9+]{1,15}://[^\s:@/'\"<>]{1,80}:[^\s:@/'\"<>$\{]{3,80}@[\w.-]{3,100}")),
    (_("a password"), re.compile(
        r"(?i)\b(?:api_?key|secret(?:_?key)?|access_?token|passw(?:or)?d)\b['\"]?\s{0,3}[:=]{1,2}\s{0,3}['\"]([^\s'\"$<{]{12,200})['\"]"
    )),
]  # fmt: skip


def find(text: str) -> list[Leak]:
    """In the order of their lines."""
    found = sorted(_found(text), key=lambda pair: pair[0])
    leaks: list[Leak] = []
    taken = -1
    for start, end, what in found:
        if start < taken:
            continue
        taken = end
        shown = text[start : start + 12].partition("\n")[0]
        leaks.append(Leak(what, text.count("\n", 0, start) + 1, f"{shown}…"))
        if len(leaks) == MOST:
            break
    return leaks


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    for what, shape in _SHAPES:
        for number, match in enumerate(shape.finditer(text)):
            if number == MOST:
                break
            yield match.start(), match.end(), str(what)
