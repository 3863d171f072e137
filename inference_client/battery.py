"""Whether this machine runs on its battery, where the system tells. Blocks for moments: call it in a thread."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

SECONDS: Final = 3.0
SUPPLIES: Final = Path("/sys/class/power_supply")


def on_battery(system: str = sys.platform) -> bool | None:
    """None: there is no battery, or nobody tells."""
    if system == "darwin":
        return from_pmset(_pmset())
    return from_supplies(SUPPLIES) if system.startswith("linux") else None


def from_pmset(text: str) -> bool | None:
    """Of ``pmset -g batt``, whose first line names the source."""
    first = text.partition("\n")[0]
    if "'Battery Power'" in first:
        return True
    return False if "'AC Power'" in first or "'UPS Power'" in first else None


def from_supplies(folder: Path) -> bool | None:
    """Of Linux's ``/sys/class/power_supply``. The batteries of mice and keyboards have the scope ``Device``."""
    mains: list[bool] = []
    batteries: list[str] = []
    for supply in sorted(folder.glob("*")):
        kind = _read(supply / "type")
        if kind == "Battery" and _read(supply / "scope") != "Device":
            batteries.append(_read(supply / "status"))
        elif kind in ("Mains", "USB") and _read(supply / "scope") != "Device":
            mains.append(_read(supply / "online") not in ("", "0"))
    if not batteries:
        return None
    return "Discharging" in batteries and not any(mains)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _pmset(run: Callable[..., "subprocess.CompletedProcess[str]"] = subprocess.run) -> str:
    try:
        done = run(["/usr/bin/pmset", "-g", "batt"], capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
