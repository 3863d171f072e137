"""How a model writes thinking and tool calls, read from its chat template."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from inference_client.engines.llama_cpp import harmony
from inference_client.engines.llama_cpp.thinking import TAGS
from inference_client.engines.llama_cpp.tool_calls import Style

ThinkingKind = Literal["none", "boolean", "level"]

_USES_TOOLS: Final = re.compile(r"\{[%{][^}]*\btools\b")
_PRESERVED: Final = ("<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "<|python_tag|>")


@dataclass(frozen=True, slots=True)
class Format:
    """``thinking`` and ``tools`` are what the template offers. ``tags`` surround thinking where a model does it unasked,
    too. ``marks``: control tokens that must be seen as text.
    """

    thinking: ThinkingKind
    tools: bool
    style: Style
    tags: tuple[str, str]
    harmony: bool
    marks: tuple[str, ...]


def of(template: str, thinking: ThinkingKind | None = None) -> Format:
    """The format of models with this chat template. ``thinking``: its owner knows better."""
    speaks_harmony = "<|channel|>" in template and "<|message|>" in template
    named = [pair for pair in TAGS if pair[0] in template or pair[1] in template]
    tags = named[0] if named else TAGS[0]
    found: ThinkingKind = "none"
    if "reasoning_effort" in template:
        found = "level"
    elif named or "enable_thinking" in template:
        found = "boolean"
    return Format(
        thinking=thinking or found,
        tools=bool(_USES_TOOLS.search(template)),
        style=_style(template),
        tags=tags,
        harmony=speaks_harmony,
        marks=harmony.MARKS if speaks_harmony else (*_PRESERVED, *tags),
    )


def _style(template: str) -> Style:
    if "<tool_call>" in template:
        return "tagged"
    if "[TOOL_CALLS]" in template:
        return "mistral"
    if "<|python_tag|>" in template or '"parameters"' in template:
        return "bare"
    return "any"
