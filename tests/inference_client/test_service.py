"""The client as a service of its owner's account: files that the system's own tools accept, and every refusal in words."""

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from inference_client.commands import main
from inference_client.problems import Exit, Problem
from inference_client.protocol import keys
from inference_client.service import Program, launchd, program, service_of, supervised, systemd
from inference_client.service.launchd import Launchd
from inference_client.service.program import FINAL, Done
from inference_client.service.systemd import Systemd
from inference_client.state import HOME_VARIABLE, Home, Site
from tests.inference_client.fake_site import NODE
from tests.models import MODEL_PATH

NO_BUS = Done(1, "Failed to connect to bus: No medium found")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Of a paired machine with a configuration."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "state"))
    home = Home()
    public = keys.public_to_text(keys.public_bytes(keys.generate()))
    home.remember(Site(url="https://chat.example.org", server_public=public, node=NODE, name="mac"), keys.generate())
    (home.path / "inference_client.toml").write_text(f'[[model]]\nalias = "tiny"\nfile = "{MODEL_PATH}"\n')
    return home


def here(home: Home, **environment: str) -> Program:
    return Program.here(home, None, {HOME_VARIABLE: str(home.path), **environment})


class Manager:
    """Stands for systemctl, loginctl and launchctl: notes what they are told, answers what a test says, refuses all else."""

    def __init__(self, *known: str, **answers: Done) -> None:
        self.told: list[str] = []
        self.loaded = False
        self.busy = 0
        self.answers = answers

    def __call__(self, command: Sequence[str]) -> Done:
        self.told.append(" ".join(command))
        verb = command[2] if command[0] == "systemctl" else command[1]
        if verb in self.answers:
            return self.answers[verb]
        assert command[:2] == ("systemctl", "--user") or command[0] in ("loginctl", "launchctl"), command
        return getattr(self, "_" + verb.replace("-", "_"), lambda: Done(0))()

    def verbs(self) -> list[str]:
        return [words.split()[2 if words.startswith("systemctl") else 1] for words in self.told]

    def _print(self) -> Done:
        text = (
            "gui/501/meatlizard = {\n\tstate = running\n\tpid = 4711\n\truns = 2\n\tsub = {\n\t\tstate = other\n\t}\n}"
        )
        return Done(0, text) if self.loaded else Done(113, "Could not find service")

    def _bootstrap(self) -> Done:
        if self.busy:
            self.busy -= 1
            return Done(5, "Bootstrap failed: 5: Input/output error")
        self.loaded = True
        return Done(0)

    def _bootout(self) -> Done:
        self.loaded = False
        return Done(0)


# --- what is written --------------------------------------------------------------------------------------------------


def test_a_unit_starts_again_only_what_another_start_may_help(home: Home) -> None:
    text = systemd.unit(here(home))
    assert "Restart=on-failure\n" in text
    assert "RestartPreventExitStatus=2 3 5 6 7 8 11\n" in text
    assert f'ExecStart=:"{sys.executable}" "-m" "inference_client" "run" "--plain"\n' in text
    assert f'Environment="{HOME_VARIABLE}={home.path}"\n' in text
    assert f"WorkingDirectory={Path(systemd.__file__).parents[2]}\n" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("folder", ["plain", "two words", "100%s", 'quo"te', "dollar$HOME", "back\\slash", "grün"])
def test_systemd_itself_finds_nothing_wrong_with_the_unit(home: Home, tmp_path: Path, folder: str) -> None:
    """It looks for the program too, so a path that was misquoted shows."""
    python = tmp_path / folder / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    found = here(home, SSL_CERT_FILE=str(python))
    runs = Path(sys.executable) if set('"\\') & set(folder) else python
    odd = Program(runs, python.parent, home.path, python.parent / "x.toml", found.environment, found.name)
    path = tmp_path / "meatlizard-client.service"
    for text, right in ((systemd.unit(odd), True), (systemd.unit(odd).replace('"-m"', '"-m'), False)):
        path.write_text(text)
        done = subprocess.run(
            ["systemd-analyze", "--user", "verify", "--recursive-errors=no", str(path)],
            capture_output=True, text=True, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}, check=False,
        )  # fmt: skip
        assert (done.returncode == 0 and not done.stderr.strip()) is right, done.stderr


@pytest.mark.parametrize("letter", "\"'\\")
def test_a_python_whose_path_systemd_cannot_take_is_refused(home: Home, letter: str) -> None:
    program = here(home)
    odd = Program(Path(f"/opt/a{letter}b/python"), program.folder, home.path, None, {}, program.name)
    with pytest.raises(Problem) as caught:
        systemd.unit(odd)
    assert "move it" in caught.value.message


def test_an_agent_says_the_same_to_launchd(home: Home, tmp_path: Path) -> None:
    found = plistlib.loads(launchd.plist(here(home, HTTPS_PROXY="http://proxy:3128"), tmp_path / "log"))
    assert found["ProgramArguments"] == [
        sys.executable, "-m", "inference_client.service.supervised", "run", "--plain",
    ]  # fmt: skip
    assert (found["RunAtLoad"], found["KeepAlive"]) == (True, {"SuccessfulExit": False})
    assert found["EnvironmentVariables"][HOME_VARIABLE] == str(home.path)
    assert found["EnvironmentVariables"]["HTTPS_PROXY"] == "http://proxy:3128"
    assert found["StandardErrorPath"] == str(tmp_path / "log")


def test_each_state_directory_has_its_own_service(tmp_path: Path) -> None:
    one, two = (Program.here(Home(tmp_path / name), None, {HOME_VARIABLE: "set"}).name for name in "ab")
    assert one != two
    assert Program.here(Home(tmp_path / "a"), None, {}).name == "meatlizard-client"


def test_a_path_with_a_line_feed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        Program.here(Home(tmp_path / "a\nb"), None, {})
    assert caught.value.code == "odd_path"


@pytest.mark.parametrize(("code", "told"), [(0, 0), (1, 1), (4, 4), (9, 9), *((int(code), 0) for code in FINAL)])
def test_launchd_hears_good_of_what_another_start_would_not_change(
    monkeypatch: pytest.MonkeyPatch, code: int, told: int
) -> None:
    monkeypatch.setattr(supervised, "main", lambda arguments: code)
    assert supervised.supervised(["run"]) == told


def test_launchd_hears_good_of_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert supervised.supervised(["run", "--no-such-option"]) == 0
    assert "not started again" in capsys.readouterr().err


# --- systemd ----------------------------------------------------------------------------------------------------------


def test_installing_twice_is_harmless_and_a_change_restarts(home: Home, tmp_path: Path) -> None:
    manager = Manager()
    service = Systemd(here(home), manager, tmp_path)
    assert "Installed" in service.install()[0]
    assert manager.verbs() == ["daemon-reload", "enable", "restart", "show-user"]
    assert service.path.stat().st_mode & 0o777 == 0o600
    manager.told.clear()
    assert "Already installed" in service.install()[0]
    assert "restart" not in manager.verbs() and "start" in manager.verbs()
    changed = Systemd(here(home, SSL_CERT_FILE="/etc/own.pem"), manager, tmp_path)
    manager.told.clear()
    changed.install()
    assert "restart" in manager.verbs()
    assert "SSL_CERT_FILE=/etc/own.pem" in service.path.read_text()


@pytest.mark.parametrize(("linger", "told"), [("Linger=no", True), ("Linger=yes", False)])
def test_an_owner_who_would_lose_it_at_logout_is_told(home: Home, tmp_path: Path, linger: str, told: bool) -> None:
    lines = Systemd(here(home), Manager(**{"show-user": Done(0, linger)}), tmp_path).install()
    assert any("loginctl enable-linger" in line for line in lines) is told


def test_without_a_session_the_remedy_is_named(home: Home, tmp_path: Path) -> None:
    service = Systemd(here(home), Manager(**{"daemon-reload": NO_BUS}), tmp_path)
    with pytest.raises(Problem) as caught:
        service.install()
    assert "XDG_RUNTIME_DIR" in caught.value.message
    assert caught.value.exit_code == Exit.CONTROL


def test_without_systemd_the_command_to_start_is_named(home: Home, tmp_path: Path) -> None:
    service = Systemd(here(home), Manager(**{"daemon-reload": Done(127, "systemctl is not installed")}), tmp_path)
    with pytest.raises(Problem) as caught:
        service.install()
    assert f"{sys.executable} -m inference_client run" in caught.value.message


def test_a_folder_that_cannot_be_written_leaves_nothing(home: Home, tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("a file where a folder should be")
    manager = Manager()
    with pytest.raises(Problem) as caught:
        Systemd(here(home), manager, tmp_path).install()
    assert "nothing is installed" in caught.value.message
    assert manager.told == []


def test_uninstalling_stops_and_removes_and_may_be_repeated(home: Home, tmp_path: Path) -> None:
    manager = Manager()
    service = Systemd(here(home), manager, tmp_path)
    service.install()
    manager.told.clear()
    assert "Removed" in service.uninstall()[0]
    assert not service.path.exists()
    assert manager.verbs() == ["disable", "daemon-reload"]
    assert "nothing to do" in service.uninstall()[0]
    service.install()
    lines = Systemd(here(home), Manager(disable=NO_BUS), tmp_path).uninstall()
    assert not service.path.exists()
    assert "did not stop it" in lines[1]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ActiveState=active\nSubState=running\nMainPID=4711\nNRestarts=2\nExecMainStatus=0\nUnitFileState=enabled",
         ["state: active (running), enabled", "process: 4711, restarted 2 times"]),
        ("ActiveState=failed\nSubState=failed\nMainPID=0\nNRestarts=0\nExecMainStatus=7\nUnitFileState=enabled",
         ["state: failed (failed), enabled", "last exit code: 7; the log says why"]),
    ],
)  # fmt: skip
def test_status_says_what_systemd_says(home: Home, tmp_path: Path, output: str, words: list[str]) -> None:
    service = Systemd(here(home), Manager(show=Done(0, output)), tmp_path)
    assert "not installed" in service.status()[0]
    service.install()
    assert service.status()[1:3] == words
    assert "XDG_RUNTIME_DIR" in Systemd(here(home), Manager(show=NO_BUS), tmp_path).status()[1]


# --- launchd ----------------------------------------------------------------------------------------------------------


def agent(home: Home, tmp_path: Path, manager: Manager, **environment: str) -> Launchd:
    return Launchd(here(home, **environment), manager, tmp_path, user=501, pause=lambda _: None)


def test_an_agent_is_loaded_once_and_anew_after_a_change(home: Home, tmp_path: Path) -> None:
    manager = Manager()
    service = agent(home, tmp_path, manager)
    service.install()
    assert manager.told[-1] == f"launchctl bootstrap gui/501 {service.path}"
    assert service.log.parent.is_dir()
    manager.told.clear()
    service.install()
    assert manager.verbs() == ["print", "kickstart"]
    manager.told.clear()
    manager.busy = 3
    agent(home, tmp_path, manager, SSL_CERT_FILE="/x").install()
    assert manager.verbs().count("bootout") == 1
    assert manager.verbs().count("bootstrap") == 4
    assert service.active()


def test_an_agent_that_cannot_be_loaded_names_the_remedy(home: Home, tmp_path: Path) -> None:
    manager = Manager(bootstrap=Done(125, "Bootstrap failed: 125: Domain does not support specified action"))
    with pytest.raises(Problem) as caught:
        agent(home, tmp_path, manager).install()
    assert "Domain does not support" in caught.value.message
    assert "screen" in caught.value.message


def test_an_agents_status_and_end(home: Home, tmp_path: Path) -> None:
    manager = Manager()
    service = agent(home, tmp_path, manager)
    assert "not installed" in service.status()[0]
    service.install()
    assert service.status()[1:3] == ["state: running", "process: 4711, started 2 times"]
    service.uninstall()
    assert not service.path.exists() and not manager.loaded
    assert "nothing to do" in service.uninstall()[0]


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Manager:
    """In place of the system's own, for the command line."""
    manager = Manager(**{"is-active": Done(3, "inactive")})
    monkeypatch.setattr("inference_client.commands.services.service_of", lambda of: Systemd(of, manager, tmp_path))
    return manager


def test_the_command_installs_a_machine_that_is_ready(
    home: Home, manager: Manager, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["service", "install"]) == 0
    assert "restart" in manager.verbs()
    assert "Installed" in capsys.readouterr().out
    assert main(["service", "status"]) == 0
    assert main(["service", "uninstall"]) == 0


@pytest.mark.parametrize(
    ("spoil", "exit_code", "words"),
    [
        (lambda home: home.forget(), Exit.NOT_PAIRED, "pair"),
        (
            lambda home: (home.path / "inference_client.toml").write_text("[[model]]\nalais = 'x'\n"),
            Exit.CONFIG,
            "alais",
        ),
        (lambda home: (home.path / "inference_client.toml").unlink(), Exit.CONFIG, "init"),
    ],
)
def test_the_command_refuses_what_could_only_fail(
    home: Home, manager: Manager, capsys: pytest.CaptureFixture[str], spoil, exit_code: Exit, words: str
) -> None:
    spoil(home)
    assert main(["service", "install"]) == exit_code
    assert words in capsys.readouterr().err
    assert not set(manager.verbs()) & {"enable", "start", "restart"}


def test_the_command_refuses_while_a_client_runs_in_a_terminal(
    home: Home, manager: Manager, capsys: pytest.CaptureFixture[str]
) -> None:
    with home.lock():
        assert main(["service", "install"]) == Exit.RUNNING
        manager.answers["is-active"] = Done(0, "active")
        assert main(["service", "install"]) == 0
    assert "stop it first" in capsys.readouterr().err


def test_a_system_without_services_says_how_to_start_it(home: Home) -> None:
    with pytest.raises(Problem) as caught:
        service_of(here(home), system="sunos5")
    assert "-m inference_client run" in caught.value.message
    assert isinstance(service_of(here(home), system="darwin"), Launchd)
    assert isinstance(service_of(here(home), system="linux"), Systemd)


def test_commands_that_are_missing_fail_or_hang_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "COMMAND_SECONDS", 0.2)
    assert program.run(("no-such-program-anywhere",)).code == 127
    assert program.run(("false",)).code == 1
    assert program.run(("sleep", "60")).code == 124
    assert program.run(("sh", "-c", "echo out; echo err >&2")) == Done(0, "out\nerr")
