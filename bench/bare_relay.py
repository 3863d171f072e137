"""The least a relay can do on the same server: a uvicorn application that passes each token of a node's frame to its
page.

No encryption, no database, no accounts, no offsets. What the site costs beyond it is the price of all those.
:func:`measure` drives it.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import connect

Scope = dict[str, Any]
Send = Callable[[Scope], Awaitable[None]]

pages: dict[str, Send] = {}


async def app(scope: Scope, receive: Callable[[], Awaitable[Scope]], send: Send) -> None:
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "websocket.accept"})
    if scope["path"] != "/node":
        pages[scope["path"][1:]] = send
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        if scope["path"] == "/node":
            for stream, text in json.loads(event["text"]):
                await pages[stream]({"type": "websocket.send", "text": text})


async def measure(port: int, streams: int, tokens: int, interval: float, token: str) -> list[float]:
    """Sends ``tokens`` steps to all ``streams``; seconds from sending to reading, of each token."""
    address = f"ws://127.0.0.1:{port}"
    sent: list[float] = []
    latencies: list[float] = []

    async def read(number: int, ready: asyncio.Event) -> None:
        async with connect(f"{address}/{number}", compression=None) as socket:
            ready.set()
            for step in range(tokens):
                await socket.recv()
                latencies.append(time.perf_counter() - sent[step])

    async with asyncio.TaskGroup() as tasks:
        for number in range(streams):
            ready = asyncio.Event()
            tasks.create_task(read(number, ready))
            await ready.wait()
        async with connect(f"{address}/node", compression=None) as node:
            loop = asyncio.get_running_loop()
            frame = json.dumps([[str(number), token] for number in range(streams)])
            for _ in range(tokens):
                began = loop.time()
                sent.append(time.perf_counter())
                await node.send(frame)
                await asyncio.sleep(max(0.0, interval - (loop.time() - began)))
            while len(latencies) < tokens * streams:
                await asyncio.sleep(0.01)
    return latencies


def serve(port: int) -> None:
    """Runs the relay until it is ended."""
    import uvicorn

    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", ws="websockets-sansio",
        ws_per_message_deflate=False, log_level="error",
    )  # fmt: skip
