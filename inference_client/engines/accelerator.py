"""What llama.cpp computes on here, found out without a model: ``python -m inference_client.engines.accelerator``.

In a process of its own, for the client itself never loads native code.
"""

import asyncio
import sys
from typing import Final

SECONDS: Final = 30.0
NAMES: Final = ("metal", "cuda", "vulkan")


def backend() -> str:
    """metal, cuda, vulkan or cpu, as llama.cpp's own description of its build says. Raises ImportError."""
    import llama_cpp

    if not llama_cpp.llama_supports_gpu_offload():
        return "cpu"
    info = llama_cpp.llama_print_system_info().decode("utf-8", "replace").lower()
    return next((name for name in NAMES if name in info), "vulkan")


async def found() -> str:
    """``backend`` of another process; empty if it cannot be found out."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    name = said.decode("ascii", "replace").strip()
    return name if name in (*NAMES, "cpu") else ""


if __name__ == "__main__":
    print(backend())
