"""``python -I -S launch.py BOUNDS PROGRAM ARGUMENT...``: gives up what the program shall not have, then becomes it.

BOUNDS is JSON: ``parent`` (process id), ``memory``, ``written`` (bytes), ``cpu`` (seconds), ``files``, ``processes``, ``nice``; a bound of 0
is none. With ``--say`` as the program it prints what holds here and ends. Standard library alone: it runs before every start of ffmpeg.
"""

import contextlib
import ctypes
import errno
import json
import os
import platform
import resource
import struct
import sys

CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 1, 22, 2, 38
SIGKILL = 9
IOPRIO_WHO_PROCESS, LAST_OF_BEST_EFFORT = 1, (2 << 13) | 7

# The audit architecture, ioprio_set, and what is refused: socket, socketpair, io_uring_setup. Of <asm/unistd.h>.
SYSTEMS = {"x86_64": (0xC000003E, 251, (41, 53, 425)), "aarch64": (0xC00000B7, 30, (198, 199, 425))}
SECOND_DOOR = 0x40000000
"""Numbers from here on reach the same calls by x86_64's x32."""


def bound(name: str, most: int, grace: int = 0) -> None:
    """``grace``: what is left when the program has been warned."""
    if most:
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (most, most + grace if hard == resource.RLIM_INFINITY else hard))


def without_sockets(machine: str) -> bytes:
    """A program for seccomp (struct sock_filter of <linux/filter.h>): calls that open sockets or rings fail with EACCES."""
    architecture, _, refused = SYSTEMS[machine]
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    no, yes = 0x00050000 | errno.EACCES, 0x7FFF0000
    steps = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, no), (load, 0, 0, 0)]
    # Jumps count from the next step; ``yes`` follows the last comparison, ``no`` follows it.
    steps += [(at_least, len(refused) + 1, 0, SECOND_DOOR)]
    steps += [(equal, len(refused) - at, 0, number) for at, number in enumerate(refused)]
    steps += [(answer, 0, 0, yes), (answer, 0, 0, no)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def give_up_network(libc: ctypes.CDLL) -> dict[str, bool]:
    """By an empty network of its own where the kernel lets us, and by refusing sockets, which takes no right. Says what succeeded."""
    own_user = libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) == 0
    own_network = own_user or libc.unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0
    refused = False
    if platform.machine() in SYSTEMS:
        code = without_sockets(platform.machine())
        kept = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("@HP", len(code) // 8, ctypes.addressof(kept))
        refused = libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(program), 0, 0) == 0
    return {"own_user": own_user, "own_network": own_network, "sockets_refused": refused}


def counts_by_user_namespace() -> bool:
    """Before Linux 5.14 a bound on processes counts all of this user's, the site's included."""
    major, minor = (int(part) for part in platform.release().split(".")[:2])
    return (major, minor) >= (5, 14)


def on_linux(bounds: dict[str, int]) -> dict[str, bool]:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() != bounds["parent"]:
        # It died before it was looked at.
        sys.exit(1)
    if platform.machine() in SYSTEMS:
        libc.syscall(SYSTEMS[platform.machine()][1], IOPRIO_WHO_PROCESS, 0, LAST_OF_BEST_EFFORT)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    holds = give_up_network(libc)
    if holds["own_user"] and counts_by_user_namespace():
        bound("RLIMIT_NPROC", bounds["processes"])
    # Elsewhere an address space is not what it says, and programs are refused their own start.
    bound("RLIMIT_AS", bounds["memory"])
    return holds


def main() -> None:
    bounds = json.loads(sys.argv[1])
    holds = on_linux(bounds) if sys.platform == "linux" else {}
    # Killed at once, nobody would know why.
    bound("RLIMIT_CPU", bounds["cpu"], grace=5)
    for name, key in (("RLIMIT_FSIZE", "written"), ("RLIMIT_NOFILE", "files")):
        bound(name, bounds[key])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        os.nice(bounds["nice"])
    if sys.argv[2] == "--say":
        sys.stdout.write(json.dumps(holds))
        return
    os.execve(sys.argv[2], sys.argv[2:], dict(os.environ))  # noqa: S606  (that there is no shell is the point)


if __name__ == "__main__":
    main()
