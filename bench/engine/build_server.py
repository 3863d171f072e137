"""``python -m bench.engine.build_server``: llama-server from the very llama.cpp that llama-cpp-python brings along.

The source archive of the pinned llama-cpp-python holds llama.cpp whole, its server too. What is made lies in
``~/.cache/meatlizard/llama-server/<version>/`` (MEATLIZARD_CACHE names another place); a second call finds it there.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "llama-cpp-python"
BUILD_TOOLS = ("cmake==4.4.4", "ninja==1.13.2")
INNER = re.compile(r"^[^/]+/vendor/llama\.cpp/(.+)$")
# As llama-cpp-python builds it: shared libraries, Release, this machine's instructions, OpenMP. Without the pages it would
# fetch from the Internet.
OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=ON",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_OPENSSL=OFF",
)


def cache() -> Path:
    return Path(os.environ.get("MEATLIZARD_CACHE") or Path.home() / ".cache" / "meatlizard")


def server_path() -> Path:
    """Where the program lies, or will lie once built."""
    return cache() / "llama-server" / version(PACKAGE) / "build" / "bin" / "llama-server"


def _run(*command: str | Path) -> None:
    print("#", *command, flush=True)
    subprocess.run([str(part) for part in command], check=True)


def _pinned() -> str:
    """The package's lines of the requirements: its version with the hashes the archive must have."""
    text = (ROOT / "requirements-client.txt").read_text().replace("\\\n", " ")
    return next(line for line in text.splitlines() if line.startswith(f"{PACKAGE}=="))


def fetch(into: Path) -> None:
    """llama.cpp's source out of the archive pip downloads and checks, as the directory ``into``."""
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary, "wanted.txt")
        wanted.write_text(_pinned() + "\n")
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps")
        _run(*pip, "--no-binary", PACKAGE, "--require-hashes", "-r", wanted, "-d", temporary)
        archive = next(Path(temporary).glob("llama_cpp_python-*.tar.gz"))
        with tarfile.open(archive) as tar:
            members = []
            for member in tar.getmembers():
                if inner := INNER.match(member.name):
                    member.name = inner[1]
                    members.append(member)
            tar.extractall(into, members, filter="data")
    if not (into / "tools" / "server" / "main.cpp").is_file():
        raise SystemExit(f"The archive of {_pinned().split()[0]} holds no tools/server; nothing to compare with.")


def build() -> Path:
    """The program's path. Raises CalledProcessError with the compiler's words above it."""
    program = server_path()
    if program.is_file():
        return program
    home = program.parents[2]
    source = home / "source"
    if not (source / "CMakeLists.txt").is_file():
        fetch(source)
    tools = home / "tools"
    _run(sys.executable, "-m", "venv", tools)
    _run(tools / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", *BUILD_TOOLS)
    cmake, ninja = tools / "bin" / "cmake", tools / "bin" / "ninja"
    _run(cmake, "-S", source, "-B", home / "build", "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}", *OPTIONS)
    jobs = str(os.cpu_count() or 2)
    _run("nice", "-n", "10", cmake, "--build", home / "build", "--target", "llama-server", "-j", jobs)
    return program


if __name__ == "__main__":
    print(build())
