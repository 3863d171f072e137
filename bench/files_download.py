"""What downloads cost: ``python -m bench.files_download``.

The same file of 512 MiB from nginx (``sendfile``), from a live site by its own Range code, and from the site through nginx with
``X-Accel-Redirect``, read by curl into nothing, by turns and ROUNDS times: MiB a second (median), CPU of the server for a GiB, and the ratios
that matter. Then the site's memory while SLOW readers hold a download each. Prints ``name value unit`` lines.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.files.serving.seeding import Seeded, seed
from tests.files.serving.test_live import FRONT, INSIDE, resident, shipped
from tests.services.nginx import nginx_server
from tests.services.programs import Program, free_port, new_folder
from tests.services.site import LiveSite

SIZE = 512 << 20
ROUNDS = 5
SLOW = 50
TICKS = os.sysconf("SC_CLK_TCK")


def say(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.3g} {unit}", flush=True)


def cpu(pid: int) -> float:
    """Seconds of a process and its children that are there."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(parts[11]) + int(parts[12])) / TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu(int(child)) for child in children)


def fetch(url: str, key: str = "") -> float:
    """Seconds."""
    program = shutil.which("curl")
    assert program is not None, "curl is needed"
    headers = ["-H", f"Authorization: Bearer {key}"] if key else []
    began = time.perf_counter()
    done = subprocess.run(
        [program, "-s", "-f", "-o", "/dev/null", "-w", "%{size_download}", *headers, url],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == SIZE
    return time.perf_counter() - began


def measured(ways: dict[str, tuple[str, str, list[int]]]) -> Iterator[tuple[str, float, float]]:
    """Name, MiB a second, CPU seconds of each way; all of them by turns, so that what else the machine does falls on each."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    used: dict[str, list[float]] = {name: [] for name in ways}
    for _round in range(ROUNDS):
        for name, (url, key, pids) in ways.items():
            before = sum(map(cpu, pids))
            took[name].append(fetch(url, key))
            used[name].append(sum(map(cpu, pids)) - before)
    for name in ways:
        yield name, SIZE / (1 << 20) / median(took[name]), median(used[name]) * (1 << 30) / SIZE


def memory(site: LiveSite, seeded: Seeded) -> float:
    """MiB that SLOW readers, who read nothing, make the site grow by."""
    before = resident(site)
    links = []
    for _reader in range(SLOW):
        link = socket.create_connection(("127.0.0.1", site.port), 20)
        link.sendall(
            f"GET {seeded.paths['large.bin']} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nAuthorization: Bearer {seeded.key}\r\n\r\n".encode()
        )
        link.recv(100)
        links.append(link)
    grown = (resident(site) - before) / (1 << 20)
    for link in links:
        link.close()
    return grown


def main() -> None:
    root, port, front_port = new_folder("bench"), free_port(), free_port()
    with (root / "large.bin").open("wb") as file:
        for number in range(SIZE // (1 << 20)):
            file.write(number.to_bytes(4, "big") * (1 << 18))
    with ExitStack() as life:
        site = LiveSite(LOG_LEVEL="WARNING").prepare()
        life.callback(site.end)
        seeded = seed(site, {"large.bin": root / "large.bin"})
        site.start()
        site.settings["FILES_SENT_BY"] = "x-accel-redirect"
        accelerated = site.sibling().start()
        life.callback(accelerated.end)
        plain: Program = life.enter_context(
            nginx_server(INSIDE.format(port=port, root=root).replace("server {", "sendfile on; server {"), port)
        )
        inside = FRONT.format(site=accelerated.port, port=front_port, locations=shipped(site))
        front: Program = life.enter_context(nginx_server("sendfile on;" + inside, front_port))
        path = seeded.paths["large.bin"]
        ways = {
            "nginx": (f"http://127.0.0.1:{port}/large.bin", "", [plain.pid]),
            "site": (f"http://127.0.0.1:{site.port}{path}", seeded.key, [site.program.pid]),
            "accel": (f"http://127.0.0.1:{front_port}{path}", seeded.key, [front.pid, accelerated.program.pid]),
        }
        rates = {}
        for name, rate, seconds in measured(ways):
            rates[name] = rate
            say(f"{name}.rate", rate, "MiB/s")
            say(f"{name}.cpu", seconds, "s/GiB")
        say("site.of_nginx", rates["site"] / rates["nginx"], "ratio")
        say("accel.of_nginx", rates["accel"] / rates["nginx"], "ratio")
        say(f"site.memory_{SLOW}_slow_readers", memory(site, seeded), "MiB")


if __name__ == "__main__":
    main()
