"""What this machine remembers, in one directory for its owner alone: its key and the site it belongs to.

``MEATLIZARD_HOME`` chooses another directory, so that one account can serve several sites.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import platformdirs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import BaseModel, ConfigDict, ValidationError

from inference_client.problems import Exit, Problem
from inference_client.protocol import keys

HOME_VARIABLE: Final = "MEATLIZARD_HOME"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Site(BaseModel):
    """The site this machine is paired with. ``server_public`` is base64 of 32 bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    server_public: str
    node: UUID
    name: str
    insecure_http: bool = False


class Home:
    """The state directory. Made on first use with mode 0700; refused if others can read it."""

    def __init__(self, path: Path | None = None) -> None:
        configured = os.environ.get(HOME_VARIABLE)
        self.path = path or (Path(configured) if configured else platformdirs.user_config_path("meatlizard"))

    @property
    def key_path(self) -> Path:
        return self.path / "node.key"

    @property
    def site_path(self) -> Path:
        return self.path / "site.json"

    @property
    def models_path(self) -> Path:
        """Where downloads go."""
        return self.path / "models"

    def prepare(self) -> None:
        """Makes the directory. Raises Problem ``state_open`` if others can read it, ``state_unusable``."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = self.path.stat().st_mode
        except OSError as error:
            raise Problem("state_unusable", f"{self.path} cannot be used: {error.strerror}", Exit.NOT_PAIRED) from None
        if mode & _OTHERS:
            raise Problem(
                "state_open",
                f"others can read {self.path}; make it yours alone with: chmod 700 {self.path}",
                Exit.NOT_PAIRED,
            )

    def site(self) -> Site:
        """Raises Problem ``not_paired`` or ``state_unusable``."""
        try:
            return Site.model_validate_json(self.site_path.read_bytes())
        except FileNotFoundError:
            raise Problem(
                "not_paired",
                "this machine is not paired; get a code from the site's administration, then: "
                "python -m inference_client pair https://your.site CODE",
                Exit.NOT_PAIRED,
            ) from None
        except OSError as error:
            message = f"{self.site_path} cannot be read: {error.strerror}"
            raise Problem("state_unusable", message, Exit.NOT_PAIRED) from None
        except ValidationError:
            message = f"{self.site_path} is damaged; unpair and pair this machine again"
            raise Problem("state_unusable", message, Exit.NOT_PAIRED) from None

    def key(self) -> X25519PrivateKey:
        """Raises Problem ``key_unusable``."""
        try:
            return keys.load_private(self.key_path)
        except keys.KeyFileError as error:
            raise Problem("key_unusable", str(error), Exit.NOT_PAIRED) from None

    def paired(self) -> bool:
        return self.site_path.exists()

    def remember(self, site: Site, key: X25519PrivateKey) -> None:
        """Writes both, each whole or not at all."""
        self.prepare()
        try:
            keys.save_private(self.key_path, key, replace=True)
        except keys.KeyFileError as error:
            raise Problem("key_unusable", str(error), Exit.NOT_PAIRED) from None
        write_private(self.site_path, site.model_dump_json(indent=2).encode() + b"\n")

    def forget(self) -> None:
        """Removes key and site."""
        self.site_path.unlink(missing_ok=True)
        self.key_path.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """For as long as this program runs with the key. Raises Problem ``already_running``."""
        with (self.path / "run.lock").open("a+", encoding="ascii") as file:
            os.chmod(file.name, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                other = file.read(20).strip() or "unknown"
                raise Problem(
                    "already_running",
                    f"the inference client already runs with this key (process {other}); stop it first, "
                    f"or give the second one its own {HOME_VARIABLE} and pair it",
                    Exit.RUNNING,
                ) from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield


def write_private(path: Path, content: bytes) -> None:
    """``content`` in ``path``, readable by its owner only, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
