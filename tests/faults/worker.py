"""The process that makes worker processes: ``python -m tests.faults.worker FOLDER``.

Django takes most of a second of this machine to load, and some hundred workers are killed: so one process loads it and forks a worker,
a real process with connections of its own, for each line ``KIND NAME NODE SEED [DIARY OF THE PREDECESSOR]`` on its input. It answers with
the worker's process number.
"""

import os
import random
import signal
import sys
import traceback
from pathlib import Path
from uuid import UUID

import django


def main(folder: Path) -> None:
    django.setup()
    # Whoever is killed is to leave nothing behind, not even a zombie.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.close(0)
            os.close(1)
            _be_worker(folder, *line.split())
        print(pid, flush=True)


def _be_worker(folder: Path, kind: str, name: str, node: str, seed: str, predecessor: str = "") -> None:
    from tests.faults.work import KINDS, Diary, read_diary, work

    memory = None
    if predecessor:
        begun = [note for note in read_diary(folder / predecessor) if note.what == "began"]
        memory = begun[-1] if begun else None
    try:
        work(KINDS[kind](name, UUID(node), Diary(folder / name), random.Random(seed)), memory)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # Never back into the loop that forks.
        os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
