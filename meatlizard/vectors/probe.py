"""Whether what calls itself a model is the one: a machine's owner may give it any name, and vectors of two models look alike."""

from base64 import b64decode
from collections.abc import Sequence
from struct import unpack
from typing import Final

from meatlizard.vectors.vector import DIMENSIONS, MODEL, Vector

TEXT: Final = "The lizard sleeps on a warm stone until the shade reaches it."
ENOUGH: Final = 0.98
"""Rounding to 8 or even 4 bits leaves a model above it; another one is far below."""

# What sentence-transformers' all-MiniLM-L6-v2 makes of it, as signed bytes.
_EXPECTED: Final = b64decode(
    "EQ8BOPkRCeUJG+3qCBADBf4nDAAnGjIX/9IH+hP22vnk+Bch2v7xDxHs+yHY//XyHNDnAODm3wPr5CfnAhoYDQsIAskO7OUQAMLl7Dnz9PkBAR"
    "oP/g4yOvAWIS7R+Q8IGP/YBhrq9ycT9gT7+uEL8xFH+wP9IiErDBDc58/43QAQHPfgB/fUF+ov8hf6Efby+BPwAuAHHPLr39ME1g394/0nDd8e"
    "BPXf9wglI/fxASP+Gxr75Orn9vP85/QDzQLTI+rX4uvbDSL4ANnxAevpCSnw/MryER4KCxnc2hT5EwAj1w8O7fXiGdsFGQQr4hv/E+kDP9YK5g"
    "YAGQIV8Q0K8+b79xsE1TISS9YO6ScaGS3u4hv5DQQTDdoF3/ABGR0H5Cjt9zYXFRra7hIP/OQF3BIaAPMhyB0Q6tgK+90VEAAGBwoEAehQvQAP"
    "5wxN/fgeDBIQ3fvQGwEBDAT+LR0W1ecJE/QD6ywGIhjkAtXoDPbhGCgLAwzo4ScL3Qn0C9De"
)


def passes(numbers: Sequence[float]) -> bool:
    """``numbers``: the vector that the model makes of :data:`TEXT`."""
    try:
        found = Vector.of(MODEL, numbers)
    except ValueError:
        return False
    return found.similarity(Vector.of(MODEL, unpack(f"{DIMENSIONS}b", _EXPECTED))) >= ENOUGH
