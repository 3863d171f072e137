"""A photograph of one's own in the scene, looked into as the jobs do."""

import io
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from tests.journeys.scene import Words


def photograph(alice: Any, words: "Words") -> dict[str, Any]:
    from files import actions
    from files.blobs import incoming
    from files.previews import actions as previews
    from tests.files.previews.contents import noted

    out = io.BytesIO()
    Image.new("RGB", (160, 120), "#3a7d44").save(out, "JPEG", exif=noted())
    coming = incoming.begin()
    coming.append(out.getvalue())
    file = actions.store(alice, None, words("wall.jpg", 200), incoming.adopt(coming))
    coming.abandon()
    previews.make(file.blob)
    return {"files:file": str(file.pk), "files:name": "small.webp"}
