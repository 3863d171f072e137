"""Where settings come from: the environment, and ``.env`` or what ENV_FILE names."""

import os
from pathlib import Path

from meatlizard import environment as parse

BASE_DIR = Path(__file__).resolve().parent.parent

env = parse.Env()
if _env_file := os.environ.get("ENV_FILE", str(BASE_DIR / ".env")):
    env.read_env(_env_file)
