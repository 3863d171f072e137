"""Messages in the shape chat templates expect, and in a plainer one for templates that know less."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from inference_client.engines.llama_cpp.vision import marks
from inference_client.protocol.vocabulary import ChatMessage, Tool

Turn = dict[str, Any]
Turns = Sequence[Turn]
"""role and content, and where tools are used tool_calls, tool_call_id and name, as Hugging Face's templates have them."""


def of(messages: Sequence[ChatMessage], clean: Callable[[str], str]) -> list[Turn]:
    """``clean`` is applied to every text that people, models or tools wrote."""
    names: dict[str, str] = {}
    turns: list[Turn] = []
    for message in messages:
        turn: Turn = {"role": message.role, "content": marks(message.images) + clean(message.content)}
        if message.tool_calls:
            turn["tool_calls"] = [
                {
                    "id": clean(call.id),
                    "type": "function",
                    "function": {"name": clean(call.name), "arguments": cleaned(call.arguments, clean)},
                }
                for call in message.tool_calls
            ]
            names.update((call.id, clean(call.name)) for call in message.tool_calls)
        if message.role == "tool":
            turn["tool_call_id"] = clean(message.tool_call_id)
            turn["name"] = names.get(message.tool_call_id, "tool")
        turns.append(turn)
    return turns


def functions(tools: Sequence[Tool], clean: Callable[[str], str]) -> list[dict[str, Any]] | None:
    """Tools as templates expect them; None without any."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": clean(tool.description),
                "parameters": cleaned(tool.parameters, clean),
            },
        }
        for tool in tools
    ] or None


def plain(turns: Turns, tools: list[dict[str, Any]] | None) -> list[Turn]:
    """The same conversation for a template that knows no tools: they are explained in words, and calls and results are
    text.
    """
    spoken: list[Turn] = []
    for turn in turns:
        content = str(turn["content"])
        for call in turn.get("tool_calls", ()):
            content += f"\n<tool_call>{json.dumps(call['function'], ensure_ascii=False)}</tool_call>"
        if turn["role"] == "tool":
            spoken.append({"role": "user", "content": f"Result of {turn['name']}:\n{content}"})
        else:
            spoken.append({"role": turn["role"], "content": content.strip() if turn.get("tool_calls") else content})
    if tools:
        described = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
        words = (
            "You may call these tools:\n"
            f"{described}\n"
            'To call one, answer with nothing but <tool_call>{"name": its name, "arguments": its arguments}</tool_call> '
            "and wait for the result."
        )
        if spoken and spoken[0]["role"] == "system":
            spoken[0]["content"] += "\n\n" + words
        else:
            spoken.insert(0, {"role": "system", "content": words})
    return spoken


OPENING = "(The conversation begins.)"
"""Stands for the person's first turn where the other side spoke first."""


def merged(turns: Turns) -> list[Turn]:
    """For templates without a system role, or that want turns to alternate and a user to begin: one joined to the next."""
    joined: list[Turn] = [{"role": "user", "content": OPENING}] if turns and turns[0]["role"] == "assistant" else []
    for turn in turns:
        role = "user" if turn["role"] == "system" else turn["role"]
        if joined and joined[-1]["role"] == role:
            joined[-1]["content"] += "\n\n" + turn["content"]
        else:
            joined.append({"role": role, "content": turn["content"]})
    return joined


def cleaned(text: str, clean: Callable[[str], str]) -> Any:
    """The JSON object in ``text`` with every text in it cleaned; an empty one if there is none."""
    try:
        value = json.loads(text)
        return _clean(value, clean) if isinstance(value, dict) else {}
    except (ValueError, RecursionError):
        return {}


def _clean(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean(item, clean) for item in value]
    if isinstance(value, dict):
        return {clean(key): _clean(item, clean) for key, item in value.items()}
    return value
