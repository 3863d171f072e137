"""Arithmetic as people write it, worked out exactly: a small grammar of its own, so that nothing else can be said in it.

    sum     = term {("+" | "-") term}
    term    = factor {("*" | "/" | "//" | "mod" | "%" | "of") factor}          "%" before an operand is mod, else per cent
    factor  = ("+" | "-") factor | power
    power   = postfix ["**" factor]                                            to the right: 2 ** 3 ** 2 is 512
    postfix = atom {"!" | "%"}
    atom    = number | constant | function "(" sum {"," sum} ")" | "(" sum ")"

Numbers are fractions, so 0.1 + 0.2 is 0.3. What is irrational is rounded to :data:`DIGITS` digits and marked as not exact. Size of
every number, depth and length are bounded; what would go beyond raises before it is worked out.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from chat.tools.builtin import functions
from chat.tools.builtin.functions import CONSTANTS, FUNCTIONS, Unworkable, Value

MOST_LENGTH = 1_000
MOST_DEPTH = 60
MOST_ARGUMENTS = 100
MOST_SHOWN = 400
DIGITS = 30

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d{1,6})?)|(?P<name>[A-Za-z][A-Za-z0-9]*)"
    r"|(?P<sign>\*\*|//|[-+*/%!(),]))"
)
_SPELLINGS = str.maketrans(
    {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "\0", "²": "\1", "³": "\2", "π": "\3"}
)
_WRITTEN = {"\0": "**", "\1": "**2", "\2": "**3", "\3": "pi"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


END = Token("end", "")


def worked_out(expression: str) -> str:
    """The result as text. Raises Unworkable with a sentence that says what is wrong."""
    return written(value(expression))


def value(expression: str) -> Value:
    """Raises Unworkable."""
    if len(expression) > MOST_LENGTH:
        raise Unworkable(_("At most %(most)s characters can be worked out at once.") % {"most": MOST_LENGTH})
    try:
        return _Parser(expression).whole()
    except ZeroDivisionError:
        raise Unworkable(_("This divides by zero.")) from None
    except (ArithmeticError, ValueError):
        raise Unworkable(_("This has no value that can be worked out.")) from None


def written(found: Value) -> str:
    """Exactly where that is short, else rounded and marked so."""
    number = found.number
    if found.exact and number.denominator == 1:
        text = str(number.numerator)
        if len(text) <= MOST_SHOWN:
            return text
        digits = len(text.lstrip("-"))
        return _("about %(rounded)s (%(digits)s digits)") % {"rounded": _rounded(number), "digits": digits}
    places = _places(number.denominator)
    if found.exact and places is not None and places <= 2 * DIGITS:
        return _decimal(number, places)
    rounded = _("about %(rounded)s") % {"rounded": _rounded(number)}
    ratio = f"{number.numerator}/{number.denominator}"
    return f"{ratio}, {rounded}" if found.exact and len(ratio) <= 2 * DIGITS else rounded


def _places(denominator: int) -> int | None:
    """How many decimal places one over it takes; None: it never ends."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 else None


def _decimal(number: Fraction, places: int) -> str:
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _rounded(number: Fraction) -> str:
    with functions.precisely(DIGITS):
        found = (Decimal(number.numerator) / Decimal(number.denominator)).normalize()
    return f"{found:f}" if -10 <= found.adjusted() <= DIGITS else f"{found:e}"


class _Parser:
    """Works out while it reads: no tree."""

    def __init__(self, expression: str) -> None:
        text = expression.translate(_SPELLINGS)
        for mark, meaning in _WRITTEN.items():
            text = text.replace(mark, meaning)
        self._tokens = [*_tokens(text), END]
        self._place = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def whole(self) -> Value:
        found = self._sum()
        if self._next.text == ",":
            raise Unworkable(_("Write numbers without commas: 1234.5, not 1,234.5."))
        if self._next is not END:
            raise Unworkable(_("“%(text)s” was not expected there.") % {"text": self._next.text})
        return found

    def _take(self, *texts: str) -> str:
        """The next token, if it is one of these."""
        if self._next.kind == "end" or self._next.text not in texts:
            return ""
        return self._advance().text

    def _advance(self) -> Token:
        taken = self._next
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return taken

    def _sum(self) -> Value:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Unworkable(_("This is nested too deeply."))
        found = self._term()
        while sign := self._take("+", "-"):
            other = self._term()
            found = functions.add(found, other if sign == "+" else functions.negative(other))
        self._depth -= 1
        return found

    def _term(self) -> Value:
        found = self._factor()
        while sign := self._take("*", "/", "//", "mod", "%", "of"):
            found = _TERMS[sign](found, self._factor())
        return found

    def _factor(self) -> Value:
        negative = False
        while sign := self._take("+", "-"):
            negative ^= sign == "-"
        found = self._power()
        return functions.negative(found) if negative else found

    def _power(self) -> Value:
        found = self._postfix()
        if not self._take("**"):
            return found
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Unworkable(_("This is nested too deeply."))
        found = functions.power(found, self._factor())
        self._depth -= 1
        return found

    def _postfix(self) -> Value:
        found = self._atom()
        while self._next.text == "!" or (self._next.text == "%" and not self._operand_after()):
            if self._advance().text == "!":
                found = functions.factorial(found)
            else:
                found = functions.divide(found, Value(Fraction(100)))
        return found

    def _operand_after(self) -> bool:
        """Whether the sign that is next stands before an operand."""
        after = self._tokens[self._place + 1]
        return after.kind == "number" or after.text == "(" or (after.kind == "name" and after.text not in _TERMS)

    def _atom(self) -> Value:
        token = self._advance()
        if token.kind == "number":
            return _number(token.text)
        if token.text == "(":
            found = self._sum()
            self._close()
            return found
        if token.kind != "name":
            what = _("the end") if token is END else f"“{token.text}”"
            raise Unworkable(_("A number was expected instead of %(what)s.") % {"what": what})
        name = token.text.lower()
        if self._next.text == "(" and name in FUNCTIONS:
            return self._function(name)
        if name in CONSTANTS:
            return CONSTANTS[name]
        known = ", ".join(sorted([*FUNCTIONS, *CONSTANTS]))
        raise Unworkable(
            _("“%(name)s” is not known. Known are: %(known)s.") % {"name": token.text[:40], "known": known}
        )

    def _function(self, name: str) -> Value:
        self._advance()
        found = [] if self._next.text == ")" else [self._sum()]
        while self._take(","):
            found.append(self._sum())
        self._close()
        least, most, function = FUNCTIONS[name]
        if not least <= len(found) <= min(most, MOST_ARGUMENTS):
            raise Unworkable(_("%(name)s does not take so many numbers.") % {"name": name})
        return function(*found)

    def _close(self) -> None:
        if not self._take(")"):
            raise Unworkable(_("A closing bracket is missing."))


_TERMS = {
    "*": functions.multiply, "of": functions.multiply, "/": functions.divide, "//": functions.whole_quotient,
    "mod": functions.remainder, "%": functions.remainder,
}  # fmt: skip


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise Unworkable(_("“%(text)s” cannot be worked out.") % {"text": text[place:].strip()[:20]})
        place = match.end()
        yield Token(str(match.lastgroup), match[str(match.lastgroup)])


def _number(text: str) -> Value:
    exponent = text.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > functions.MOST_DIGITS:
        raise functions.too_large()
    return functions.fitting(Fraction(text.replace("_", "")))


assert math.log2(10) * functions.MOST_DIGITS < functions.MOST_BITS
