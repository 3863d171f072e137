"""A unit of the owner's own systemd, under ``~/.config/systemd/user``: needs no root.

Quoting follows systemd.syntax(7) and systemd.service(5): ``%`` begins a specifier, ``$`` a variable except after the
prefix ``:``.
"""

import getpass
from pathlib import Path

from inference_client.problems import Exit, Problem
from inference_client.service.program import (
    FINAL,
    RESTART_SECONDS,
    STOP_SECONDS,
    Done,
    Program,
    Runner,
    refused,
    write,
)

NO_BUS = (
    "log in as this very user (su and sudo give no session), or: export XDG_RUNTIME_DIR=/run/user/$(id -u); the file is "
    "written, so trying again is enough"
)


def unit(program: Program) -> str:
    """The unit's text. Raises Problem for a Python whose path systemd takes in no writing."""
    if set(str(program.python)) & set("\"'\\"):
        message = f"systemd takes no program whose path has a quote or a backslash: {program.python}; move it"
        raise Problem("odd_path", message, Exit.CONFIG)
    environment = "\n".join(
        f"Environment={_quoted(f'{name}={value}')}" for name, value in sorted(program.environment.items())
    )
    return f"""# Written by: python -m inference_client service install. What is changed here is lost with the next one.
[Unit]
Description=MeatLizard inference client
# A site or a network may be away for days; the client itself waits longer and longer between attempts.
StartLimitIntervalSec=0

[Service]
Type=exec
WorkingDirectory={_escaped(str(program.folder))}
{environment}
ExecStart=:{" ".join(_quoted(argument) for argument in program.arguments)}
Restart=on-failure
RestartSec={RESTART_SECONDS}
# Ends that another start would not change: {", ".join(str(int(code)) for code in FINAL)} say why in the log.
RestartPreventExitStatus={" ".join(str(int(code)) for code in FINAL)}
TimeoutStopSec={STOP_SECONDS}
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


class Systemd:
    """``run`` runs commands, ``home`` is the owner's directory."""

    def __init__(self, program: Program, run: Runner, home: Path) -> None:
        self._program = program
        self._run = run
        self.unit = f"{program.name}.service"
        self.path = home / ".config" / "systemd" / "user" / self.unit

    def install(self) -> list[str]:
        text = unit(self._program).encode()
        changed = not self.path.exists() or self.path.read_bytes() != text
        if changed:
            write(self.path, text)
        self._must("daemon-reload")
        self._must("enable", self.unit)
        # A service that is as it should be goes on with its answers.
        self._must("restart" if changed else "start", self.unit)
        said = [f"{'Installed' if changed else 'Already installed'}: {self.path}", f"Its log: {self._log()}"]
        return said + self._linger()

    def uninstall(self) -> list[str]:
        if not self.path.exists():
            return [f"There is no {self.path}; nothing to do."]
        stopped = self._systemctl("disable", "--now", self.unit)
        self.path.unlink()
        self._systemctl("daemon-reload")
        said = [f"Removed {self.path}."]
        if stopped.code:
            said.append(
                f"systemd did not stop it ({stopped.output or stopped.code}); it runs until the machine restarts."
            )
        return said

    def status(self) -> list[str]:
        if not self.path.exists():
            return ["not installed; install it with: python -m inference_client service install"]
        properties = ("ActiveState", "SubState", "MainPID", "NRestarts", "ExecMainStatus", "UnitFileState")
        done = self._systemctl("show", self.unit, "--property", ",".join(properties))
        if done.code:
            return [f"installed: {self.path}", f"systemd does not answer: {done.output}; {NO_BUS}"]
        found = dict(line.split("=", 1) for line in done.output.splitlines() if "=" in line)
        state = f"{found.get('ActiveState', 'unknown')} ({found.get('SubState', 'unknown')})"
        said = [f"installed: {self.path}", f"state: {state}, {found.get('UnitFileState') or 'not enabled'}"]
        if found.get("MainPID", "0") != "0":
            said.append(f"process: {found['MainPID']}, restarted {found.get('NRestarts', '0')} times")
        elif found.get("ExecMainStatus", "0") != "0":
            said.append(f"last exit code: {found['ExecMainStatus']}; the log says why")
        return [*said, f"log: {self._log()}"]

    def active(self) -> bool:
        return self._systemctl("is-active", self.unit).code == 0

    def _log(self) -> str:
        return f"journalctl --user -u {self.unit}"

    def _linger(self) -> list[str]:
        """Whether it runs without anybody logged in, as far as the system tells."""
        user = getpass.getuser()
        done = self._run(("loginctl", "show-user", user, "--property", "Linger"))
        if done.code == 0 and "Linger=yes" in done.output:
            return []
        return [
            f"It ends when you log out, and starts when you log in. To let it run always: loginctl enable-linger {user}"
        ]

    def _must(self, *words: str) -> None:
        done = self._systemctl(*words)
        if done.code == 127:
            message = f"systemd is not here; let whatever starts programs run: {self._program.typed}"
            raise Problem("no_service", message, Exit.CONTROL)
        if done.code:
            remedy = NO_BUS if "bus" in done.output else f"see: systemctl --user status {self.unit}, and {self._log()}"
            raise refused(("systemctl", "--user", *words), done, remedy)

    def _systemctl(self, *words: str) -> Done:
        return self._run(("systemctl", "--user", *words))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_escaped(escaped)}"'
