"""Dice for models, which cannot throw any."""

import secrets
from typing import Annotated

from pydantic import Field

from chat.tools.registry import Call, Result, tool


@tool(title="Dice", seconds=2)
async def roll_dice(
    call: Call,
    count: Annotated[int, Field(ge=1, le=100, description="How many dice.")] = 1,
    sides: Annotated[int, Field(ge=2, le=1000, description="How many sides each has.")] = 6,
) -> Result:
    """Throws dice and tells what each shows."""
    thrown = [secrets.randbelow(sides) + 1 for _ in range(count)]
    return Result(f"{thrown}, together {sum(thrown)}")


TOOLS = (roll_dice,)
