"""Vectors by this machine's own processor, where no other machine makes them: the inference client's program, started without a site,
as a child that is ended when nobody has needed it for a while.
"""

import asyncio
import base64
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from struct import unpack
from typing import Any, Final

from django.conf import settings

from meatlizard.vectors import embedding, probe

log = logging.getLogger(__name__)

START_SECONDS: Final = 60.0
SECONDS: Final = 60.0
"""For 100 texts at most."""

IDLE_SECONDS: Final = 300.0
PAUSE_SECONDS: Final = 60.0
"""After it could not be started or has crashed."""

HOME: Final = Path(__file__).parent.parent.parent
PASSED: Final = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "HF_ENDPOINT", "HF_TOKEN", "HTTPS_PROXY", "SSL_CERT_FILE"}
)
"""Of the environment: the site's secrets are none of the program's business."""

LINE: Final = 2**21
"""Bytes of a line of its output at most: 100 vectors take 205,000."""


def command(*more: str) -> list[str]:
    """How the program is called; ``EMBEDDING_PYTHON`` names the interpreter that has it installed."""
    beside = HOME / ".venv-client" / "bin" / "python"
    python = settings.EMBEDDING_PYTHON or (str(beside) if beside.exists() else sys.executable)
    return [python, "-m", "inference_client", "embed", "--folder", str(folder()), *more]


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key in PASSED}


def folder() -> Path:
    return Path(settings.VAR_DIR) / "models"


def wanted() -> bool:
    """Whether a model was fetched."""
    return any(folder().rglob("*.gguf"))


class Own:
    """Starts its child when it is needed; one request at a time."""

    def __init__(self, *more: str) -> None:
        self._more = more
        self._child: Process | None = None
        self._turn: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._after: float = 0.0
        self._end: asyncio.TimerHandle | None = None

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Raises Unavailable, Failed."""
        if not (self._more or wanted()):
            raise embedding.Unavailable
        async with self._lock():
            child = await self._running()
            try:
                async with asyncio.timeout(SECONDS):
                    answer = await _ask(child, list(texts))
            except (TimeoutError, OSError, ValueError) as problem:
                self._stop()
                self._after = _now() + PAUSE_SECONDS
                log.warning("vectors.child_failed", extra={"why": type(problem).__name__})
                raise embedding.Failed from problem
            except BaseException:
                # Whoever asked waits no more, and what comes would be taken for the answer to another.
                self._stop()
                raise
            self._rest()
        if not isinstance(answer, list):
            raise embedding.Failed(str(answer.get("error", ""))[:200])
        return [_floats(one) for one in answer]

    def _lock(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._turn is None or self._turn[0] is not loop:
            # Another loop's child cannot be spoken to from this one.
            self._stop()
            self._turn = (loop, asyncio.Lock())
        return self._turn[1]

    async def _running(self) -> Process:
        if self._end is not None:
            self._end.cancel()
        if self._child is not None and self._child.returncode is None:
            return self._child
        if _now() < self._after:
            raise embedding.Unavailable
        try:
            self._child = await asyncio.create_subprocess_exec(
                *command(*self._more), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=LINE, cwd=HOME,
                env=environment(), start_new_session=True,
            )  # fmt: skip
            async with asyncio.timeout(START_SECONDS):
                assert self._child.stdout is not None
                ready = json.loads(await self._child.stdout.readline() or b"{}")
                (known,) = await _ask(self._child, [probe.TEXT]) if "ready" in ready else ("",)
            if known and probe.passes(_floats(known)):
                return self._child
            log.error("vectors.child_of_another_model" if known else "vectors.child_did_not_start")
        except (TimeoutError, OSError, ValueError) as problem:
            log.error("vectors.child_did_not_start", extra={"why": type(problem).__name__})
        except BaseException:
            self._stop()
            raise
        self._stop()
        self._after = _now() + PAUSE_SECONDS
        raise embedding.Unavailable

    def _rest(self) -> None:
        self._end = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._stop)

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            # It has a child of its own, which ends when its pipe does.
            child.kill()


async def _ask(child: Process, texts: list[str]) -> Any:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(texts).encode() + b"\n")
    await child.stdin.drain()
    line = await child.stdout.readline()
    if not line.endswith(b"\n"):
        raise ValueError("it ended")
    return json.loads(line)


def _floats(text: str) -> tuple[float, ...]:
    data = base64.b64decode(text)
    return unpack(f"<{len(data) // 4}f", data)


def _now() -> float:
    return asyncio.get_running_loop().time()
