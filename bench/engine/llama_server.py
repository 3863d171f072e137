"""llama-server as a side, over its chat completions with streaming: how a program would use it in place of our engine."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from bench.engine.build_server import server_path
from bench.engine.sides import BATCH, Answer, Setting
from inference_client.protocol.vocabulary import ChatMessage
from tests.services.programs import Program, free_port, new_folder

START_SECONDS = 60.0


class LlamaServer:
    """``cache``: whether it may go on from a prompt it has read before."""

    name = "llama-server"

    def __init__(self, setting: Setting, *, cache: bool = True) -> None:
        self._setting = setting
        self._cache = cache
        self._port = free_port()

    async def __aenter__(self) -> Self:
        one = self._setting
        argv = [
            str(server_path()), "--model", str(one.model), "--host", "127.0.0.1", "--port", str(self._port),
            "--parallel", str(one.slots), "--ctx-size", str(one.context * one.slots), "--no-kv-unified",
            "--threads", str(one.threads), "--threads-batch", str(one.threads),
            "--batch-size", str(BATCH), "--ubatch-size", str(BATCH), "--no-ui", "--log-verbosity", "1",
        ]  # fmt: skip
        self._program = Program("llama-server", argv, new_folder("llama") / "log", env=_environment())
        async with asyncio.timeout(START_SECONDS):
            while not await self._healthy():
                assert self._program.running, self._program.tail()
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._program.kill()

    @property
    def pid(self) -> int:
        return self._program.pid

    async def ask(self, messages: Sequence[ChatMessage], tokens: int) -> Answer:
        body = {
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": tokens,
            # Its lightest way to choose the likeliest token, as measured.
            "samplers": ["top_k"],
            "top_k": 1,
            "ignore_eos": True,
            "cache_prompt": self._cache,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        answer = Answer()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(_request("POST", "/v1/chat/completions", json.dumps(body).encode()))
            while line := await reader.readline():
                if line.startswith(b"data: {"):
                    _take(answer, json.loads(line[6:]))
        finally:
            writer.close()
        answer.ended = asyncio.get_running_loop().time()
        assert answer.written == tokens, f"llama-server wrote {answer.written} characters and not {tokens}"
        return answer

    async def _healthy(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.write(_request("GET", "/health", b""))
        status = await reader.readline()
        writer.close()
        return b" 200 " in status


def _take(answer: Answer, event: dict[str, Any]) -> None:
    assert "error" not in event, event
    for choice in event.get("choices", ()):
        answer.heard(choice["delta"].get("content") or "")
    if usage := event.get("usage"):
        answer.prompt_tokens = usage["prompt_tokens"]
        answer.cached_tokens = usage["prompt_tokens_details"]["cached_tokens"]


def _request(verb: str, path: str, body: bytes) -> bytes:
    return (
        f"{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body


def _environment() -> dict[str, str]:
    """The server computes with the very libraries our engine loads, so that a compiler's choices make no difference."""
    found = find_spec("llama_cpp")
    assert found is not None and found.origin is not None, "llama-cpp-python is not installed (make client)"
    name = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
    return {**os.environ, name: str(Path(found.origin).parent / "lib")}
