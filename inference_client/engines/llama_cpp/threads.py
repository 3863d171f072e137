"""How many threads llama.cpp should use: one for each physical core that this process may run on.

More than that is slower, and far slower when something else wants a core: the threads wait for each other by spinning.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

_CORES: Final = Path("/sys/devices/system/cpu")


def default(cores: Path = _CORES) -> int:
    """At least 1."""
    if sys.platform == "darwin":
        return _performance_cores() or os.cpu_count() or 1
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    found: set[str] = set()
    for number in allowed:
        try:
            found.add((cores / f"cpu{number}" / "topology" / "thread_siblings_list").read_text("ascii").strip())
        except OSError:
            found.add(str(number))
    return max(1, len(found))


def _performance_cores() -> int:
    """Of an Apple processor; 0 where the system does not tell."""
    command = ["/usr/sbin/sysctl", "-n", "hw.perflevel0.physicalcpu"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout  # noqa: S603
        return int(said)
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0
