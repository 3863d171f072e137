"""What every test runs under: settings from generated values, no ``.env``, temporary folders, and no way off this machine.

Two passes over one suite. ``pytest`` runs everything on SQLite files. ``pytest --postgres`` starts a PostgreSQL server, runs the tests
marked ``both_databases`` again on it (and nothing else), and ends it. Mark a test ``both_databases`` when what it proves hangs on the
database: claims, constraints, locks, migrations, text that SQLite takes and PostgreSQL refuses. ``make test`` does both passes.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import hypothesis
import pytest
from django.conf import settings

from tests.services import emptying, guard, migrated, postgres, shared, statics
from tests.services.programs import Program, new_folder, required
from tests.services.site import site_settings

pytest_plugins = ["tests.services.fixtures", "tests.people", "tests.fakes.embedder", "tests.video.clips"]

MARKERS = {
    "both_databases": "also run by the second pass, on PostgreSQL",
    "postgres": "needs a PostgreSQL server, which the suite starts",
    "redis": "needs a Redis server, which the suite starts",
    "browser": "needs Chromium",
    "journey": "a person's way through the live site, with a real client and a real browser",
    "slow": "takes more than ten seconds",
}


if settings.configured and "PYTEST_XDIST_WORKER" not in os.environ:
    raise pytest.UsageError(
        "Unset DJANGO_SETTINGS_MODULE: the tests bring settings of their own, and others are loaded already."
    )

# Before the settings are read. (Workers of pytest-xdist inherit what the first process has set here.)
os.environ.update(site_settings(new_folder("var")))
shared.begin()
guard.install()

hypothesis.settings.register_profile("quick", deadline=None, print_blob=True)
hypothesis.settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=2_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres", action="store_true", help="run the tests marked both_databases on PostgreSQL, and only those"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    if config.getoption("--postgres"):
        _use_postgres(config)
    # Reading one setting loads them; pytest-django, whose turn comes last, sets Django up when it finds them loaded.
    assert settings.DATABASES
    emptying.quickly()
    statics.once()


def _use_postgres(config: pytest.Config) -> None:
    """Points the settings at a server for this whole session. Workers of pytest-xdist inherit the first process's."""
    if hasattr(config, "workerinput"):
        os.environ["DATABASE_URL"] = os.environ["SUITE_DATABASE_URL"]
        return
    if not postgres.installed():
        pytest.exit(
            "No PostgreSQL server is installed: the second pass has nothing to run on.", returncode=int(required())
        )
    life = ExitStack()
    server = life.enter_context(postgres.postgres_server())
    config.add_cleanup(life.close)
    os.environ["SUITE_DATABASE_URL"] = os.environ["DATABASE_URL"] = server.create("site")


def pytest_sessionstart() -> None:
    # The real hash takes a tenth of a second on purpose, and every test makes people. Live sites keep the real one.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--postgres"):
        chosen = [item for item in items if item.get_closest_marker("both_databases")]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run in which every test was skipped proves nothing; where services are required it is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or session.config.option.collectonly:
        return
    if required() and exitstatus == 0 and not reporter.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


def pytest_runtest_setup() -> None:
    for program in Program.running_now:
        program.seen = program.log.stat().st_size


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.failed:
        for program in Program.running_now:
            if printed := program.tail(since=program.seen):
                report.sections.append((f"log of {program.name} (process {program.pid})", printed))
    return report  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def open_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees what another one has switched off, and none pays for looking."""
    from meatlizard.control import live, state
    from meatlizard.ops import switches

    monkeypatch.setattr(switches, "_state", switches.State())
    state.hold(state.State())
    live.apply({})


@pytest.fixture(autouse=True)
def no_routes() -> None:
    """Likewise which routes operators made."""
    from chat.routes import remembered, similar, table

    table.watched.hold(table.OFF)
    remembered.memory.forget()
    similar.examples.forget()


@pytest.fixture(autouse=True)
def unchosen_tools() -> None:
    """Likewise what operators chose about tools."""
    from chat.tools import choices, permissions

    choices.chosen.hold(choices.Choices())
    permissions._persona_of.cache_clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A copy of a database that one process of this session has made. On SQLite a file in WAL mode, as on the real site: threads and
    processes of a test then meet real locks."""
    from django.db import connections

    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        file = new_folder("db") / "test.sqlite3"
        migrated.copy_to(file)
        database["TEST"]["NAME"] = str(file)
    else:
        database["TEST"]["TEMPLATE"] = migrated.template(os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The copy is not to be made empty; its folder goes with the session."""
    from django.db import connection

    return connection.vendor == "sqlite"
