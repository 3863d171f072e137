"""What is shipped for Prometheus and Grafana: valid by their own programs, of names that there are, and scraped from a live site. On the way
the database is stopped, and then the site: what everybody is told stays true.
"""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from meatlizard.metrics import readings
from meatlizard.metrics.answering import declared
from tests.services import postgres as postgresql
from tests.services.nginx import nginx_server
from tests.services.postgres import PostgresServer, postgres_server
from tests.services.programs import find, free_port, missing, new_folder, wait_until
from tests.services.prometheus import PrometheusServer, prometheus_server
from tests.services.site import ROOT, LiveSite

RULES = ROOT / "deploy/prometheus/alerts.yml"
BOARDS = sorted((ROOT / "deploy/grafana").glob("*.json"))
TOKEN = "a-token-for-prometheus"
NAME = re.compile(r"\bmeatlizard_[a-z0-9_]+")


def expressions() -> list[tuple[str, str]]:
    """Of dashboards and rules, with where they stand."""
    found = []
    for board in BOARDS:
        for panel in json.loads(board.read_text())["panels"]:
            found += [(f"{board.name}: {panel['title']}", target["expr"]) for target in panel["targets"]]
    text = RULES.read_text()
    for name, one, block in re.findall(r"- alert: (\w+)\n\s+expr: (?:(?!\|)(.+)|\|\n((?:\s{10,}.+\n)+))", text):
        found.append((f"{RULES.name}: {name}", (one or " ".join(block.split())).strip()))
    return found


def test_every_expression_is_of_what_the_site_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    from discordbridge import measuring

    # The bot is measured where there is one.
    monkeypatch.setattr(readings, "_looks", dict(readings._looks))
    monkeypatch.setattr(readings, "_families", dict(readings._families))
    measuring.register()
    known: set[str] = set()
    for family in declared().values():
        known |= (
            {family.name}
            if family.kind != "histogram"
            else {f"{family.name}_{end}" for end in ("bucket", "sum", "count")}
        )
    asked = {name for _place, expression in expressions() for name in NAME.findall(expression)}
    assert len(asked) > 25
    assert asked - known == set()


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.name)
def test_panels_lie_beside_each_other_and_name_their_source(board: Path) -> None:
    told = json.loads(board.read_text())
    taken: set[tuple[int, int]] = set()
    for panel in told["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["datasource"]["uid"] == "${source}"
    assert len({panel["id"] for panel in told["panels"]}) == len(told["panels"])
    assert told["templating"]["list"][0]["name"] == "source"


@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
        ("check", "config", "--syntax-only", "prometheus.yml"),
    ],
)
def test_promtool_takes_what_is_shipped(command: tuple[str, ...]) -> None:
    promtool = find("promtool")
    if promtool is None:
        missing("No promtool is installed")
    done = subprocess.run([promtool, *command], cwd=RULES.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    """One that may be stopped."""
    if not postgresql.installed():
        missing("No PostgreSQL server is installed")
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def site(database: PostgresServer) -> Iterator[LiveSite]:
    made = LiveSite(database_url=database.create("watched"), METRICS_TOKEN=TOKEN).prepare()
    try:
        yield made.start()
    finally:
        made.end()


@pytest.fixture(scope="module")
def prometheus(site: LiveSite) -> Iterator[PrometheusServer]:
    text = (RULES.parent / "prometheus.yml").read_text()
    for old, new in {
        "scheme: https": "scheme: http", "chat.example.org:443": f"127.0.0.1:{site.port}", "interval: 15s": "interval: 1s",
        "/etc/prometheus/meatlizard_token": "token",
    }.items():  # fmt: skip
        assert old in text, f"the shipped configuration no longer says {old!r}"
        text = text.replace(old, new)
    with prometheus_server(text, {"alerts.yml": RULES.read_text(), "token": TOKEN}) as server:
        yield server


def fetch(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def status_file_of_nginx(site: LiveSite, port: int) -> str:
    """The two shipped places for the status page, with one machine's addresses in them."""
    shipped = (ROOT / "deploy/nginx/meatlizard.conf").read_text()
    places = re.findall(r"    location (?:/status/|@status_file) \{.*?\n    \}", shipped, re.DOTALL)
    assert len(places) == 2
    text = (
        "\n".join(places)
        .replace("http://meatlizard;", f"http://127.0.0.1:{site.port};")
        .replace("/var/lib/meatlizard", str(site.home))
    )
    return f"server {{ listen 127.0.0.1:{port};\n{text}\n}}"


@pytest.mark.journey
@pytest.mark.postgres
def test_a_live_site_is_scraped_and_the_truth_is_told_while_its_parts_are_away(
    site: LiveSite, prometheus: PrometheusServer, database: PostgresServer
) -> None:
    assert fetch(f"{site.url}/metrics", Authorization="Bearer wrong")[0] == 401
    for _ in range(7):
        assert fetch(f"{site.url}/nothing-here")[0] == 404
    asked = 'meatlizard_http_request_seconds_count{part="pages",status="4xx"}'
    wait_until(lambda: (prometheus.value(asked) or 0) >= 7, "Prometheus has the requests", 60)
    assert prometheus.value('meatlizard_health{component="database"}') == 1
    wait_until(lambda: prometheus.value("meatlizard_processes") == 1, "levels are told, too", 60)
    for place, expression in expressions():
        assert prometheus.ask("query", query=expression)["resultType"] in ("vector", "matrix"), place
    groups: Any = prometheus.ask("rules")["groups"]
    assert len(groups[0]["rules"]) == RULES.read_text().count("- alert:")

    written = site.home / "status/index.html"
    wait_until(written.exists, "the status page is written", 40)
    assert "Everything works." in fetch(f"{site.url}/status/")[1]

    database.program.kill()
    wait_until(lambda: prometheus.value("meatlizard_metrics_complete") == 0, "the absence of the database is told", 60)
    assert prometheus.value('meatlizard_health{component="database"}') == 0
    wait_until(
        lambda: "The site cannot be used just now." in fetch(f"{site.url}/status/")[1], "the page tells it, too", 60
    )
    wait_until(lambda: "The site cannot be used just now." in written.read_text(), "so does the file", 60)
    assert fetch(f"{site.url}/health/live")[0] == 200

    port = free_port()
    with nginx_server(status_file_of_nginx(site, port), port, new_folder("nginx")):
        assert "The site cannot be used just now." in fetch(f"http://127.0.0.1:{port}/status/")[1]
        site.kill()
        wait_until(lambda: prometheus.value('up{job="meatlizard"}') == 0, "the absence of the site is told", 60)
        for name, words in (("", "Status of the site"), ("status.css", "--phosphor"), ("status.js", "written")):
            code, body = fetch(f"http://127.0.0.1:{port}/status/{name}")
            assert (code, words in body) == (200, True), name
        assert fetch(f"http://127.0.0.1:{port}/status/../site.log")[0] in (400, 404, 503)
        assert fetch(f"http://127.0.0.1:{port}/status/nothing.css")[0] == 503
