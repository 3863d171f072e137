"""What the machine has left. A container's own limit counts where there is one, for the kernel ends what goes past it."""

import shutil
from pathlib import Path

PROC = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def memory_used(meminfo: Path = PROC, cgroup: Path = CGROUP) -> float | None:
    """Percent of memory that cannot be had any more; None where that is not told (not Linux)."""
    shares = [share for share in (_of_cgroup(cgroup), _of_machine(meminfo)) if share is not None]
    return max(shares, default=None)


def disk_used(folder: Path) -> float:
    """Percent of the disk that ``folder`` lies on."""
    usage = shutil.disk_usage(folder)
    # Free is what is left for us; the rest of the total is kept back for root.
    return 100 * usage.used / max(1, usage.used + usage.free)


def _of_machine(meminfo: Path) -> float | None:
    try:
        lines = meminfo.read_text().splitlines()
        found = {
            name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest.split()
        }
        return 100 * (1 - found["MemAvailable"] / found["MemTotal"])
    except (OSError, ValueError, KeyError, ZeroDivisionError):
        return None


def _of_cgroup(cgroup: Path) -> float | None:
    try:
        most, used = (cgroup / "memory.max").read_text(), int((cgroup / "memory.current").read_text())
        stat = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        # Pages of files are given up when memory is wanted.
        return 100 * max(0, used - int(stat.get("inactive_file", 0))) / int(most)
    except (OSError, ValueError, ZeroDivisionError):
        return None
