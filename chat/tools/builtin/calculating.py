"""Arithmetic that is right, for models that only guess at it."""

from typing import Annotated

from django.utils.translation import gettext_lazy
from pydantic import Field

from chat.tools.builtin.arithmetic import MOST_LENGTH, worked_out
from chat.tools.registry import Call, Result, tool
from meatlizard.threads import in_thread


@tool(title=gettext_lazy("Calculator"), seconds=5)
async def calculator(
    call: Call,
    expression: Annotated[
        str, Field(min_length=1, max_length=MOST_LENGTH, description="For example: (1234.5 * 12) / 7, or 15% of 80")
    ],
) -> Result:
    """Works out one arithmetic expression exactly. Knows + - * / // % ** ! and brackets, pi, e and tau, and the functions sqrt,
    cbrt, abs, round, floor, ceil, trunc, exp, ln, log, log10, log2, sin, cos, tan, asin, acos, atan (radians), degrees, radians,
    factorial, comb, perm, gcd, lcm, min, max, sum and mean. Numbers are written without commas, and there are no units.
    """
    found = await in_thread(worked_out, expression)
    return Result(found, shown=f"{expression.strip()} = {found}")
