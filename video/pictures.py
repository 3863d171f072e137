"""Which pictures of a video there are to be shown for it, and which one is: what its column ``thumbnail`` says, and nothing else writes.

``{"frames": [names], "upload": name or "", "chosen": name}``. Frames lie in the video's present place, below ``thumbnail/``, and are others when
it is made anew; what its owner gave lies beside the places, and stays.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Known: TypeAlias = Mapping[str, Any] | None


def names(known: Known) -> list[str]:
    said = known or {}
    return [*said.get("frames", []), *([said["upload"]] if said.get("upload") else [])]


def with_frames(known: Known, frames: Sequence[str]) -> dict[str, Any]:
    """The middle one is shown, unless that is the owner's own."""
    said = known or {}
    upload = said.get("upload", "")
    chosen = upload if upload and said.get("chosen") == upload else frames[len(frames) // 2]
    return {"frames": list(frames), "upload": upload, "chosen": chosen}


def without_frames(known: Known) -> dict[str, Any] | None:
    upload = (known or {}).get("upload", "")
    return {"frames": [], "upload": upload, "chosen": upload} if upload else None


def with_upload(known: Known, name: str) -> dict[str, Any]:
    return {"frames": (known or {}).get("frames", []), "upload": name, "chosen": name}
