"""What ``init`` writes: every key with its default, commented out, and a word about each."""

from pathlib import Path
from typing import Final

from inference_client.problems import Exit, Problem
from inference_client.state import write_private

TEMPLATE: Final = """\
# The inference client of a MeatLizard site: which models this machine runs, and what its owner allows.
# A line that begins with "# " and a key shows the default, or an example; take the "# " away to set it.
# Relative paths start at this file's folder. After a change start the client again.
# What stands here is explained in docs/INFERENCE_CLIENT.md.

[client]
# log_level = "info"              # debug, info, warning or error

[limits]
# max_slots = 4                   # answers written at once, over all models (default: all slots of all models)
# memory = "12 GiB"               # for all models together (default: what the machine has)
# quiet_hours = ["22:00-07:00", "sat,sun 00:00-24:00"]   # local time; nothing new begins then (default: none)
# pause_on_battery = false        # take nothing new while the machine runs on its battery
# pause_above = 90                # degrees Celsius; go on 8 degrees below (default: never pause; not readable on a Mac)
# own_jobs_only = false           # only jobs of the account that paired this machine

# --- models: one [[model]] each. The first job for a model loads it; another one leaves when memory is short. ---------

# A file on this machine:
# [[model]]
# alias = "small"                 # its name on the site
# file = "models/model.gguf"
# kind = "chat"                   # chat or embedding; speech and image need an upstream
# context_length = 8192           # tokens of each answer's context; 0: the model's own
# slots = 4                       # answers written at the same time
# keep_alive = "forever"          # stays in memory so long after its last job: 30m, 2h, forever
# preload = false                 # load it when the client starts
# gpu_layers = -1                 # layers on the GPU; -1: all
# threads = 0                     # processor threads; 0: llama.cpp's choice
# cache = "1 GiB"                 # memory for conversations that wait for their next question
# cache_disk = "0"                # room on the disk for those that have none in memory; 0: not on the disk
# chat_template = "template.jinja"   # instead of the one in the file
# mmproj = "mmproj.gguf"          # lets a model see images
# tools = true                    # what the model can do, if its file does not say it right
# thinking = "none"               # none, boolean (on or off) or level (low, medium, high)

# A file from Hugging Face, downloaded when it is not there:
# [[model]]
# alias = "downloaded"
# hf_repo = "owner/name"
# hf_file = "model.gguf"

# all-MiniLM-L6-v2 for vectors, downloaded when it is not there (46 MB), or another one by file or hf_repo and hf_file:
# [[model]]
# alias = "vectors"
# kind = "embedding"

# A model of a server that speaks OpenAI's HTTP interface (llama-server, Ollama, LM Studio, vLLM, SGLang):
# [upstream.cluster]
# base_url = "http://127.0.0.1:8080"
# api_key_env = "CLUSTER_API_KEY" # the key's environment variable; or
# api_key_file = "cluster.key"    # a file with it; or
# api_key = ""                    # the key itself, if nobody else can read this file
# flavour = "llama_server"        # llama_server, ollama, lm_studio, vllm, sglang or generic (default: find out)

# [upstream.cluster.timeouts]     # seconds
# connect = 10
# first = 600                     # until the first piece of an answer, loading included
# idle = 60                       # between two pieces
# whole = 600                     # of what comes in one piece
# probe = 10                      # of questions about the server itself
# health = 15                     # between two looks whether it is still there

# [[model]]
# alias = "big"
# upstream = "cluster"
# name = "meta/big-model"         # what the upstream calls it (default: the alias)
# vision = false                  # whether it sees images
"""


def write(path: Path, *, force: bool = False) -> Path | None:
    """Writes the template; returns where the file that was there before is kept. Raises Problem ``config_exists``."""
    backup = None
    try:
        if path.exists():
            if not force:
                message = f"{path} is there already and was not changed; --force writes a new one and keeps a copy"
                raise Problem("config_exists", message, Exit.CONFIG)
            backup = _free(path)
            write_private(backup, path.read_bytes())
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, TEMPLATE.encode())
    except OSError as error:
        raise Problem("config_wrong", f"{path} cannot be written: {error.strerror}", Exit.CONFIG) from None
    return backup


def _free(path: Path) -> Path:
    number = 1
    while (backup := path.with_name(f"{path.name}.backup{number}")).exists():
        number += 1
    return backup
