"""The compose files: valid by their schema, and every service as small and as closed as it can be."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import boto3
import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.deploy.dockerfile import DOCKERFILE
from tests.services.s3 import S3Server, s3_server
from tests.services.site import ROOT
from tests.test_docs import settings_named

COMPOSE = ROOT / "deploy/compose.yaml"
ON_TOP = ROOT / "deploy/compose.azure.yaml"
PROGRAMS = ("site1", "site2", "migrate", "bucket", "worker", "video", "bot")
"""Services that run our images."""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def schema(name: str, *files: Any, variant: str = "default") -> None:
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", name, "--regex-variant", variant, *files]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_are_valid() -> None:
    schema("vendor.compose-spec", COMPOSE, ON_TOP)
    assert set(yaml.safe_load(ON_TOP.read_text())["services"]) <= set(services())


def test_there_is_everything_that_a_site_needs() -> None:
    wanted = {"front", "site1", "site2", "worker", "video", "bot", "database", "cache", "store"}
    assert wanted <= set(services())
    assert "pgvector" in services()["database"]["image"]


@pytest.mark.parametrize("name", sorted(services()))
def test_each_service_is_bounded_and_closed(name: str) -> None:
    service = services()[name]
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= set(limits)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged") and service.get("network_mode") is None
    assert name == "front" or "ports" not in service, "only the front server is reached from outside"
    assert set(service.get("cap_add", [])) <= {
        "NET_BIND_SERVICE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "SETGID",
        "SETUID",
    }
    tag = service["image"].partition(":")[2]
    assert tag and tag != "latest"


@pytest.mark.parametrize("name", sorted(services()))
def test_no_secret_stands_in_the_file(name: str) -> None:
    environment = services()[name].get("environment", {})
    for setting, value in environment.items():
        if re.search(r"KEY|PASSWORD|SECRET|TOKEN|_URL$", setting):
            literal = re.sub(r"\$\{[^{}]*(\$\{[^{}]*\})?[^{}]*\}", "", str(value))
            assert not re.search(r"\w+:\w+@", literal) and (literal == "" or "_URL" in setting), setting


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_our_images_run_can_be_run_with_settings_that_exist(name: str) -> None:
    service = services()[name]
    python, script, *rest = service["command"]
    assert python == "python" and (ROOT / script).is_file()
    if script == "manage.py":
        app = get_commands()[rest[0]]
        command = app if not isinstance(app, str) else load_command_class(app, rest[0])
        command.create_parser("manage.py", rest[0]).parse_args(rest[1:])
    assert set(service["environment"]) - settings_named() == set()


def test_the_front_server_is_the_one_that_is_believed() -> None:
    address = services()["front"]["networks"]["front"]["ipv4_address"]
    assert {services()[name]["environment"]["TRUSTED_PROXIES"] for name in ("site1", "site2")} == {address}
    assert services()["front"]["environment"]["SITES"].split() == ["site1:8000", "site2:8000"]


def test_the_front_servers_address_is_given_to_nobody_else() -> None:
    """Docker gives the lowest free address of the range to whoever starts first, and the front server starts last."""
    (config,) = yaml.safe_load(COMPOSE.read_text())["networks"]["front"]["ipam"]["config"]
    address = ip_address(services()["front"]["networks"]["front"]["ipv4_address"])
    assert address in ip_network(config["subnet"]) and str(address) != config["gateway"]
    assert address not in ip_network(config.get("ip_range", config["subnet"]))


def test_a_site_is_given_the_time_that_it_takes_to_end() -> None:
    command = services()["site1"]["command"]
    drain = int(command[command.index("--drain") + 1])
    grace = int(services()["site1"]["stop_grace_period"].removesuffix("s"))
    # What draining takes besides: see meatlizard.draining and uvicorn's own end.
    assert grace >= drain + 10
    for unit in ("meatlizard@.service",):
        text = (ROOT / "deploy/systemd" / unit).read_text()
        assert int(re.search(r"TimeoutStopSec=(\d+)", text)[1]) >= int(re.search(r"--drain (\d+)", text)[1]) + 10  # type: ignore[index]


def test_backups_are_made_by_programs_of_the_servers_version() -> None:
    """pg_dump refuses a newer server."""
    server = re.search(r":pg(\d+)$", services()["database"]["image"])
    client = re.search(r"postgresql-client-(\d+)", DOCKERFILE.read_text())
    assert server and client and server[1] == client[1]


def test_what_the_operator_has_to_give_is_documented() -> None:
    wanted = set(re.findall(r"\$\{([A-Z0-9_]+):\?", COMPOSE.read_text() + ON_TOP.read_text()))
    document = (ROOT / "docs/DEPLOYMENT.md").read_text()
    assert {name for name in wanted if not re.search(rf"\b{name}\b", document)} == set()


def test_the_bucket_is_made_once_and_again_harms_nothing(s3: S3Server) -> None:
    options = s3.options()
    environment = {
        "S3_ENDPOINT_URL": s3.url, "S3_BUCKET": "made-by-compose", "S3_ACCESS_KEY_ID": options["access_key"],
        "S3_SECRET_ACCESS_KEY": options["secret_key"],
    }  # fmt: skip
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "deploy/bucket.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    client = boto3.client(
        "s3", endpoint_url=s3.url, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    assert "made-by-compose" in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}


@pytest.mark.parametrize("file", [ROOT / ".github/workflows/ci.yml", ROOT / "azure-pipelines.yml"])
def test_the_pipelines_are_valid_and_run_what_ci_runs(file: Any) -> None:
    kind = "vendor.github-workflows" if ".github" in file.parts else "vendor.azure-pipelines"
    schema(kind, file, variant="default" if ".github" in file.parts else "python")
    text = file.read_text()
    assert "make lint test" in text and "REQUIRE_SERVICES" in text
    script = re.search(r"sudo bash (\S+) (\w+)", text)
    assert script and (ROOT / script[1]).is_file()
    assert f'"{script[2]}"' in (ROOT / script[1]).read_text() or f" = {script[2]} " in (ROOT / script[1]).read_text()
    assert not shlex.split(text.splitlines()[0], comments=True)
