"""The calculator's arithmetic: right, exact, and bounded."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.tools.builtin.arithmetic import MOST_LENGTH, value, worked_out
from chat.tools.builtin.functions import Unworkable


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("2 + 3 * 4", "14"), ("(2 + 3) * 4", "20"), ("-2 ** 2", "-4"), ("2 ** 3 ** 2", "512"), ("2 ** -2", "0.25"),
        ("0.1 + 0.2", "0.3"), ("1234.5 * 12 / 8", "1851.75"), ("10 / 4", "2.5"), ("7 // 2", "3"), ("-7 // 2", "-4"),
        ("7 % 3", "1"), ("7 mod 3", "1"), ("15% of 80", "12"), ("200 * 15%", "30"), ("10% - 0.1", "0"), ("50% mod 3", "0.5"),
        ("1_000_000 + 1", "1000001"), ("1e3 + .5", "1000.5"), ("5!", "120"), ("3!!", "720"), ("-3!", "-6"),
        ("2 × 3 ÷ 4 − 1", "0.5"), ("3² + 2^3", "17"), ("sqrt(16) + sqrt(1/4)", "4.5"), ("4 ** 0.5", "2"), ("cbrt(-27)", "-3"),
        ("round(2.5)", "3"), ("round(-2.5)", "-3"), ("round(3.14159, 2)", "3.14"), ("round(pi, 4)", "3.1416"),
        ("floor(-1.5) + ceil(1.2) + trunc(-1.9)", "-1"), ("max(1, 2.5, -3) + min(4, 3)", "5.5"), ("gcd(12, 18) + lcm(4, 6)", "18"),
        ("comb(5, 2) + perm(5, 2)", "30"), ("sum(1, 2, 3) + mean(1, 2)", "7.5"), ("log10(1000)", "3"), ("log(8, 2)", "3"),
        ("log2(1/8)", "-3"), ("ln(1)", "0"), ("1/3 + 2/3", "1"), ("0 ** 0", "1"), ("(-1) ** 1e9", "1"), ("1 ** 1e300", "1"),
        ("0.1 ** 20", "0.00000000000000000001"), ("+-+5", "-5"), ("ABS(-2)", "2"),
    ],
)  # fmt: skip
def test_it_is_right(expression: str, result: str) -> None:
    assert worked_out(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 / 3", "1/3, about 0.333333333333333333333333333333"),
        ("2 ** 0.5", "about 1.41421356237309504880168872421"),
        ("sin(pi / 6)", "about 0.5"),
        ("cos(0)", "about 1"),
        ("ln(10)", "about 2.30258509299404568401799145468"),
        ("10 ** 300 / 7 * 7 + 1/3", None),
        ("500!", "about 1.22013682599111006870123878542e+1134 (1135 digits)"),
    ],
)
def test_what_is_rounded_says_so(expression: str, result: str | None) -> None:
    found = worked_out(expression)
    assert "about" in found
    assert result is None or found == result


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("1 / 0", "divides by zero"), ("5 % 0", "divides by zero"), ("0 ** -1", "divides by zero"), ("1,234 + 1", "without commas"),
        ("", "the end"), ("2 +", "the end"), ("(2", "bracket"), ("2 3", "not expected"), ("2)", "not expected"), ("2 pi", "not expected"),
        ("f(2)", "not known"), ("sqrt", "not known"), ("sqrt()", "so many"), ("round(1, 2, 3)", "so many"), ("$5", "cannot be worked out"),
        ("__import__('os')", "cannot be worked out"), ("(1).real", "cannot be worked out"), ("lambda: 1", "cannot"), ("x=1", "cannot"),
        ("sqrt(-1)", "root"), ("(-8) ** 0.5", "power"), ("ln(0)", "logarithm"), ("log(8, 1)", "logarithm"), ("asin(2)", "no value"),
        ("gcd(1.5, 2)", "whole"), ("1.5!", "whole"), ("(-1)!", "from 0"), ("tan(1e400)", "no value"),
        ("9 ** 9 ** 9", "too large"), ("1e6000", "too large"), ("10 ** 3000 * 10 ** 3000", "too large"), ("1500!", "from 0"),
        ("exp(1e9)", "too large"), ("1.5 ** 1e9", "too large"), ("comb(10400, 5200) ** 9", "too large"), ("2 ** 1e300", "too large"),
        ("2.5 ** 12345678.5", "too large"), ("1e-3899 / 1e3899", "too large"), ("round(1, 1e9)", "too large"),
        ("(" * 100 + "1" + ")" * 100, "nested"), ("2" + "**1" * 100, "nested"), ("1+" * MOST_LENGTH + "1", "At most"),
    ],
)  # fmt: skip
def test_it_refuses_in_words(expression: str, says: str) -> None:
    with pytest.raises(Unworkable, match=says):
        worked_out(expression)


@pytest.mark.parametrize(
    "expression",
    ["+".join(["1300!"] * 160), "*".join(["sqrt(2)"] * 120), "+".join(f"1/{n}" for n in range(2, 160)), "exp(8000)/" + "/".join(["exp(20)"] * 120),
     "+".join(["comb(9999,4999)"] * 60), "-" * 900 + "1", "max(" + ",".join(["1e3800"] * 90) + ")", "1" + "%" * 900, "3" + "!" * 900],
)  # fmt: skip
def test_the_worst_that_fits_ends_soon(expression: str) -> None:
    began = time.process_time()
    try:
        worked_out(expression)
    except Unworkable:
        pass
    assert time.process_time() - began < 2


numbers = st.decimals(min_value=-(10**6), max_value=10**6, places=3, allow_nan=False)


@given(numbers, numbers, numbers)
def test_it_agrees_with_fractions(a: object, b: object, c: object) -> None:
    found = value(f"({a}) * ({b}) - ({c}) + ({b})")
    assert found.number == Fraction(str(a)) * Fraction(str(b)) - Fraction(str(c)) + Fraction(str(b))
    assert found.exact


@given(st.text(alphabet="0123456789.,+-*/%!() esqrtpimodfln^²×\x00\ud800é", max_size=60))
def test_garbage_is_worked_out_or_refused(text: str) -> None:
    try:
        assert worked_out(text)
    except Unworkable as error:
        assert error.message
