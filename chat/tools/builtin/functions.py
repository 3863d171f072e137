"""What the calculator can do with numbers. Each is worked out exactly where that is possible, and never beyond MOST_BITS."""

import decimal
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from meatlizard.errors import Invalid

MOST_BITS = 13_000
"""Of numerator and denominator: what Python still writes as decimal digits without being asked twice."""

MOST_DIGITS = 3_900
MOST_FACTORIAL = 1_300
WORKING_DIGITS = 50


class Unworkable(Invalid):
    """The message says what is wrong with what was to be worked out."""

    default_code = "calculation"


@dataclass(frozen=True, slots=True)
class Value:
    """``exact``: nothing was rounded on the way."""

    number: Fraction
    exact: bool = True


def too_large() -> Unworkable:
    return Unworkable(_("The numbers become too large: at most %(most)s digits.") % {"most": MOST_DIGITS})


def fitting(number: Fraction, exact: bool = True) -> Value:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > MOST_BITS:
        raise too_large()
    return Value(number, exact)


@contextmanager
def precisely(digits: int = WORKING_DIGITS) -> Iterator[None]:
    with decimal.localcontext(decimal.Context(prec=digits, Emax=2 * MOST_DIGITS, Emin=-2 * MOST_DIGITS)):
        yield


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def _rounded(work: Callable[..., Decimal], *values: Value) -> Value:
    """Irrational: worked out in decimals, with digits to spare."""
    with precisely():
        try:
            found = work(*(_decimal(one.number) for one in values))
        except decimal.Overflow:
            raise too_large() from None
        if not found.is_finite():
            raise too_large()
        return fitting(Fraction(found), exact=False)


def _floating(work: Callable[..., float], *values: Value) -> Value:
    """Angles, to the fifteen digits of the machine's own numbers."""
    found = Fraction(f"{work(*(float(one.number) for one in values)):.15g}")
    return Value(found, exact=False)


def add(one: Value, other: Value) -> Value:
    return fitting(one.number + other.number, one.exact and other.exact)


def negative(one: Value) -> Value:
    return Value(-one.number, one.exact)


def multiply(one: Value, other: Value) -> Value:
    return fitting(one.number * other.number, one.exact and other.exact)


def divide(one: Value, other: Value) -> Value:
    return fitting(one.number / other.number, one.exact and other.exact)


def whole_quotient(one: Value, other: Value) -> Value:
    return fitting(Fraction(one.number // other.number), one.exact and other.exact)


def remainder(one: Value, other: Value) -> Value:
    return fitting(one.number % other.number, one.exact and other.exact)


def power(base: Value, exponent: Value) -> Value:
    if exponent.number.denominator == 1:
        times = exponent.number.numerator
        bits = max(base.number.numerator.bit_length(), base.number.denominator.bit_length())
        # Powers of one and nought stay small however often they are multiplied.
        if abs(base.number) not in (0, 1) and (bits - 1) * abs(times) > MOST_BITS:
            raise too_large()
        if abs(base.number) == 1:
            times %= 2
        return fitting(base.number**times, base.exact and exponent.exact)
    if base.number < 0:
        raise Unworkable(_("A negative number has no such power among the real numbers."))
    if exponent.number == Fraction(1, 2):
        return root(base)
    return _rounded(lambda x, y: x**y, base, exponent)


def root(one: Value) -> Value:
    if one.number < 0:
        raise Unworkable(_("A negative number has no root among the real numbers."))
    above, below = math.isqrt(one.number.numerator), math.isqrt(one.number.denominator)
    found = Fraction(above, below)
    return Value(found, one.exact) if found * found == one.number else _rounded(Decimal.sqrt, one)


def cube_root(one: Value) -> Value:
    found = _rounded(lambda x: abs(x) ** (Decimal(1) / 3), one)
    near = Fraction(round(found.number)) * (-1 if one.number < 0 else 1)
    if near**3 == one.number:
        return Value(near, one.exact)
    return negative(found) if one.number < 0 else found


def factorial(one: Value) -> Value:
    return Value(Fraction(math.factorial(_count(one, MOST_FACTORIAL))))


def logarithm(one: Value, base: Value | None = None) -> Value:
    """Of base e, or of ``base``; exact where the number is a whole power of it."""
    if one.number <= 0 or (base is not None and (base.number <= 0 or base.number == 1)):
        raise Unworkable(_("Only positive numbers have logarithms, and the base must not be 1."))
    if base is None:
        return _rounded(Decimal.ln, one) if one.number != 1 else Value(Fraction(0), one.exact)
    found = _rounded(lambda x, y: x.ln() / y.ln(), one, base)
    near = Value(Fraction(round(found.number)))
    bits = max(base.number.numerator.bit_length(), base.number.denominator.bit_length())
    if bits * abs(near.number) <= MOST_BITS + bits and base.number ** int(near.number) == one.number:
        return Value(near.number, one.exact and base.exact)
    return found


def rounded(one: Value, places: Value = Value(Fraction(0))) -> Value:
    """Half away from zero, as people round."""
    count = _whole(places)
    if abs(count) > WORKING_DIGITS:
        raise too_large()
    factor = Fraction(10) ** count
    found = math.floor(abs(one.number) * factor + Fraction(1, 2)) / factor
    return fitting(found if one.number >= 0 else -found, one.exact or count <= WORKING_DIGITS // 2)


def _choose(of: Value, many: Value) -> Value:
    return fitting(Fraction(math.comb(_count(of, MOST_FACTORIAL * 8), _count(many, MOST_FACTORIAL * 8))))


def _arrange(of: Value, many: Value) -> Value:
    return fitting(Fraction(math.perm(_count(of, MOST_FACTORIAL), _count(many, MOST_FACTORIAL))))


def _whole(one: Value) -> int:
    if one.number.denominator != 1:
        raise Unworkable(_("This takes whole numbers only."))
    return one.number.numerator


def _count(one: Value, most: int) -> int:
    if not 0 <= (found := _whole(one)) <= most:
        raise Unworkable(_("This takes whole numbers from 0 to %(most)s.") % {"most": most})
    return found


def _total(*values: Value) -> Value:
    found = Value(Fraction(0))
    for one in values:
        found = add(found, one)
    return found


def _mean(*values: Value) -> Value:
    return divide(_total(*values), Value(Fraction(len(values))))


def _whole_numbers(work: Callable[..., int]) -> Callable[..., Value]:
    return lambda *values: fitting(Fraction(work(*map(_whole, values))), all(one.exact for one in values))


def _largest(*values: Value) -> Value:
    return max(values, key=lambda one: one.number)


def _smallest(*values: Value) -> Value:
    return min(values, key=lambda one: one.number)


def _each(work: Callable[[Fraction], Fraction | int]) -> Callable[[Value], Value]:
    return lambda one: Value(Fraction(work(one.number)), one.exact)


def _angle(work: Callable[[float], float]) -> Callable[[Value], Value]:
    return lambda one: _floating(work, one)


_ANY = 10**9
TEN, TWO = Value(Fraction(10)), Value(Fraction(2))

FUNCTIONS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "sqrt": (1, 1, root), "cbrt": (1, 1, cube_root), "abs": (1, 1, _each(abs)), "round": (1, 2, rounded),
    "floor": (1, 1, _each(math.floor)), "ceil": (1, 1, _each(math.ceil)), "trunc": (1, 1, _each(math.trunc)),
    "exp": (1, 1, lambda one: _rounded(Decimal.exp, one)), "ln": (1, 1, logarithm),
    "log": (1, 2, lambda one, base=TEN: logarithm(one, base)), "log10": (1, 1, lambda one: logarithm(one, TEN)),
    "log2": (1, 1, lambda one: logarithm(one, TWO)), "sin": (1, 1, _angle(math.sin)), "cos": (1, 1, _angle(math.cos)),
    "tan": (1, 1, _angle(math.tan)), "asin": (1, 1, _angle(math.asin)), "acos": (1, 1, _angle(math.acos)),
    "atan": (1, 1, _angle(math.atan)), "degrees": (1, 1, _angle(math.degrees)), "radians": (1, 1, _angle(math.radians)),
    "factorial": (1, 1, factorial), "comb": (2, 2, _choose), "perm": (2, 2, _arrange),
    "gcd": (1, _ANY, _whole_numbers(math.gcd)), "lcm": (1, _ANY, _whole_numbers(math.lcm)),
    "min": (1, _ANY, _smallest), "max": (1, _ANY, _largest), "sum": (1, _ANY, _total), "mean": (1, _ANY, _mean),
}  # fmt: skip
"""Least and most arguments, and what is done with them."""

_PI = Fraction("3.14159265358979323846264338327950288419716939937510582097494459")
_E = Fraction("2.71828182845904523536028747135266249775724709369995957496696763")

CONSTANTS = {"pi": Value(_PI, False), "tau": Value(2 * _PI, False), "e": Value(_E, False)}
