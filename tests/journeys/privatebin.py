"""PBinCLI, which nobody here wrote, as a person types it."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from tests.services.programs import missing, new_folder
from tests.services.site import LiveSite, outer_environment

QUICKER = Path(__file__).with_name("run_pbincli.py")


class PBinCLI:
    """Its commands against one site, each in the same fresh folder. ``key``: of this site's API, empty: without an account."""

    def __init__(self, site: LiveSite, key: str = "") -> None:
        if importlib.util.find_spec("pbincli") is None:
            missing("pbincli is not installed")
        self.site, self.folder = site, new_folder("pbincli")
        self.sign = ["--auth", "custom", "--auth-custom", json.dumps({"Authorization": f"Bearer {key}"})] if key else []

    def run(self, *arguments: str, text: str = "") -> tuple[int, str]:
        """Exit code, and what it printed to both."""
        done = subprocess.run(
            [sys.executable, str(QUICKER), *arguments], cwd=self.folder, input=text, capture_output=True, text=True, check=False,
            env=outer_environment() | {"HOME": str(self.folder)}, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def send(self, text: str, *options: str) -> dict[str, str]:
        """The paste it made: ``link``, ``deletelink``, ``id`` and so on."""
        code, printed = self.run(
            "send", "-s", f"{self.site.url}/sealed/", "--json", *self.sign, *options, "-", text=text
        )
        assert code == 0, printed
        made: dict[str, str] = json.loads(printed)["result"]
        return made

    def get(self, link: str, *options: str) -> str:
        """The text of a paste. Raises AssertionError where it does not come."""
        code, printed = self.run("get", *options, link)
        assert code == 0 and "Saving it to" in printed, printed
        slug = link.partition("?")[2].partition("#")[0]
        file = self.folder / f"paste-{slug}.txt"
        return file.read_text() if file.exists() else ""

    def refused(self, command: str, link: str, *options: str) -> str:
        """What it says when it does not succeed."""
        code, printed = self.run(command, *options, link)
        assert code != 0, printed
        return printed
