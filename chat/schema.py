"""What all frames between site and page have in common."""

from pydantic import BaseModel, ConfigDict

MAX_PROMPT = 200_000
"""Code points in one message a person sends."""


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
