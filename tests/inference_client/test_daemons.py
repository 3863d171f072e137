"""Slow work beside the event loop, and what llama.cpp computes on."""

import asyncio
import subprocess
import sys

import pytest

from inference_client.daemons import in_daemon
from inference_client.engines import accelerator


async def test_a_result_and_an_error_come_back() -> None:
    assert await in_daemon(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_daemon(lambda: 1 // 0)


def test_the_end_of_the_program_does_not_wait() -> None:
    script = (
        "import asyncio, threading; from inference_client.daemons import in_daemon\n"
        "async def main():\n"
        "    task = asyncio.create_task(in_daemon(threading.Event().wait))\n"
        "    await asyncio.sleep(0); task.cancel()\n"
        "asyncio.run(main())\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


async def test_a_cancelled_wait_does_not_mind_the_late_result() -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    waiting = asyncio.create_task(in_daemon(lambda: asyncio.run_coroutine_threadsafe(release.wait(), loop).result()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    release.set()
    await asyncio.sleep(0)


async def test_llama_cpp_says_what_it_computes_on() -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    found = await accelerator.found()
    assert (found == "cpu") == (not llama_cpp.llama_supports_gpu_offload())
    assert found in ("cpu", *accelerator.NAMES)


async def test_without_llama_cpp_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "__name__", "no.such.module")
    assert await accelerator.found() == ""
