"""Tool calls as models write them, turned into one form, while the text streams.

Known ways to write them:

- ``<tool_call>{"name": …, "arguments": {…}}</tool_call>`` (Hermes, Qwen), or with ``<function=name><parameter=key>`` inside
  (Qwen-Coder): anywhere in the answer.
- ``[TOOL_CALLS]`` and then ``[{"name": …, "arguments": {…}}]`` or ``name[ARGS]{…}`` to the end (Mistral).
- ``{"name": …, "parameters": {…}}`` as the whole answer, after ``<|python_tag|>`` or not (Llama 3, and most others).
"""

import json
import re
import secrets
from collections.abc import Collection
from typing import Any, Final, Literal

from inference_client.engines.llama_cpp.text import undecided
from inference_client.protocol.vocabulary import ToolCall

Style = Literal["tagged", "mistral", "bare", "any"]

MAX_CALLS: Final = 64
MAX_ARGUMENTS: Final = 100_000

_OPEN: Final = "<tool_call>"
_CLOSE: Final = "</tool_call>"
_MISTRAL: Final = "[TOOL_CALLS]"
_PYTHON: Final = "<|python_tag|>"
_MARKS: Final[dict[Style, tuple[str, ...]]] = {
    "tagged": (_OPEN,),
    "mistral": (_MISTRAL,),
    "bare": (_PYTHON,),
    "any": (_OPEN, _MISTRAL, _PYTHON),
}
_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_MISTRAL_CALL: Final = re.compile(r"\s*([A-Za-z0-9_.:-]{1,64})(?:\[CALL_ID\][^\[]*)?\[ARGS\]\s*")
_KEYS: Final = ("name", "parameters", "arguments", "type", "function", "id")
_BARE_BEGINNING: Final = re.compile(r'\s*\[?\s*\{\s*"([a-z]*)("?)')
_FUNCTION: Final = re.compile(r"\s*<function=([^>\n]+)>(.*?)(?:</function>)?\s*", re.DOTALL)
_PARAMETER: Final = re.compile(r"<parameter=([^>\n]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_JSON: Final = json.JSONDecoder(strict=False)


class ToolCalls:
    """Takes calls of the tools ``names`` out of an answer's text. What is no well-formed call stays text, and half a call
    is never passed on. ``begun``: the answer has text already, so it is not a bare call as a whole.
    """

    def __init__(self, style: Style, names: Collection[str], *, begun: bool = False) -> None:
        self.calls: list[ToolCall] = []
        self._names = names
        self._marks = _MARKS[style]
        self._whole = style in ("bare", "any") and not begun
        self._mark = ""
        self._waiting = ""

    def feed(self, text: str) -> str:
        """Text that is certainly no call; often empty."""
        self._waiting += text
        shown = ""
        while True:
            if self._mark:
                more = self._inside()
            elif self._whole and _begins_bare(self._waiting) is not False:
                # Decided at the answer's end.
                more = None
            else:
                self._whole = False
                more = self._outside()
            if more is None:
                return shown
            shown += more

    def end(self) -> str:
        """What was kept back and is no call, once no text follows."""
        rest, self._waiting = self._waiting, ""
        if self._mark:
            found = self._read(self._mark, rest)
        elif self._whole and _begins_bare(rest):
            found = self._json_calls(rest, known_only=True)
        else:
            found = None
        mark, self._mark = self._mark, ""
        if found and len(self.calls) + len(found) <= MAX_CALLS:
            self.calls += found
            return ""
        return "" if not mark and self.calls and not rest.strip() else mark + rest

    def _outside(self) -> str | None:
        """Text before the next mark; None when nothing more can be decided."""
        found = [(place, mark) for mark in self._marks if (place := self._waiting.find(mark)) >= 0]
        if found:
            place, self._mark = min(found)
            before, self._waiting = self._waiting[:place], self._waiting[place + len(self._mark) :]
            return before.rstrip()
        certain = self._waiting[: len(self._waiting) - undecided(self._waiting, self._marks)].rstrip()
        if not certain:
            return None
        self._waiting = self._waiting[len(certain) :]
        return certain

    def _inside(self) -> str | None:
        if self._mark != _OPEN:
            return None
        place = self._waiting.find(_CLOSE)
        while place >= 0:
            content = self._waiting[:place]
            found = self._read(_OPEN, content)
            if found is None and _cut_in_string(content):
                # The closing tag stands inside an argument.
                place = self._waiting.find(_CLOSE, place + 1)
                continue
            self._waiting = self._waiting[place + len(_CLOSE) :]
            self._mark = ""
            if found and len(self.calls) < MAX_CALLS:
                self.calls += found
                return ""
            return _OPEN + content + _CLOSE
        return None

    def _read(self, mark: str, content: str) -> list[ToolCall] | None:
        if mark == _MISTRAL and (found := _mistral(content)) is not None:
            return found
        if mark == _OPEN and (match := _FUNCTION.fullmatch(content)):
            return _xml(match[1].strip(), match[2])
        return self._json_calls(content, known_only=False)

    def _json_calls(self, content: str, *, known_only: bool) -> list[ToolCall] | None:
        """None unless all of ``content`` is calls."""
        values: list[Any] = []
        place = 0
        content = content.strip()
        while place < len(content):
            try:
                value, place = _JSON.raw_decode(content, place)
            except (ValueError, RecursionError):
                return None
            values += value if isinstance(value, list) else [value]
            while place < len(content) and (content[place].isspace() or content[place] == ";"):
                place += 1
        calls = [_call(value) for value in values]
        if known_only and not all(call and call.name in self._names for call in calls):
            return None
        return [call for call in calls if call] if calls and all(calls) else None


def new_id() -> str:
    """Nine letters and digits: the form that the strictest chat template asks for."""
    return secrets.token_hex(5)[:9]


def tool_call(name: str, arguments: object) -> ToolCall | None:
    """None unless the name is one and the arguments are an object, or an object as text."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return None
    if not isinstance(arguments, dict) or not _NAME.fullmatch(name):
        return None
    text = json.dumps(arguments, ensure_ascii=False)
    if len(text) > MAX_ARGUMENTS:
        return None
    # A lone surrogate, which JSON can express, cannot be sent.
    return ToolCall(id=new_id(), name=name, arguments=text.encode("utf-8", "replace").decode())


def _call(value: Any) -> ToolCall | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    if isinstance(inner, dict):
        value = inner
    name = value.get("name", value.get("function"))
    arguments = value.get("arguments", value.get("parameters", {}))
    return tool_call(name, arguments) if isinstance(name, str) else None


def _mistral(content: str) -> list[ToolCall] | None:
    calls: list[ToolCall] = []
    place = 0
    content = content.replace(_MISTRAL, "").strip()
    while place < len(content):
        match = _MISTRAL_CALL.match(content, place)
        if match is None:
            return None
        try:
            arguments, place = _JSON.raw_decode(content, match.end())
        except (ValueError, RecursionError):
            return None
        call = tool_call(match[1], arguments)
        if call is None:
            return None
        calls.append(call)
    return calls or None


def _xml(name: str, body: str) -> list[ToolCall] | None:
    """Qwen-Coder's form. What reads as JSON is taken so; all else is text."""
    arguments = {key.strip(): _loose(value) for key, value in _PARAMETER.findall(body)}
    if _PARAMETER.sub("", body).strip():
        return None
    call = tool_call(name, arguments)
    return [call] if call else None


def _loose(value: str) -> object:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _begins_bare(text: str) -> bool | None:
    """Whether an answer may be a call as a whole; None while that is open."""
    match = _BARE_BEGINNING.match(text)
    if match is None:
        return None if re.fullmatch(r"\s*\[?\s*\{?\s*", text) else False
    if match[2]:
        return match[1] in _KEYS
    if match.end() < len(text):
        return False
    return None if any(key.startswith(match[1]) for key in _KEYS) else False


def _cut_in_string(content: str) -> bool:
    """``content`` is JSON that ends inside a string."""
    try:
        _JSON.decode(content)
    except ValueError as problem:
        return getattr(problem, "msg", "").startswith("Unterminated string")
    except RecursionError:
        return False
    return False
