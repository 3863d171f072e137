"""Python imports this at start when its folder is on PYTHONPATH: the site and client of the tests stay on this machine too."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("network_guard", Path(__file__).parent.parent / "guard.py")
assert _spec is not None and _spec.loader is not None
_guard = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_guard)
_guard.install()
