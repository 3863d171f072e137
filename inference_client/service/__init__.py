"""Running by itself: the client as a service of its owner's account, by launchd on macOS, by systemd on Linux.

Both run the very Python and the very code that installed them, start it again after a crash or while the site is away,
and leave it alone after an end that another start would not change.
"""

import sys
from pathlib import Path

from inference_client.problems import Exit, Problem
from inference_client.service.launchd import Launchd
from inference_client.service.program import Program, Runner, Service, run
from inference_client.service.systemd import Systemd

__all__ = ["Program", "Service", "service_of"]


def service_of(program: Program, system: str = sys.platform, runner: Runner = run, home: Path | None = None) -> Service:
    """What keeps ``program`` running on this system. Raises Problem ``no_service`` where nothing is known that does."""
    home = home or Path.home()
    if system == "darwin":
        return Launchd(program, runner, home)
    if system.startswith("linux"):
        return Systemd(program, runner, home)
    message = f"services are installed on macOS and Linux; on {system} start this by its own means: {program.typed}"
    raise Problem("no_service", message, Exit.CONTROL)
