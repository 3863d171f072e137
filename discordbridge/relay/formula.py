"""TeX as one line that can be read where no formulas are set: ``\\frac{a}{b}`` as ``a/b``, ``x^2`` as ``x²``."""

import re
from typing import Final

from discordbridge.relay.symbols import ACCENTS, BLACKBOARD, FUNCTIONS, LOWERED, NOTHING, PLAIN, RAISED, SIGNS, SPACES

LONGEST: Final = 600
"""Code points of a formula that are worked on; a longer one says more as TeX."""

DEEPEST: Final = 8

_TOKEN: Final = re.compile(r"\\([A-Za-z]+)\s*|\\(.)|([{}^_])|(\s+)|([^\\{}^_\s])", re.DOTALL)
_SIMPLE: Final = re.compile(r"[\w.′]+|\([^()]*\)|√\([^()]*\)")


class Unreadable(Exception):
    """There is something in it that a line of text cannot say."""


def readable(tex: str) -> str | None:
    """``tex`` as text of one line; None where it says more as it is written."""
    if len(tex) > LONGEST:
        return None
    try:
        return re.sub(r" {2,}", " ", _Reader(tex).all()).strip() or None
    except Unreadable:
        return None


class _Reader:
    """Reads tokens from left to right; a group in braces is one thing."""

    def __init__(self, tex: str) -> None:
        self._tokens = list(_TOKEN.finditer(tex))
        self._at = 0
        self._depth = 0

    def all(self) -> str:
        text = self._until_closed()
        if self._at < len(self._tokens):
            raise Unreadable
        return text

    def _until_closed(self) -> str:
        written: list[str] = []
        while self._at < len(self._tokens) and self._tokens[self._at][0] != "}":
            written.append(self._one())
        return "".join(written)

    def _one(self) -> str:
        """The next thing: a sign, a group, or a command with what belongs to it."""
        if self._at >= len(self._tokens):
            raise Unreadable
        token = self._tokens[self._at]
        self._at += 1
        command, escaped, special, space, sign = token.groups()
        if command:
            return self._command(command) + (
                " " if token[0][-1:].isspace() and (command in SIGNS or command in FUNCTIONS) else ""
            )
        if escaped:
            return SPACES.get(escaped, escaped)
        if special == "{":
            return self._group()
        if special in ("^", "_"):
            return self._script(special)
        if special:
            raise Unreadable
        return " " if space else "′" if sign == "'" else sign.replace("~", " ").replace("&", " ")

    def _group(self) -> str:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable
        text = self._until_closed()
        if self._at >= len(self._tokens):
            raise Unreadable
        self._at += 1
        self._depth -= 1
        return text

    def _argument(self) -> str:
        while self._at < len(self._tokens) and self._tokens[self._at][4]:
            self._at += 1
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable
        text = self._one()
        self._depth -= 1
        return text

    def _command(self, name: str) -> str:
        if name in SIGNS:
            return SIGNS[name]
        if name in FUNCTIONS:
            return name
        if name in NOTHING:
            return ""
        if name in SPACES:
            return SPACES[name]
        if name in PLAIN:
            return self._argument()
        if name in ("frac", "dfrac", "tfrac"):
            return f"{_closed(self._argument())}/{_closed(self._argument())}"
        if name == "binom":
            return f"C({self._argument()}, {self._argument()})"
        if name == "sqrt":
            return self._root()
        if name in ACCENTS and len(argument := self._argument()) == 1:
            return argument + ACCENTS[name]
        if name == "mathbb":
            return "".join(BLACKBOARD.get(letter, letter) for letter in self._argument())
        if name in ("mathcal", "boxed"):
            return self._argument()
        raise Unreadable

    def _root(self) -> str:
        degree = ""
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "[":
            self._at += 1
            while self._at < len(self._tokens) and self._tokens[self._at][0] != "]":
                degree += self._one()
            self._at += 1
        sign = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(degree) or f"{_script(degree, RAISED, '^')}√"
        return f"{sign}({self._argument()})"

    def _script(self, which: str) -> str:
        return _script(self._argument(), RAISED if which == "^" else LOWERED, which)


def _script(text: str, letters: dict[str, str], sign: str) -> str:
    text = text.strip()
    if text == "∘" and sign == "^":
        return "°"
    if text and all(letter in letters for letter in text):
        return "".join(letters[letter] for letter in text)
    whole = len(text) == 1 or re.fullmatch(r"\([^()]*\)", text)
    return f"{sign}{text}" if whole else f"{sign}({text})"


def _closed(text: str) -> str:
    """In brackets, unless it is one thing anyway."""
    return text if _SIMPLE.fullmatch(text) else f"({text})"
