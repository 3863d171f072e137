"""From a job to the body of ``/v1/chat/completions``, in the dialect of each server.

Sources: OpenAI's API reference; llama.cpp tools/server (server-common.cpp, README); Ollama openai/openai.go; vLLM and SGLang
"extra parameters" of their OpenAI-compatible servers; LM Studio's REST documentation.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from inference_client.engines.base import Job
from inference_client.engines.openai_compatible.faults import Fault
from inference_client.engines.openai_compatible.spec import Flavour, Thinking
from inference_client.protocol.vocabulary import ChatMessage, Sampling, Tool

CONTINUING: Final[frozenset[Flavour]] = frozenset({"llama_server", "ollama", "lm_studio", "vllm", "sglang"})
"""Servers that go on with a last message of the assistant instead of answering it."""

_TEMPLATE_SWITCH: Final[frozenset[Flavour]] = frozenset({"llama_server", "vllm", "sglang", "generic"})
"""Who hands ``chat_template_kwargs`` to the model's template, or at worst ignores them."""

_EXTRAS: Final[dict[Flavour, tuple[tuple[str, str], ...]]] = {
    "llama_server": (("top_k", "top_k"), ("min_p", "min_p"), ("repeat_penalty", "repeat_penalty")),
    "lm_studio": (("top_k", "top_k"), ("min_p", "min_p"), ("repeat_penalty", "repeat_penalty")),
    "vllm": (("top_k", "top_k"), ("min_p", "min_p"), ("repeat_penalty", "repetition_penalty")),
    "sglang": (("top_k", "top_k"), ("min_p", "min_p"), ("repeat_penalty", "repetition_penalty")),
}
"""Sampling beyond OpenAI's. Ollama's own endpoint ignores it, and a strict server refuses what it does not know."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to make: ``messages`` may be fewer than the job's, ``max_tokens`` what is left of the job's.

    ``rethink``: thinking so far is not continued but begun again.
    """

    job: Job
    messages: tuple[ChatMessage, ...]
    max_tokens: int | None
    rethink: bool = False

    @property
    def thinking(self) -> str:
        """The thinking so far."""
        return self.job.prefix[: self.job.prefix_thinking]

    @property
    def answer(self) -> str:
        """The answer so far, without thinking."""
        return self.job.prefix[self.job.prefix_thinking :]

    def again(self) -> "Ask":
        return replace(self, rethink=True)


def body(ask: Ask, thinking: Thinking, name: str, flavour: Flavour) -> dict[str, Any]:
    """``thinking``: how the model does it; ``name``: the model's own at the upstream. Raises Fault for what this server cannot do. Encodes images, so call it where that may take time."""
    sampling = ask.job.sampling
    found: dict[str, Any] = {
        "model": name,
        "messages": [_message(message, ask.job) for message in ask.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    for key in ("temperature", "top_p", "seed"):
        if (value := getattr(sampling, key)) is not None:
            found[key] = value
    for key, theirs in _EXTRAS.get(flavour, ()):
        if (value := getattr(sampling, key)) is not None:
            found[theirs] = value
    if ask.max_tokens is not None:
        found["max_tokens"] = ask.max_tokens
    if sampling.stop:
        found["stop"] = list(sampling.stop)
    if sampling.logit_bias:
        found["logit_bias"] = {str(item.token): item.bias for item in sampling.logit_bias}
    if ask.job.tools:
        found["tools"] = [_tool(tool) for tool in ask.job.tools]
    if flavour == "llama_server":
        found["return_progress"] = True
    found |= _form(sampling, flavour)
    found |= _thinking(sampling, thinking, flavour)
    _continue(found, ask, thinking, flavour)
    return found


def can_continue(ask: Ask, flavour: Flavour) -> bool:
    """Whether this server can go on with the answer so far. Thinking alone can always be done again."""
    if not ask.answer:
        return True
    # A grammar would begin anew in the middle of what it has to describe.
    free = not ask.job.sampling.json_schema and not ask.job.sampling.grammar
    return free and flavour in CONTINUING


def _message(message: ChatMessage, job: Job) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        parts: list[dict[str, Any]] = [{"type": "text", "text": message.content}] if message.content else []
        for image in message.images:
            data = job.images.get(image.blob)
            if data is None:
                raise Fault("image_missing", "an image of the message did not arrive; send it again", retry=True)
            url = f"data:{image.media_type};base64,{base64.b64encode(data).decode()}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
        found["content"] = parts
    if message.tool_calls:
        found["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.role == "tool":
        found["tool_call_id"] = message.tool_call_id
    return found


def _tool(tool: Tool) -> dict[str, Any]:
    parameters = _json_object(tool.parameters, f"the parameters of the tool {tool.name}")
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def _form(sampling: Sampling, flavour: Flavour) -> dict[str, Any]:
    if sampling.json_schema:
        schema = _json_object(sampling.json_schema, "the JSON schema for the answer")
        return {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": schema},
            }
        }
    if sampling.grammar:
        if flavour != "llama_server":
            detail = "grammars (GBNF) work with llama-server only; use a JSON schema, or a model of another machine"
            raise Fault("grammar_unsupported", detail, retry=True)
        return {"grammar": sampling.grammar}
    return {}


def _json_object(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Fault("schema_invalid", f"{what} is no JSON object; correct it")
    return found


def _thinking(sampling: Sampling, thinking: Thinking, flavour: Flavour) -> dict[str, Any]:
    wanted = sampling.thinking
    if wanted is None or thinking == "none":
        return {}
    if thinking == "boolean" and flavour in _TEMPLATE_SWITCH:
        return {"chat_template_kwargs": {"enable_thinking": wanted != "off"}}
    if wanted == "off":
        # A model with degrees can be told to stop thinking here, elsewhere only to think little.
        return {"reasoning_effort": "none" if flavour in ("llama_server", "ollama", "lm_studio") else "low"}
    return {"reasoning_effort": "medium" if wanted == "on" else wanted}


def begins_anew(ask: Ask, flavour: Flavour) -> bool:
    """Whether the answer so far is cut thinking, and this request lets the model think from the beginning."""
    return bool(ask.thinking) and not ask.answer and (ask.rethink or flavour != "llama_server")


def hears_no_thinking(ask: Ask, thinking: Thinking, flavour: Flavour) -> bool:
    """Whether what this server calls thinking is answer: its parser may not know that thinking is over, or off."""
    off = thinking == "boolean" and ask.job.sampling.thinking == "off"
    return bool(ask.answer) or (off and flavour in ("vllm", "sglang"))


def _continue(found: dict[str, Any], ask: Ask, thinking: Thinking, flavour: Flavour) -> None:
    if not ask.job.prefix or begins_anew(ask, flavour):
        return
    last: dict[str, Any] = {"role": "assistant", "content": ask.answer}
    if flavour == "llama_server" and ask.thinking:
        last["reasoning_content"] = ask.thinking
    found["messages"].append(last)
    if flavour in ("llama_server", "vllm", "sglang"):
        # llama-server would go on without, but say the answer so far once more; its older versions ignore this.
        found |= {"continue_final_message": True, "add_generation_prompt": False}
    if not ask.answer:
        return
    # The thinking is over. Some servers refuse to continue otherwise, or take what follows for thinking; older
    # llama-servers go by the template alone, so they are always told.
    thinks = thinking != "none" or bool(ask.thinking)
    if flavour == "llama_server" or (thinks and flavour in _TEMPLATE_SWITCH):
        found["chat_template_kwargs"] = {"enable_thinking": False}
    elif thinks:
        found["reasoning_effort"] = "none"


def leave_out(messages: Sequence[ChatMessage], share: float) -> tuple[ChatMessage, ...] | None:
    """The newest turns, beginning at a user's, with at most ``share`` of the text, and every system message; at least one
    message less. None if there is nothing to leave out but the last message of the user.
    """
    starts = [index for index, message in enumerate(messages) if message.role == "user"]
    starts = [index for index in starts if any(message.role != "system" for message in messages[:index])]
    if not starts:
        return None
    room = share * sum(len(message.content) for message in messages)
    for start in starts:
        kept = tuple(message for at, message in enumerate(messages) if at >= start or message.role == "system")
        if start == starts[-1] or sum(len(message.content) for message in kept) <= room:
            return kept
    return None
