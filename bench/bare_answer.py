"""The least an answer can cost on the same server: a uvicorn application that sends a redirect and does nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any

START = {
    "type": "http.response.start",
    "status": 302,
    "headers": [
        (b"location", b"https://example.org/page"),
        (b"content-length", b"0"),
        (b"cache-control", b"private, no-store"),
    ],
}
BODY = {"type": "http.response.body", "body": b""}


async def app(scope: dict[str, Any], receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    await send(START)
    await send(BODY)


def serve(port: int) -> None:
    """Runs it as ``manage.py serve`` runs the site, until it is ended."""
    import uvicorn

    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", ws="none", lifespan="off", log_level="error",
        access_log=False, proxy_headers=False, server_header=False,
    )  # fmt: skip
