"""The image, walked through step by step without Docker: what is copied is there, what is made can be made, nobody is root."""

import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from django.core.management import load_command_class
from pytest_django import Settings

from chat.prompting import presets
from meatlizard.ops.backups import given, taking
from tests.deploy.dockerfile import DOCKERFILE, context, inherited, stages, words
from tests.services import migrated
from tests.services.programs import free_port
from tests.services.site import ROOT, LiveSite

READ = {".env.example", "docs/PROMPT_LIBRARY.md", "pyproject.toml"}
"""Files beside the program that it reads."""

OURS = ("site", "media")
"""The stages that become images."""


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run(
        [hadolint, "--failure-threshold", "warning", DOCKERFILE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_each_step_of_the_build_has_what_it_copies_and_makes(tmp_path: Path) -> None:
    """``make --dry-run`` after each COPY, with nothing there but what has been copied: a missing file is "no rule to make target"."""
    sent = context()
    made = 0
    for name, rest in stages()["build"].steps:
        if name == "COPY":
            *sources, target = rest.split()
            for source in sources:
                copied = [path for path in sent if source == "." or path == Path(source)]
                assert copied, f"COPY {source}: Docker is not sent it"
                for path in copied:
                    place = tmp_path / path if source == "." else tmp_path / target / path.name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(ROOT / path, place)
        elif name == "RUN" and (command := rest.split("&&")[0].strip()).startswith("make "):
            argv = ["make", "--dry-run", *shlex.split(command)[1:]]
            done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            made += 1
    assert made == 3


def test_docker_is_sent_the_program_and_nothing_of_anybody() -> None:
    sent = {str(path) for path in context()}
    assert {"manage.py", "meatlizard/settings.py", "frontend/package-lock.json", "deploy/healthy.py"} <= sent
    assert not {
        name for name in sent - READ if name.startswith(("tests/", "docs/", "bench/", ".git", "var/")) or ".env" in name
    }


def test_what_the_program_reads_of_the_checkout_is_in_the_image(tmp_path: Path, settings: Settings) -> None:
    """A backup tells its version and the settings that were given: without these files there would be none in a container."""
    for path in context():
        if str(path) in READ:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, tmp_path / path)
    settings.BASE_DIR = tmp_path
    assert taking.program_version() and given.plain() is not None
    assert presets.presets(tmp_path / presets.LIBRARY.relative_to(ROOT))


@pytest.mark.parametrize("name", OURS)
def test_nobody_is_root_and_the_program_is_not_its_own(name: str) -> None:
    stage = stages()[name]
    users = [rest for instruction, rest in stage.steps if instruction == "USER"]
    assert users[-1] == "meatlizard"
    last_user = max(at for at, (instruction, _rest) in enumerate(stage.steps) if instruction == "USER")
    assert not [rest for instruction, rest in stage.steps[last_user:] if instruction in ("RUN", "COPY", "ADD")]
    assert "--chown" not in "".join(rest for _instruction, rest in stages()["site"].steps)


@pytest.mark.parametrize("name", OURS)
def test_what_runs_is_a_command_with_options_that_it_has(name: str) -> None:
    python, manage, command, *options = words(inherited(stages()[name], "CMD") or "[]")
    assert (python, manage) == ("python", "manage.py")
    app = {"serve": "meatlizard.ops", "worker": "meatlizard.jobs"}[command]
    load_command_class(app, command).create_parser("manage.py", command).parse_args(options)


def test_no_secret_is_in_an_image() -> None:
    said = "\n".join(f"{name} {rest}" for stage in stages().values() for name, rest in stage.steps)
    for word in ("SECRET_KEY", "PASSWORD", "TOKEN", "INFERENCE_SERVER_KEY"):
        assert word not in said


def test_its_health_check_tells_a_live_site_from_none() -> None:
    checked = inherited(stages()["site"], "HEALTHCHECK") or ""
    python, script, address = words(checked[checked.index("[") :])
    assert (python, address) == ("python", "http://127.0.0.1:8000")

    def ask(url: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, script, url], cwd=ROOT, capture_output=True, text=True, check=False)

    site = LiveSite()
    migrated.copy_to(site.database)
    site.start()
    try:
        assert ask(site.url).returncode == 0
    finally:
        site.end()
    away = ask(f"http://127.0.0.1:{free_port()}")
    assert away.returncode == 1 and "refused" in away.stderr
