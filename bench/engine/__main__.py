"""``python -m bench.engine [--quick] [PART ...]``: the engine beside llama-server, and what only this client has.

Prints ``name value unit`` lines, with the goal where there is one. ``--quick`` takes fewer samples and ends within six
minutes. The first call builds llama-server (minutes) and writes the models into ``~/.cache/meatlizard``.
"""

import argparse
import asyncio
import os
import time
from importlib import import_module

from bench.engine import build_server
from bench.engine.figures import say
from bench.engine.model import KINDS, bench_model

PARTS = ("throughput", "prefix", "stopping", "overhead", "memory", "links")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples, under six minutes")
    parser.add_argument("--threads", type=int, default=1, help="of the model, on both sides (default: 1)")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    build_server.build()
    for kind in KINDS:
        bench_model(kind)
    cores = os.cpu_count() or 1
    print(f"# {cores} cores, load {os.getloadavg()[0]:.1f} at the beginning, {options.threads} threads for the model")
    for part in options.parts or PARTS:
        began = time.monotonic()
        asyncio.run(import_module(f"bench.engine.{part}").run(options.quick, options.threads))
        say(f"{part}.took", time.monotonic() - began, "s")
    print(f"# load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
