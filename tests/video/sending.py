"""A program that sends videos to a live site: by the API and by tus, with a key of Alice's."""

import base64
import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.services.programs import wait_until
from tests.services.site import LiveSite

KEY = """
from django.contrib.auth import get_user_model
from meatlizard.api.actions import create_key
owner = get_user_model().objects.create_user("alice", "alice@example.org", "correct horse battery lizard")
print(create_key(owner, "test", ["videos:read", "videos:write", "files:write"])[1])
"""


def key_of_alice(site: LiveSite) -> str:
    """Makes her account with it."""
    return site.manage("shell", "-v", "0", "-c", KEY).splitlines()[-1]


def sent(front: str, key: str, clip: Path, **more: object) -> str:
    """``front``: where the site is. The slug of the public video, once all of it is made."""

    def asked(method: str, address: str, body: bytes | None = None, **headers: str) -> Any:
        shown = {"Authorization": f"Bearer {key}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return urllib.request.urlopen(urllib.request.Request(address, body, shown, method=method), timeout=30)

    wish = json.dumps({"title": "The south wall", "privacy": "public"} | more).encode()
    made = json.load(asked("POST", f"{front}/api/v1/videos", wish, Content_Type="application/json"))
    name, content = base64.b64encode(clip.name.encode()).decode(), clip.read_bytes()
    tus = {"Tus_Resumable": "1.0.0", "Content_Type": "application/offset+octet-stream", "X_Upload_Video": made["slug"]}
    asked("POST", made["upload"], content, Upload_Length=str(len(content)), Upload_Metadata=f"filename {name}", **tus)

    def there() -> bool:
        now = json.load(asked("GET", f"{front}/api/v1/videos/{made['slug']}"))
        assert now["state"] not in ("failed", "cancelled"), now
        time.sleep(1)  # not more often than a key may ask
        return bool(now["state"] == "ready")

    wait_until(there, "the video is made", 180)
    return str(made["slug"])
