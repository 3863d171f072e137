"""Files in the library of a live site, put there by a process of its own as an upload would be."""

import json
from pathlib import Path

from tests.services.site import LiveSite

MAKE = """
import json, sys, time
from django.contrib.auth import get_user_model
from django.test import Client
from files import actions
from files.blobs import incoming
from meatlizard.api.actions import create_key
users = get_user_model().objects
owner = users.filter(username="alice").first() or users.create_user("alice", "alice@example.org", {password!r})
made = {{}}
for name, path in json.loads({files!r}).items():
    coming = incoming.begin()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            coming.append(piece)
    file = actions.store(owner, None, name, incoming.adopt(coming))
    coming.abandon()
    made[name] = [f"/files/{{file.pk}}/content/{{name}}", file.blob_id]
_row, key = create_key(owner, "test", ["files:read"])
browser = Client()
browser.force_login(owner)
print(json.dumps({{"files": made, "key": key, "session": browser.session.session_key}}))
"""


class Seeded:
    """``paths`` of the files' contents by their names, ``hashes`` of them, a ``key`` that reads them, and the ``session`` of
    who has them."""

    def __init__(self, paths: dict[str, str], hashes: dict[str, str], key: str, session: str) -> None:
        self.paths, self.hashes, self.key, self.session = paths, hashes, key, session


def seed(site: LiveSite, files: dict[str, Path], password: str = "correct horse battery lizard") -> Seeded:
    """``files``: name to where the content lies. Alice owns them."""
    script = MAKE.format(password=password, files=json.dumps({name: str(path) for name, path in files.items()}))
    said = json.loads(site.manage("shell", "-v", "0", "-c", script).splitlines()[-1])
    return Seeded(
        {name: path for name, (path, _hash) in said["files"].items()},
        {name: sha256 for name, (_path, sha256) in said["files"].items()},
        said["key"],
        said["session"],
    )
