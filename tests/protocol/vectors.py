"""Where test data made by others lies: the folder named by ``VECTORS_DIR``."""

import json
import os
from pathlib import Path
from typing import Any

import pytest


def load(name: str) -> dict[str, Any]:
    """The JSON file ``name``; skips the test when no folder is set, fails when the folder lacks the file."""
    folder = os.environ.get("VECTORS_DIR")
    if not folder:
        pytest.skip("VECTORS_DIR names no folder with public test vectors")
    loaded: dict[str, Any] = json.loads((Path(folder) / name).read_text(encoding="utf-8"))
    return loaded


def cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(group, test) of a Wycheproof file."""
    return [(group, test) for group in load(name)["testGroups"] for test in group["tests"]]
