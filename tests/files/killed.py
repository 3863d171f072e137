"""A process that stores one file and is killed at the first step of it, then at the second, and so on until it gets to its end.

``python -m tests.files.killed FOLDER OWNER``: prints a line of JSON for each life: where it ended, and what it had acknowledged.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import django

STEPS = frozenset({"open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.truncate"})
CONTENT = b"Lizards bask on the south wall.\n" * 100


class Killer:
    """Ends this process like a power cut, at its step number ``at``: before a call that changes the disk, after a statement."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, args: Any) -> None:
        if event in STEPS:
            self.step()

    def statement(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        self.step()
        return answer


def main() -> None:
    folder, owner = Path(sys.argv[1]), int(sys.argv[2])
    django.setup()
    from django.conf import settings

    settings.MEDIA_ROOT, settings.INCOMING_DIR = folder / "media", folder / "incoming"
    for at in range(1, 200):
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            life(at, owner, tell)
        os.close(tell)
        with os.fdopen(told) as said:
            words = said.read().splitlines()
        _pid, status = os.waitpid(child, 0)
        ended = os.WIFEXITED(status)
        print(json.dumps({"at": at, "ended": ended, "status": status, "said": words}), flush=True)
        if ended:
            return


def life(at: int, owner: int, tell: int) -> None:
    from django.db import connection

    from files import actions
    from files.blobs import incoming
    from meatlizard.accounts.models import User

    coming = incoming.begin()
    coming.append(CONTENT + str(at).encode())
    coming.sync()
    person = User.objects.select_related("tier").get(pk=owner)
    os.write(tell, f"upload {coming.id}\n".encode())
    killer = Killer(at)
    sys.addaudithook(killer.audit)
    connection.execute_wrappers.append(killer.statement)
    blob = incoming.adopt(coming)
    killer.step()
    file = actions.store(person, None, "a.txt", blob)
    os.write(tell, f"stored {file.pk}\n".encode())
    coming.abandon()
    os._exit(0)


if __name__ == "__main__":
    main()
