"""A server that speaks OpenAI's HTTP interface, over real sockets, and misbehaves when told to.

It is strict: what the real programs refuse (an unknown model, role or field, a wrong key, a continuation that was not
asked for in their way) is refused here. It is exact: an answer comes in pieces of four characters, whole and in order.
"""

import asyncio
import math
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.upstream_faults import DONE, Exchange, Json, Request, answers, delta, event

TOKEN = 4
"""Characters in a piece of an answer, and bytes in a token of a prompt."""


@dataclass(frozen=True)
class Reply:
    """What the model writes. ``tool_calls`` are deltas as they go over the wire, each in an event of its own."""

    text: str = ""
    thinking: str = ""
    tool_calls: Sequence[Json] = ()
    finish: str = "stop"
    usage: bool = True


Script = Callable[[Json], Reply]


def echo(body: Json) -> Reply:
    """The default script: says back the last message of the user."""
    last = next(message for message in reversed(body["messages"]) if message["role"] == "user")
    content = last["content"]
    return Reply(content if isinstance(content, str) else f"saw {len(content)} parts")


OPENAI_FIELDS = frozenset(
    {
        "model", "messages", "stream", "stream_options", "temperature", "top_p", "seed", "max_tokens", "stop", "logit_bias",
        "tools", "response_format", "reasoning_effort", "n",
    }
)  # fmt: skip
TEMPLATE = frozenset({"chat_template_kwargs"})
CONTINUATION = frozenset({"continue_final_message", "add_generation_prompt"})
FIELDS = {
    "llama_server": TEMPLATE | CONTINUATION | {"top_k", "min_p", "repeat_penalty", "grammar", "return_progress"},
    "lm_studio": frozenset({"top_k", "min_p", "repeat_penalty"}),
    "vllm": TEMPLATE | CONTINUATION | {"top_k", "min_p", "repetition_penalty"},
    "sglang": TEMPLATE | CONTINUATION | {"top_k", "min_p", "repetition_penalty"},
    "ollama": frozenset(),
    "generic": frozenset(),
}


class Refused(Exception):
    def __init__(self, status: int, message: str, kind: str = "invalid_request_error", **more: Any) -> None:
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "code": status, **more}}


@dataclass
class FakeUpstream:
    """``context`` in tokens. ``gate``: when set, an answer waits after its first piece until the gate opens.

    ``faults`` by path: what happens to the next requests to it instead of an answer. ``most`` requests were answered at
    once; ``left`` is set when the other side closed before the end.
    """

    flavour: str = "llama_server"
    models: Sequence[str] = ("tiny",)
    key: str = ""
    context: int = 4096
    script: Script = echo
    slots: int = 4
    dimensions: int = 3
    gate: asyncio.Event | None = None
    tls: ssl.SSLContext | None = None
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: dict[str, deque[Exchange]] = field(default_factory=dict)
    busy: int = 0
    most: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    memory: dict[str, bool] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _port: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeUpstream"]:
        await self.up()
        try:
            yield self
        finally:
            await self.down()

    async def up(self) -> None:
        """On a free port, and on the same one again after ``down``."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, ssl=self.tls)
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port}"

    async def down(self) -> None:
        """As when it is killed: every connection is cut."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    def next(self, path: str, *exchanges: Exchange) -> None:
        """What happens to the next requests to ``path``, one each."""
        self.faults.setdefault(path, deque()).extend(exchanges)

    def chats(self) -> list[Json]:
        """Bodies of all chats asked for."""
        return [request.body for request in self.requests if request.path == "/v1/chat/completions"]

    # --- HTTP -------------------------------------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            request = await self._read(reader)
            if request is not None:
                await self._exchange(request, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, version = first.split(" ")
        assert version == "HTTP/1.1"
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, path, headers, content)

    async def _exchange(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        watcher = asyncio.create_task(self._watch(reader))
        work = asyncio.create_task(self._answer(request, writer))
        await asyncio.wait({watcher, work}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            # The real ones stop working, too, when nobody listens.
            self.left.set()
            work.cancel()
        watcher.cancel()
        await asyncio.gather(watcher, work, return_exceptions=True)
        if not work.cancelled() and (problem := work.exception()) and not isinstance(problem, ConnectionError):
            raise problem

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        while await reader.read(4096):
            pass

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        self.most = max(self.most, self.busy if request.path == "/v1/chat/completions" else 0)
        try:
            planned = self.faults.get(request.path)
            if planned:
                await planned.popleft()(self, request, writer)
                return
            try:
                self._authorised(request)
                await self._route(request, writer)
            except Refused as refused:
                await answers(refused.status, refused.body)(self, request, writer)
        finally:
            self.busy -= 1

    async def send(self, writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str], content: bytes) -> None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        server = "server: llama.cpp\r\n" if self.flavour == "llama_server" else "server: uvicorn\r\n"
        writer.write(
            f"HTTP/1.1 {status} Some\r\n{server}{lines}content-length: {len(content)}\r\n\r\n".encode() + content
        )
        await writer.drain()

    def begin_stream(self, writer: asyncio.StreamWriter, kind: str = "text/event-stream") -> None:
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n".encode())

    def chunk(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")

    def _authorised(self, request: Request) -> None:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            raise Refused(401, "Invalid API Key", "authentication_error")

    async def _route(self, request: Request, writer: asyncio.StreamWriter) -> None:
        route = (request.method, request.path)
        if route == ("POST", "/v1/chat/completions"):
            await self._chat(request.body, writer)
            return
        found = self._facts(request) if request.path.startswith(("/api", "/props", "/tokenize")) else None
        if route == ("GET", "/v1/models"):
            found = {"object": "list", "data": [self._listed(name) for name in self.models]}
        elif route == ("POST", "/v1/embeddings"):
            found = self._embed(request.body)
        if found is None and self.flavour == "lm_studio":
            found = {"error": f"Unexpected endpoint or method. ({request.method} {request.path}). Returning 200 anyway"}
        if found is None:
            raise Refused(404, "File Not Found", "not_found_error")
        await answers(200, found)(self, request, writer)

    # --- what each program tells ------------------------------------------------------------------------------------

    def _listed(self, name: str) -> Json:
        owner = {"llama_server": "llamacpp", "vllm": "vllm", "sglang": "sglang", "ollama": "library"}
        entry: Json = {"id": name, "object": "model", "created": 1, "owned_by": owner.get(self.flavour, "me")}
        if self.flavour in ("vllm", "sglang"):
            entry["max_model_len"] = self.context
        if self.flavour == "llama_server":
            entry["meta"] = {"n_ctx_train": 131_072, "n_params": 1000, "size": 2000, "n_embd": self.dimensions}
        return entry

    def _facts(self, request: Request) -> Json | None:
        if self.flavour == "llama_server" and request.path == "/props":
            return {"default_generation_settings": {"n_ctx": self.context}, "total_slots": self.slots}
        if self.flavour == "llama_server" and request.path == "/tokenize":
            return {"tokens": list(range(tokens(request.body["content"])))}
        if self.flavour == "vllm" and request.path == "/tokenize":
            return {"count": 1, "tokens": list(range(tokens(request.body["prompt"])))}
        if self.flavour == "lm_studio" and request.path == "/api/v0/models":
            entry = {"state": "loaded", "max_context_length": 131_072, "loaded_context_length": self.context}
            return {"data": [{"id": name, **entry} for name in self.models]}
        return self._ollama(request) if self.flavour == "ollama" else None

    def _ollama(self, request: Request) -> Json | None:
        if request.path == "/api/version":
            return {"version": "0.12.0"}
        if request.path == "/api/ps":
            return {
                "models": [{"name": name, "context_length": self.context} for name, on in self.memory.items() if on]
            }
        if request.path == "/api/show":
            info = {"llama.context_length": 131_072, "llama.embedding_length": self.dimensions}
            return {"parameters": f"stop x\nnum_ctx                {self.context}\n", "model_info": info}
        if request.path in ("/api/generate", "/api/embed"):
            assert ("prompt" not in request.body) and not request.body.get("input")
            self.memory[request.body["model"]] = request.body.get("keep_alive") != 0
            return {"done": True}
        return None

    def _embed(self, body: Json) -> Json:
        self._known(body)
        texts = body["input"]
        assert isinstance(texts, list) and all(isinstance(text, str) for text in texts)
        data = [{"index": at, "embedding": vector(text, self.dimensions)} for at, text in enumerate(texts)]
        # Out of order, as the interface allows.
        return {"data": data[::-1], "usage": {"prompt_tokens": sum(map(tokens, texts)), "total_tokens": 0}}

    def _known(self, body: Json) -> None:
        name = body.get("model")
        if not isinstance(name, str):
            raise Refused(400, "model is required")
        if name not in self.models:
            raise Refused(404, f"The model `{name}` does not exist.", "not_found_error")

    # --- chat -------------------------------------------------------------------------------------------------------

    async def _chat(self, body: Json, writer: asyncio.StreamWriter) -> None:
        so_far = self._checked(body)
        reply = self.script(body)
        assert reply.text.startswith(so_far), "the script does not continue the answer so far"
        self.begin_stream(writer)
        self.chunk(writer, delta(role="assistant"))
        sent = 0
        # llama-server repeats the answer so far unless the continuation was asked for by name.
        repeats = self.flavour == "llama_server" and "continue_final_message" not in body
        written = reply.text if repeats else reply.text[len(so_far) :]
        for kind, text in (("reasoning_content", reply.thinking), ("content", written)):
            if self.flavour == "ollama":
                kind = kind.removesuffix("_content")
            for at in range(0, len(text), TOKEN):
                if sent and self.gate is not None:
                    await self.gate.wait()
                if sent == body.get("max_tokens"):
                    break
                sent += 1
                self.chunk(writer, delta(**{kind: text[at : at + TOKEN]}))
                await writer.drain()
        for call in reply.tool_calls:
            self.chunk(writer, delta(tool_calls=[call]))
        cut = sent == body.get("max_tokens") and sent * TOKEN < len(reply.thinking + reply.text) - len(so_far)
        self.chunk(writer, delta(finish="length" if cut else reply.finish))
        if reply.usage and body.get("stream_options", {}).get("include_usage"):
            used: Json = {"prompt_tokens": prompt_tokens(body), "completion_tokens": sent}
            used["prompt_tokens_details"] = {"cached_tokens": 1}
            self.chunk(writer, event({"choices": [], "usage": used}))
        self.chunk(writer, DONE)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    def _checked(self, body: Json) -> str:
        """The answer so far, which the last message asks to continue."""
        self._known(body)
        if unknown := set(body) - OPENAI_FIELDS - FIELDS[self.flavour]:
            raise Refused(400, f"Unrecognized request argument supplied: {sorted(unknown)}")
        if body.get("n", 1) != 1 or body.get("stream") is not True:
            raise Refused(400, "this fake streams one answer")
        if "grammar" in body and "tools" in body:
            raise Refused(400, "Cannot use custom grammar constraints with tools.")
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            raise Refused(400, "'messages' is required")
        for message in messages:
            self._check_message(message)
        if prompt_tokens(body) >= self.context:
            told = {"n_prompt_tokens": prompt_tokens(body), "n_ctx": self.context}
            words = f"request ({prompt_tokens(body)} tokens) exceeds the available context size ({self.context} tokens)"
            raise Refused(400, words, "exceed_context_size_error", **told)
        return self._continued(body, messages[-1])

    def _check_message(self, message: Json) -> None:
        role, content = message.get("role"), message.get("content")
        if role not in ("system", "user", "assistant", "tool"):
            raise Refused(400, f"unknown role {role}")
        allowed = {"role", "content", "reasoning_content"} | {
            "assistant": {"tool_calls"},
            "tool": {"tool_call_id"},
        }.get(role, set())
        if set(message) - allowed or not isinstance(content, str | list):
            raise Refused(400, "Expected 'content' to be a string or an array")
        if role == "tool" and not message.get("tool_call_id"):
            raise Refused(400, "tool_call_id is required")
        for part in content if isinstance(content, list) else ():
            if part["type"] == "image_url" and part["image_url"]["url"].startswith("data:image/"):
                continue
            if part["type"] != "text" or not isinstance(part["text"], str):
                raise Refused(400, "unsupported content[].type")

    def _continued(self, body: Json, last: Json) -> str:
        continues = body.get("continue_final_message", self.flavour in ("llama_server", "ollama", "lm_studio"))
        if "continue_final_message" in body and body.get("add_generation_prompt", True):
            raise Refused(400, "Cannot set both add_generation_prompt and continue_final_message to true.")
        if last["role"] != "assistant" or not continues:
            return ""
        if self.flavour == "llama_server" and last["content"]:
            # So say those from before 2026; newer ones take either.
            switch = body.get("chat_template_kwargs", {}).get("enable_thinking", True)
            if switch:
                raise Refused(400, "Assistant response prefill is incompatible with enable_thinking.")
        return last["content"]


def tokens(text: str) -> int:
    return math.ceil(len(text.encode()) / TOKEN)


def prompt_tokens(body: Json) -> int:
    return sum(tokens(m["content"]) if isinstance(m["content"], str) else 100 for m in body["messages"])


def vector(text: str, dimensions: int) -> list[float]:
    """Not of length 1, and another for another text."""
    return [float(len(text) + 1), *(float(ord(text[0]) + at) if text else 1.0 for at in range(dimensions - 1))]
