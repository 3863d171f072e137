"""The site as a person starts it: ``manage.py serve`` in a process of its own, with its own database, secrets and files."""

import functools
import http.client
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from inference_client.protocol import keys
from tests.services import migrated, shared
from tests.services.programs import Program, free_port, new_folder, wait_until

ROOT = Path(__file__).parent.parent.parent
GUARDED = Path(__file__).parent / "guarded"
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
"""What a site in a test sees of the caller's environment; a developer's own DATABASE_URL must not meet the tests."""


def outer_environment() -> dict[str, str]:
    """What every Python program of the tests gets: little of the caller's environment, and the network guard."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
        "PYTHONPATH": str(GUARDED),
        "PYTHONUNBUFFERED": "1",
    }


def site_settings(home: Path) -> dict[str, str]:
    """Settings of a site of its own: fresh secrets, files under ``home``, SQLite, no outside service, no ``.env``, and none of the
    site's own texts before conversations."""
    return {
        "DJANGO_SETTINGS_MODULE": "meatlizard.settings",
        "ENV_FILE": "",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "INFERENCE_SERVER_KEY": keys.private_to_text(keys.generate()),
        "VAR_DIR": str(home),
        "DATABASE_URL": f"sqlite:///{home}/db.sqlite3",
        # The tiny model was not trained under the texts that the site puts before conversations, and answers otherwise.
        "PROMPT_LAYERS": "false",
    }


class LiveSite:
    """One site process at ``url``. ``sibling`` makes a second one of the same site."""

    def __init__(self, database_url: str = "", redis_url: str = "", **settings: str) -> None:
        self.home = new_folder("site")
        self.settings = site_settings(self.home) | settings
        if database_url:
            self.settings["DATABASE_URL"] = database_url
        if redis_url:
            self.settings["REDIS_URL"] = redis_url
        self.port = free_port()
        self.settings["SITE_URL"] = self.url
        self._program: Program | None = None

    def sibling(self) -> "LiveSite":
        """Another process of this site: the same database, secrets and files, another port. Not started yet."""
        other = LiveSite.__new__(LiveSite)
        other.home, other.settings, other.port, other._program = self.home, self.settings, free_port(), None
        return other

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        """Its SQLite file, where it has one."""
        return self.home / "db.sqlite3"

    @property
    def program(self) -> Program:
        assert self._program is not None, "the site was not started"
        return self._program

    @property
    def log(self) -> Path:
        return self.home / f"site-{self.port}.log"

    def manage(self, *arguments: str) -> str:
        """Runs a management command of this site and returns what it printed. Raises AssertionError with its error output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=outer_environment() | self.settings, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def prepare(self) -> "LiveSite":
        """Makes the tables and puts the static files in place, as ``make run`` does before the first start."""
        made = _made_once()
        self.settings["STATIC_ROOT"] = str(made / "static")
        if self.settings["DATABASE_URL"] == f"sqlite:///{self.database}":
            shutil.copyfile(made / "db.sqlite3", self.database)
        else:
            migrated.fill(self.settings["DATABASE_URL"])
        return self

    def start(self, seconds: float = 180) -> "LiveSite":
        """Starts the process and waits until it answers."""
        argv = [sys.executable, "manage.py", "serve", "--port", str(self.port)]
        self._program = Program(f"site {self.port}", argv, self.log, env=outer_environment() | self.settings, cwd=ROOT)
        wait_until(self.answers, f"the site answers on port {self.port}", seconds, alive=self._program)
        return self

    def answers(self) -> bool:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            link.request("GET", "/")
            return link.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def kill(self) -> None:
        """``kill -9``."""
        self.program.kill()

    def terminate(self) -> int:
        """Asks it to end, as Ctrl-C does; its exit code."""
        return self.program.stop()

    def end(self) -> None:
        if self._program is not None and self._program.running:
            self._program.kill()


@functools.cache
def _made_once() -> Path:
    """A folder with a migrated SQLite database and the collected static files, for all sites of this session."""
    built = ROOT / "frontend/dist/ml"
    assert (built / "chat.js").exists(), "The front-end is not built: make assets"
    return shared.made("site", _make)


def _make(folder: Path) -> None:
    site = LiveSite()
    site.settings["STATIC_ROOT"] = str(folder / "static")
    migrated.copy_to(folder / "db.sqlite3")
    site.manage("collectstatic", "--no-input", "--verbosity", "0")
