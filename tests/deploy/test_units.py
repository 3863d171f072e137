"""Units for systemd and launchd, scripts, Terraform: accepted by the programs that read them, and agreeing with each other."""

import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.services.programs import missing
from tests.services.site import ROOT
from tests.test_docs import settings_named

UNITS = sorted((ROOT / "deploy/systemd").iterdir())
PLISTS = sorted((ROOT / "deploy/launchd").iterdir())
TERRAFORM = ROOT / "deploy/terraform/azure"


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not there")
    # It looks for the program and the account of the machine that it is meant for.
    text = (
        unit.read_text()
        .replace("/opt/meatlizard/.venv/bin/python", "/bin/true")
        .replace("User=meatlizard", "User=root")
    )
    text = text.replace("/opt/meatlizard/.venv-client/bin/python", "/bin/true").replace(
        "Group=meatlizard", "Group=root"
    )
    name = unit.name.replace("@.", "@8001.")
    (tmp_path / name).write_text(text)
    done = subprocess.run([program, "verify", "--man=no", tmp_path / name], capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if name in line]
    assert done.returncode == 0 and not said, done.stdout + done.stderr


@pytest.mark.parametrize("unit", [one for one in UNITS if "client" not in one.name], ids=lambda path: path.name)
def test_units_of_the_site_run_commands_that_are_there(unit: Path) -> None:
    started = re.search(
        r"^ExecStart=/opt/meatlizard/\.venv/bin/python manage\.py (.*)$", unit.read_text(), re.MULTILINE
    )
    assert started
    check_command(started[1].replace("%i", "8001").split())
    named = re.findall(r"([A-Z_]{5,})=\S+", re.search(r"^Environment=(.*)$", unit.read_text(), re.MULTILINE)[1])  # type: ignore[index]
    assert set(named) - settings_named() - {"ENV_FILE", "PYTHONUNBUFFERED"} == set()


def check_command(words: list[str]) -> None:
    app = get_commands()[words[0]]
    command = load_command_class(app, words[0]) if isinstance(app, str) else app
    command.create_parser("manage.py", words[0]).parse_args(words[1:])


@pytest.mark.parametrize("file", PLISTS, ids=lambda path: path.stem)
def test_launchd_files_say_the_same_as_the_units(file: Path) -> None:
    told: dict[str, Any] = plistlib.loads(file.read_bytes())
    assert told["Label"] == file.stem
    assert told["RunAtLoad"] is True and told["KeepAlive"] is True and told["Umask"] == 0o077
    assert told["UserName"] == "_meatlizard"
    _python, first, *rest = told["ProgramArguments"]
    if first == "manage.py":
        check_command(rest)
        unit = (ROOT / "deploy/systemd/meatlizard@.service").read_text()
        assert f"TimeoutStopSec={told['ExitTimeOut']}" in unit
        for name in ("ENV_FILE", "VAR_DIR"):
            assert f"{name}={told['EnvironmentVariables'][name]}" in unit
    else:
        assert [first, *rest] == ["-m", "inference_client", "run", "--plain"]


@pytest.mark.parametrize("script", [ROOT / "deploy/rolling.sh", ROOT / ".ci/run"], ids=lambda path: path.name)
def test_scripts_are_read_by_bash(script: Path) -> None:
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def terraform() -> dict[str, list[dict[str, Any]]]:
    """All blocks of all files, by kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(TERRAFORM.glob("*.tf")):
        with file.open() as text:
            for kind, blocks in hcl2.load(text).items():
                if isinstance(blocks, list):
                    found.setdefault(kind, []).extend(blocks)
    return found


def named(blocks: list[dict[str, Any]]) -> set[str]:
    """``type.name`` of resources, ``name`` of variables."""
    found = set()
    for block in blocks:
        for first, inside in block.items():
            seconds = [key for key in inside if isinstance(inside[key], dict)] if isinstance(inside, dict) else []
            found |= {f"{first}.{second}".replace('"', "") for second in seconds} | {first.replace('"', "")}
    return found


def test_terraform_names_only_what_it_declares() -> None:
    text = "\n".join(file.read_text() for file in TERRAFORM.glob("*.tf"))
    blocks = terraform()
    resources, variables = named(blocks["resource"]), named(blocks["variable"])
    code = re.sub(r"#.*", "", text)
    used = set(re.findall(r"\b((?:azurerm|random)_\w+\.\w+)\.", code)) - {f"data.{name}" for name in resources}
    assert {name for name in used if f"data.{name}" not in code} - resources == set()
    assert set(re.findall(r"\bvar\.(\w+)", code)) == {name for name in variables if "." not in name}
    locals_named = {name.strip('"') for block in blocks["locals"] for name in block}
    assert set(re.findall(r"\blocal\.(\w+)", code)) <= locals_named


def test_terraform_makes_all_that_is_promised_and_keeps_secrets_in_the_vault() -> None:
    resources = named(terraform()["resource"])
    for kind in (
        "postgresql_flexible_server",
        "managed_redis",
        "storage_account",
        "key_vault",
        "linux_virtual_machine",
    ):
        assert any(name.startswith(f"azurerm_{kind}.") for name in resources), kind
    machine = (TERRAFORM / "machine.tf").read_text()
    assert "password.result" not in machine and "access_key" not in machine, (
        "the machine's own data is no place for secrets"
    )


def test_what_terraform_writes_into_the_settings_are_settings() -> None:
    text = (TERRAFORM / "secrets.tf").read_text()
    inside = re.search(r"site_env = \{(.*?)\n  \}", text, re.DOTALL)
    assert inside
    names = set(re.findall(r"^\s+([A-Z0-9_]+)\s+=", inside[1], re.MULTILINE))
    ours = {"SITE_HOST", "AZ_ACCOUNT_NAME", "AZ_ACCESS_KEY"}
    assert names - settings_named() == ours
    compose = (ROOT / "deploy/compose.yaml").read_text() + (ROOT / "deploy/compose.azure.yaml").read_text()
    assert all(f"${{{name}" in compose for name in ours)


def test_the_machines_first_start_is_valid_cloud_init() -> None:
    template = (TERRAFORM / "cloud-init.yaml.tftpl").read_text()
    assert template.startswith("#cloud-config\n")
    given = set(
        re.findall(
            r"^    (\w+)\s+=", (TERRAFORM / "machine.tf").read_text().partition("templatefile(")[2], re.MULTILINE
        )
    )
    assert set(re.findall(r"\$\{(\w+)\}", template)) == given
    read = yaml.safe_load(re.sub(r"\$\{(\w+)\}", "https://example.org", template))
    unit = next(file["content"] for file in read["write_files"] if file["path"].endswith(".service"))
    for name in re.findall(r"-f (\S+)", unit):
        assert (ROOT / name).is_file()
    script = next(file["content"] for file in read["write_files"] if "sbin" in file["path"])
    done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_terraform_is_formatted() -> None:
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is in no package of Debian's; it is looked at where it is installed")
    done = subprocess.run([program, "fmt", "-check", "-diff", TERRAFORM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_caddy_is_required_where_services_are() -> None:
    if shutil.which("caddy") is None:
        missing("No Caddy is installed")
    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", ROOT / "deploy/caddy/Caddyfile"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
